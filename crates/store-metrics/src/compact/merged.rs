//! The series of several blocks in order of their labels, each once.

use std::sync::Arc;

use aio_types::{Exemplar, Labels, Samples, TimeRange};

use crate::block::{Block, BlockSeries};
use crate::error::Error;
use crate::merge::merge;
use crate::series::EXEMPLARS_PER_SERIES_MAX;
use crate::tombstones::{Hole, Holes, hidden, pieces};

/// Goes through the parents side by side; their series are sorted. Holds one series at a time.
pub(super) struct Merged<'a> {
    cursors: Vec<Cursor<'a>>,
    samples: Samples,
    exemplars: Vec<Exemplar>,
}

/// A place in one parent.
struct Cursor<'a> {
    block: &'a Block,
    holes: &'a [Hole],
    position: u32,
    /// What is there; `None` at the end.
    series: Option<Arc<BlockSeries>>,
}

impl<'a> Cursor<'a> {
    fn new(block: &'a Block, holes: &'a Holes) -> Result<Self, Error> {
        let mut cursor = Self { block, holes: holes.of(block.sequence), position: 0, series: None };
        cursor.read()?;
        Ok(cursor)
    }

    fn read(&mut self) -> Result<(), Error> {
        let is_there = self.position < self.block.series_count();
        self.series = if is_there { Some(self.block.series(self.position)?) } else { None };
        Ok(())
    }

    /// Appends what is not deleted of the series that is there, and moves on.
    fn take(&mut self, samples: &mut Samples, exemplars: &mut Vec<Exemplar>) -> Result<(), Error> {
        let Some(series) = self.series.take() else { return Ok(()) };
        for piece in pieces(TimeRange::ALL, &hidden(self.holes, self.position, TimeRange::ALL)) {
            self.block.read(&series, piece, samples)?;
            for exemplar in self.block.exemplars(&series, piece)? {
                if !exemplars.contains(&exemplar) {
                    exemplars.push(exemplar);
                }
            }
        }
        self.position += 1;
        self.read()
    }
}

impl<'a> Merged<'a> {
    pub(super) fn new(parents: &'a [Arc<Block>], holes: &'a Holes) -> Result<Self, Error> {
        let cursors = parents.iter().map(|block| Cursor::new(block, holes)).collect::<Result<_, _>>()?;
        Ok(Self { cursors, samples: Samples::default(), exemplars: Vec::new() })
    }

    /// The next series of which something is left.
    pub(super) fn next_series(&mut self) -> Result<Option<Labels>, Error> {
        while let Some(labels) = self.first() {
            self.take(&labels)?;
            if !self.samples.is_empty() || !self.exemplars.is_empty() {
                return Ok(Some(labels));
            }
        }
        Ok(None)
    }

    /// Its samples: those of each kind ascending, each time once.
    pub(super) fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Its newest exemplars.
    pub(super) fn exemplars(&self) -> &[Exemplar] {
        let surplus = self.exemplars.len().saturating_sub(EXEMPLARS_PER_SERIES_MAX);
        self.exemplars.get(surplus..).unwrap_or_default()
    }

    fn first(&self) -> Option<Labels> {
        self.cursors.iter().filter_map(|cursor| cursor.series.as_ref()).map(|series| &series.labels).min().cloned()
    }

    fn take(&mut self, labels: &Labels) -> Result<(), Error> {
        self.samples.clear();
        self.exemplars.clear();
        for cursor in &mut self.cursors {
            if cursor.series.as_ref().is_some_and(|series| series.labels == *labels) {
                cursor.take(&mut self.samples, &mut self.exemplars)?;
            }
        }
        merge(&mut self.samples);
        self.exemplars.sort_by_key(|exemplar| exemplar.sample.t);
        Ok(())
    }
}

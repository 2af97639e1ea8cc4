//! The series of several blocks in order of their labels, each once.

use std::sync::Arc;

use aio_types::{Exemplar, Labels, Samples, TimeRange};

use super::joined::joined;
use crate::block::{Block, BlockSeries, LastTimes};
use crate::chunk::Chunk;
use crate::error::Error;
use crate::merge::merge;
use crate::series::EXEMPLARS_PER_SERIES_MAX;
use crate::tombstones::{Hole, Holes, hidden, pieces};

/// Goes through the parents side by side; their series are sorted. Holds one series at a time.
pub(super) struct Merged<'a> {
    cursors: Vec<Cursor<'a>>,
}

/// One series of the child.
#[derive(Default)]
pub(super) struct MergedSeries {
    /// Chunks of which nothing is deleted.
    chunks: Vec<Chunk>,
    /// What is left of others.
    samples: Samples,
    exemplars: Vec<Exemplar>,
}

/// All of a series, as it goes into the child.
pub(super) enum Content {
    /// Disjoint and ascending chunks.
    Chunks(Vec<Chunk>),
    /// Ascending samples.
    Samples(Samples),
}

/// A place in one parent.
struct Cursor<'a> {
    block: &'a Block,
    holes: &'a [Hole],
    times: LastTimes,
    position: u32,
    /// What is there; `None` at the end.
    series: Option<Arc<BlockSeries>>,
}

impl<'a> Cursor<'a> {
    fn new(block: &'a Block, holes: &'a Holes) -> Result<Self, Error> {
        let (holes, times) = (holes.of(block.sequence), LastTimes::default());
        let mut cursor = Self { block, holes, times, position: 0, series: None };
        cursor.read()?;
        Ok(cursor)
    }

    fn read(&mut self) -> Result<(), Error> {
        let is_there = self.position < self.block.series_count();
        self.series = if is_there { Some(self.block.series(self.position)?) } else { None };
        Ok(())
    }

    /// Adds what is not deleted of the series that is there, and moves on.
    fn take(&mut self, out: &mut MergedSeries) -> Result<(), Error> {
        let Some(series) = self.series.take() else { return Ok(()) };
        let hidden = hidden(self.holes, self.position, TimeRange::ALL);
        let left = pieces(TimeRange::ALL, &hidden);
        if hidden.is_empty() {
            out.chunks.append(&mut self.block.chunks(&series, &mut self.times)?);
        } else {
            left.iter().try_for_each(|piece| self.block.read(&series, *piece, &mut out.samples))?;
        }
        for piece in left {
            let exemplars = self.block.exemplars(&series, piece)?;
            exemplars.into_iter().for_each(|exemplar| out.add_exemplar(exemplar));
        }
        self.position += 1;
        self.read()
    }
}

impl<'a> Merged<'a> {
    pub(super) fn new(parents: &'a [Arc<Block>], holes: &'a Holes) -> Result<Self, Error> {
        let cursors = parents.iter().map(|block| Cursor::new(block, holes)).collect::<Result<_, _>>()?;
        Ok(Self { cursors })
    }

    /// The next series; it may be that nothing of it is left.
    pub(super) fn next_series(&mut self) -> Result<Option<(Labels, MergedSeries)>, Error> {
        let there = self.cursors.iter().filter_map(|cursor| cursor.series.as_ref());
        let Some(labels) = there.map(|series| &series.labels).min().cloned() else { return Ok(None) };
        let mut merged = MergedSeries::default();
        for cursor in &mut self.cursors {
            if cursor.series.as_ref().is_some_and(|series| series.labels == labels) {
                cursor.take(&mut merged)?;
            }
        }
        Ok(Some((labels, merged)))
    }
}

impl MergedSeries {
    fn add_exemplar(&mut self, exemplar: Exemplar) {
        if !self.exemplars.contains(&exemplar) {
            self.exemplars.push(exemplar);
        }
    }

    /// Its newest exemplars, ascending.
    pub(super) fn exemplars(&mut self) -> &[Exemplar] {
        self.exemplars.sort_by_key(|exemplar| exemplar.sample.t);
        let surplus = self.exemplars.len().saturating_sub(EXEMPLARS_PER_SERIES_MAX);
        self.exemplars.get(surplus..).unwrap_or_default()
    }

    /// Chunks as they were written, where that is possible; `None` where one is damaged.
    pub(super) fn content(&mut self) -> Option<Content> {
        let (chunks, mut samples) = (std::mem::take(&mut self.chunks), std::mem::take(&mut self.samples));
        if samples.is_empty()
            && let Some(chunks) = joined(&chunks)
        {
            return chunks.map(Content::Chunks);
        }
        chunks.iter().try_for_each(|chunk| chunk.decode(TimeRange::ALL, &mut samples))?;
        merge(&mut samples);
        Some(Content::Samples(samples))
    }
}

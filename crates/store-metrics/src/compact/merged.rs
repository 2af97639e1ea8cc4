//! The series of several blocks in order of their labels, each once.

use std::collections::VecDeque;
use std::sync::Arc;

use aio_types::{Exemplar, Labels, Sample, TimeRange};

use crate::block::{Block, BlockSeries};
use crate::chunk::{Chunk, SAMPLES_MAX};
use crate::error::Error;
use crate::merge::merge;
use crate::series::EXEMPLARS_PER_SERIES_MAX;
use crate::tombstones::{Hole, Holes, drop_hidden, pieces};

/// One series of the child.
pub(super) struct MergedSeries {
    pub(super) labels: Labels,
    pub(super) exemplars: VecDeque<Exemplar>,
    pub(super) chunks: Vec<Chunk>,
}

/// Goes through the parents side by side; their series are sorted.
pub(super) struct Merged<'a> {
    cursors: Vec<Cursor<'a>>,
    samples: Vec<Sample>,
}

struct Cursor<'a> {
    block: &'a Block,
    holes: &'a [Hole],
    position: usize,
}

impl<'a> Cursor<'a> {
    fn series(&self) -> Option<&'a BlockSeries> {
        self.block.series.get(self.position)
    }

    /// What of its series is not deleted.
    fn pieces(&self) -> Vec<TimeRange> {
        let id = u32::try_from(self.position).unwrap_or(u32::MAX);
        pieces(self.holes, id, TimeRange::ALL)
    }
}

impl<'a> Merged<'a> {
    pub(super) fn new(parents: &'a [Arc<Block>], holes: &'a Holes) -> Self {
        let cursor = |block: &'a Arc<Block>| Cursor { block, holes: holes.of(block.sequence), position: 0 };
        Self { cursors: parents.iter().map(cursor).collect(), samples: Vec::new() }
    }

    /// The next series of which something is left.
    pub(super) fn next(&mut self) -> Result<Option<MergedSeries>, Error> {
        while let Some(labels) = self.cursors.iter().filter_map(Cursor::series).map(|series| &series.labels).min() {
            let labels = labels.clone();
            let series = self.take(&labels)?;
            if !series.chunks.is_empty() || !series.exemplars.is_empty() {
                return Ok(Some(series));
            }
        }
        Ok(None)
    }

    /// Joins what the parents have of one series, and moves on.
    fn take(&mut self, labels: &Labels) -> Result<MergedSeries, Error> {
        self.samples.clear();
        let mut exemplars = VecDeque::new();
        for cursor in &mut self.cursors {
            let Some(series) = cursor.series().filter(|series| series.labels == *labels) else { continue };
            let (pieces, from) = (cursor.pieces(), self.samples.len());
            cursor.block.read(series, TimeRange::ALL, &mut self.samples)?;
            drop_hidden(&mut self.samples, from, &pieces);
            for exemplar in series.exemplars.iter().filter(|e| pieces.iter().any(|piece| piece.contains(e.sample.t))) {
                if !exemplars.contains(exemplar) {
                    exemplars.push_back(exemplar.clone());
                }
            }
            cursor.position += 1;
        }
        merge(&mut self.samples, TimeRange::ALL);
        exemplars.make_contiguous().sort_by_key(|exemplar| exemplar.sample.t);
        let surplus = exemplars.len().saturating_sub(EXEMPLARS_PER_SERIES_MAX);
        exemplars.drain(..surplus);
        let chunks = self.samples.chunks(SAMPLES_MAX).filter_map(Chunk::encode).collect();
        Ok(MergedSeries { labels: labels.clone(), exemplars, chunks })
    }
}

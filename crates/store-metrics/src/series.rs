//! One series in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use aio_types::{Exemplar, Labels, Sample, TimeRange, TimestampMs};

use crate::chunk::{Chunk, OpenChunk, SAMPLES_MAX};

/// Exemplars kept per series; the oldest give way.
pub(crate) const EXEMPLARS_PER_SERIES_MAX: usize = 64;

/// One series in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeadSeries {
    pub(crate) labels: Labels,
    /// Chunks may overlap: late samples are sealed on their own.
    sealed: Vec<Arc<Chunk>>,
    /// Newer than anything before it.
    open: OpenChunk,
    /// Ascending, older than the newest sample when they came.
    late: Vec<Sample>,
    pub(crate) exemplars: VecDeque<Exemplar>,
    newest: Option<TimestampMs>,
}

impl HeadSeries {
    pub(crate) fn new(labels: Labels) -> Self {
        Self { labels, ..Self::default() }
    }

    /// Whether this is but the place of a series that was deleted.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.labels.is_empty() && self.newest.is_none() && self.exemplars.is_empty()
    }

    /// When the newest sample was observed.
    pub(crate) fn newest(&self) -> Option<TimestampMs> {
        self.newest
    }

    /// The sample at exactly `t`, if memory holds it.
    pub(crate) fn at(&self, t: TimestampMs) -> Option<Sample> {
        if let Some(last) = self.open.last().filter(|last| last.t == t) {
            return Some(last);
        }
        if let Ok(i) = self.late.binary_search_by_key(&t, |s| s.t) {
            return Some(self.late[i]);
        }
        let mut decoded = Vec::new();
        if self.open.range().is_some_and(|range| range.contains(t)) {
            self.open.decode(&mut decoded);
        }
        for chunk in self.sealed.iter().filter(|c| c.range.contains(t)) {
            chunk.decode(&mut decoded)?;
        }
        decoded.into_iter().find(|s| s.t == t)
    }

    /// Adds a sample whose time memory does not hold yet.
    pub(crate) fn push(&mut self, sample: Sample) {
        if self.newest.is_none_or(|newest| sample.t > newest) {
            self.newest = Some(sample.t);
            self.open.push(sample);
            if self.open.count() >= SAMPLES_MAX {
                self.sealed.extend(std::mem::take(&mut self.open).seal().map(Arc::new));
            }
            return;
        }
        let at = self.late.partition_point(|s| s.t < sample.t);
        self.late.insert(at, sample);
        if self.late.len() >= SAMPLES_MAX {
            self.sealed.extend(Chunk::encode(&self.late).map(Arc::new));
            self.late.clear();
        }
    }

    /// Forgets what lies in `range`; whether nothing is left.
    pub(crate) fn delete(&mut self, range: TimeRange) -> bool {
        self.exemplars.retain(|exemplar| !range.contains(exemplar.sample.t));
        if self.touches(range) {
            let mut kept = Vec::new();
            self.collect(TimeRange::ALL, &mut kept);
            kept.retain(|sample| !range.contains(sample.t));
            kept.sort_by_key(|sample| sample.t);
            let exemplars = std::mem::take(&mut self.exemplars);
            *self = Self { labels: self.labels.clone(), exemplars, ..Self::default() };
            kept.into_iter().for_each(|sample| self.push(sample));
        }
        self.newest.is_none() && self.exemplars.is_empty()
    }

    pub(crate) fn push_exemplar(&mut self, exemplar: &Exemplar) {
        if self.exemplars.contains(exemplar) {
            return;
        }
        if self.exemplars.len() == EXEMPLARS_PER_SERIES_MAX {
            self.exemplars.pop_front();
        }
        self.exemplars.push_back(exemplar.clone());
    }

    /// Appends the samples of chunks that overlap `range` to `out`, in no particular order.
    pub(crate) fn collect(&self, range: TimeRange, out: &mut Vec<Sample>) {
        for chunk in self.sealed.iter().filter(|c| c.range.overlaps(&range)) {
            // Chunks in memory were encoded by this process.
            let decoded = chunk.decode(out);
            debug_assert!(decoded.is_some(), "a chunk in memory decodes");
        }
        if self.open.range().is_some_and(|own| own.overlaps(&range)) {
            self.open.decode(out);
        }
        out.extend(self.late.iter().filter(|s| range.contains(s.t)));
    }

    /// Whether memory may hold a sample in `range`.
    pub(crate) fn touches(&self, range: TimeRange) -> bool {
        self.sealed.iter().any(|c| c.range.overlaps(&range))
            || self.open.range().is_some_and(|own| own.overlaps(&range))
            || self.late.iter().any(|s| range.contains(s.t))
    }

    /// How many runs of samples, the growing one included.
    pub(crate) fn chunk_count(&self) -> u64 {
        self.sealed.len() as u64 + u64::from(self.open.count() > 0) + u64::from(!self.late.is_empty())
    }

    /// Everything as runs for a block: disjoint and ascending.
    pub(crate) fn chunks(&self) -> Vec<Arc<Chunk>> {
        let mut chunks = self.sealed.clone();
        chunks.extend(self.open.clone().seal().map(Arc::new));
        let disjoint = self.late.is_empty() && chunks.windows(2).all(|w| w[0].range.end < w[1].range.start);
        if disjoint {
            return chunks;
        }
        let mut samples = Vec::new();
        self.collect(TimeRange::ALL, &mut samples);
        crate::merge::merge(&mut samples, TimeRange::ALL);
        samples.chunks(SAMPLES_MAX).filter_map(Chunk::encode).map(Arc::new).collect()
    }
}

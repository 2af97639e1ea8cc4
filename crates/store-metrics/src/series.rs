//! One series in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use aio_types::{Exemplar, Histogram, HistogramSample, Labels, Sample, Samples, TimeRange, TimestampMs};

use crate::chunk::{Chunk, Effort, OpenChunk, SAMPLES_HEAD, histogram_runs};
use crate::merge::{insert_float, insert_histogram, merge};

/// Exemplars kept per series; the oldest give way.
pub(crate) const EXEMPLARS_PER_SERIES_MAX: usize = 64;
/// Histograms kept as they are until they are sealed: they are large, and few columns of few numbers cost little.
const HISTOGRAMS_PENDING_MAX: usize = 16;

/// In how many lengths the first chunks of series come.
const PHASES: usize = 4;

/// Which of them a series has.
fn phase(labels: &Labels) -> usize {
    let bytes = labels.iter().flat_map(|(_, value)| value.bytes());
    bytes.fold(0_u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) as usize % PHASES
}

/// What was observed at one moment.
#[derive(Debug, Clone)]
pub(crate) enum Observation {
    Float(f64),
    Histogram(Arc<Histogram>),
}

impl PartialEq for Observation {
    /// Equal kinds and equal bits.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Histogram(a), Self::Histogram(b)) => a == b,
            _ => false,
        }
    }
}

/// What is observed at `t` among samples.
pub(crate) fn observed_at(samples: &Samples, t: TimestampMs) -> Option<Observation> {
    if let Some(float) = samples.floats.iter().find(|s| s.t == t) {
        return Some(Observation::Float(float.v));
    }
    samples.histograms.iter().find(|s| s.t == t).map(|s| Observation::Histogram(Arc::clone(&s.h)))
}

/// One series in memory. There are many, most of which are floats in order: what else there may be is kept apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeadSeries {
    pub(crate) labels: Labels,
    /// Chunks may overlap: late samples are sealed on their own.
    sealed: Box<[Chunk]>,
    /// Floats newer than anything before them.
    open: OpenChunk,
    newest: Option<TimestampMs>,
    history_newest: HistoryNewest,
    extras: Option<Box<Extras>>,
}

/// Behind which time blocks hold nothing of a series; the end of all time where nobody has looked.
#[derive(Debug, Clone, Copy)]
struct HistoryNewest(TimestampMs);

impl Default for HistoryNewest {
    fn default() -> Self {
        Self(TimestampMs::MAX)
    }
}

#[derive(Debug, Clone, Default)]
struct Extras {
    /// Each kind ascending: floats that were older than the newest sample when they came, and all histograms.
    pending: Samples,
    exemplars: VecDeque<Exemplar>,
}

/// All time before and behind a range.
fn without(range: TimeRange) -> impl Iterator<Item = TimeRange> {
    let before = TimeRange { start: TimestampMs::MIN, end: range.start.saturating_add(-1) };
    let behind = TimeRange { start: range.end.saturating_add(1), end: TimestampMs::MAX };
    let has_before = range.start > TimestampMs::MIN;
    let has_behind = range.end < TimestampMs::MAX;
    has_before.then_some(before).into_iter().chain(has_behind.then_some(behind))
}

impl HeadSeries {
    pub(crate) fn new(labels: Labels) -> Self {
        Self { labels, ..Self::default() }
    }

    /// Whether this is but the place of a series that was deleted.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.labels.is_empty() && self.is_empty()
    }

    /// Whether there is neither sample nor exemplar.
    pub(crate) fn is_empty(&self) -> bool {
        self.newest.is_none() && self.exemplars().len() == 0
    }

    /// When the newest sample was observed.
    pub(crate) fn newest(&self) -> Option<TimestampMs> {
        self.newest
    }

    /// A time behind which blocks hold nothing of the series, if they were looked at.
    pub(crate) fn history_newest(&self) -> Option<TimestampMs> {
        (self.history_newest.0 < TimestampMs::MAX).then_some(self.history_newest.0)
    }

    /// Remembers what a look at blocks has shown, or that it counts for nothing any more.
    pub(crate) fn set_history_newest(&mut self, newest: Option<TimestampMs>) {
        self.history_newest = newest.map(HistoryNewest).unwrap_or_default();
    }

    /// In the order they came.
    pub(crate) fn exemplars(&self) -> impl ExactSizeIterator<Item = &Exemplar> + Clone {
        static NONE: VecDeque<Exemplar> = VecDeque::new();
        self.extras.as_ref().map_or(&NONE, |extras| &extras.exemplars).iter()
    }

    fn pending(&self) -> Option<&Samples> {
        self.extras.as_ref().map(|extras| &extras.pending)
    }

    /// What was observed at exactly `t`, as far as memory knows.
    pub(crate) fn at(&self, t: TimestampMs) -> Option<Observation> {
        if self.newest.is_none_or(|newest| t > newest) {
            return None;
        }
        if let Some(last) = self.open.last().filter(|last| last.t == t) {
            return Some(Observation::Float(last.v));
        }
        let mut samples = Samples::default();
        self.collect(TimeRange { start: t, end: t }, &mut samples);
        observed_at(&samples, t)
    }

    /// Adds a float whose time memory does not hold yet. `times` are those of the chunk sealed last, of any series.
    pub(crate) fn push_float(&mut self, sample: Sample, start: TimestampMs, times: &mut Option<Arc<[u8]>>) {
        if self.is_newest(sample.t) {
            self.open.push(sample, start);
            if self.is_full() {
                let chunk = std::mem::take(&mut self.open).seal();
                self.add(chunk.map(|chunk| chunk.share_times(times)));
            }
            return;
        }
        let pending = &mut self.extras.get_or_insert_default().pending;
        insert_float(pending, sample, start);
        if pending.floats.len() >= SAMPLES_HEAD {
            let chunk = Chunk::floats(&pending.floats, &pending.starts, Effort::Quick);
            pending.floats.clear();
            pending.starts.clear();
            self.add(chunk);
        }
    }

    /// Adds a histogram whose time memory does not hold yet.
    pub(crate) fn push_histogram(&mut self, sample: HistogramSample, times: &mut Option<Arc<[u8]>>) {
        let _late_or_not = self.is_newest(sample.t);
        let pending = &mut self.extras.get_or_insert_default().pending;
        insert_histogram(pending, sample);
        if pending.histograms.len() >= HISTOGRAMS_PENDING_MAX {
            let full = std::mem::take(&mut pending.histograms);
            for run in histogram_runs(&full, SAMPLES_HEAD) {
                self.add(Chunk::histograms(run, Effort::Quick).map(|chunk| chunk.share_times(times)));
            }
        }
    }

    /// Most series of a head begin together. So that they are not all full together, which would take twice the memory,
    /// the first chunk of many is a shorter one.
    fn is_full(&self) -> bool {
        let count = self.open.count();
        count >= SAMPLES_HEAD
            || (self.sealed.is_empty()
                && count.is_multiple_of(SAMPLES_HEAD / PHASES)
                && count / (SAMPLES_HEAD / PHASES) == 1 + phase(&self.labels))
    }

    /// Few chunks are added, and many are held: they have no room to grow.
    fn add(&mut self, chunk: Option<Chunk>) {
        let sealed = std::mem::take(&mut self.sealed).into_iter();
        self.sealed = sealed.chain(chunk).collect();
    }

    /// Whether nothing so far is as new as `t`, which then is the newest.
    fn is_newest(&mut self, t: TimestampMs) -> bool {
        let is_newest = self.newest.is_none_or(|newest| t > newest);
        if is_newest {
            self.newest = Some(t);
        }
        is_newest
    }

    /// Forgets what lies in `range`.
    pub(crate) fn delete(&mut self, range: TimeRange) {
        if let Some(extras) = &mut self.extras {
            extras.exemplars.retain(|exemplar| !range.contains(exemplar.sample.t));
        }
        if !self.touches(range) {
            return;
        }
        let mut kept = Samples::default();
        for piece in without(range) {
            self.collect(piece, &mut kept);
        }
        merge(&mut kept);
        let exemplars = self.extras.take().map(|extras| extras.exemplars).unwrap_or_default();
        *self = Self::new(std::mem::take(&mut self.labels));
        for (position, sample) in kept.floats.iter().enumerate() {
            self.push_float(*sample, kept.start_of(position), &mut None);
        }
        kept.histograms.into_iter().for_each(|sample| self.push_histogram(sample, &mut None));
        if !exemplars.is_empty() {
            self.extras.get_or_insert_default().exemplars = exemplars;
        }
    }

    pub(crate) fn push_exemplar(&mut self, exemplar: &Exemplar) {
        let exemplars = &mut self.extras.get_or_insert_default().exemplars;
        if exemplars.contains(exemplar) {
            return;
        }
        if exemplars.len() == EXEMPLARS_PER_SERIES_MAX {
            exemplars.pop_front();
        }
        exemplars.push_back(exemplar.clone());
    }

    /// Appends the samples in `range` to `out`, in no particular order.
    pub(crate) fn collect(&self, range: TimeRange, out: &mut Samples) {
        for chunk in self.sealed.iter().filter(|c| c.range.overlaps(&range)) {
            // Chunks in memory were encoded by this process.
            let decoded = chunk.decode(range, out);
            debug_assert!(decoded.is_some(), "a chunk in memory decodes");
        }
        if self.open.range().is_some_and(|own| own.overlaps(&range)) {
            self.open.decode(range, out);
        }
        let Some(pending) = self.pending() else { return };
        for (position, sample) in pending.floats.iter().enumerate().filter(|(_, s)| range.contains(s.t)) {
            out.push_float(*sample, pending.start_of(position));
        }
        out.histograms.extend(pending.histograms.iter().filter(|s| range.contains(s.t)).cloned());
    }

    /// The newest sample and since when it counts, if it is a float that is at hand.
    pub(crate) fn newest_float(&self) -> Option<(Sample, TimestampMs)> {
        let last = self.open.last().filter(|last| Some(last.t) == self.newest)?;
        Some((last, self.open.last_start()))
    }

    /// Whether samples are collected in order: none came late.
    pub(crate) fn is_in_order(&self) -> bool {
        self.pending().is_none_or(Samples::is_empty)
            && self.sealed.windows(2).all(|pair| pair[0].range.end < pair[1].range.start)
    }

    /// Whether memory may hold a sample in `range`.
    pub(crate) fn touches(&self, range: TimeRange) -> bool {
        self.sealed.iter().any(|c| c.range.overlaps(&range))
            || self.open.range().is_some_and(|own| own.overlaps(&range))
            || self.pending().is_some_and(|pending| pending.times().any(|t| range.contains(t)))
    }

    /// How many runs of samples, the growing ones included.
    pub(crate) fn chunk_count(&self) -> u64 {
        let pending = self.pending().is_some_and(|pending| !pending.is_empty());
        self.sealed.len() as u64 + u64::from(self.open.count() > 0) + u64::from(pending)
    }

    /// All samples, those of each kind ascending.
    pub(crate) fn samples(&self) -> Samples {
        let mut samples = Samples::default();
        self.collect(TimeRange::ALL, &mut samples);
        merge(&mut samples);
        samples
    }
}

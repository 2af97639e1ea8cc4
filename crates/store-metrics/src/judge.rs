//! What of a write is to be stored: samples in order or not too late, never a second value for one moment.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aio_types::{Exemplar, Labels, Metadata, MetricsWrite, Samples, SeriesWrite, TimeRange, TimestampMs};

use crate::block::{Block, BlockSeries};
use crate::series::{HeadSeries, Observation};
use crate::store::AppendReport;
use crate::tenant::Memory;

/// Samples further in the future than this are refused, as Prometheus does.
pub const FUTURE_MS_MAX: i64 = 10 * 60 * 1000;

/// The rules of one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) now: TimestampMs,
    pub(crate) retention_ms: i64,
    pub(crate) out_of_order_ms: i64,
}

/// The acceptable part of what a write brings for one series.
#[derive(Debug)]
pub(crate) struct Accepted<'a> {
    /// Its position in the head; a new series is appended there.
    pub(crate) id: u32,
    pub(crate) labels: &'a Labels,
    pub(crate) samples: Cow<'a, Samples>,
    pub(crate) exemplars: Cow<'a, [Exemplar]>,
}

/// The acceptable part of a write.
#[derive(Debug, Default)]
pub(crate) struct Batch<'a> {
    pub(crate) series: Vec<Accepted<'a>>,
    pub(crate) metadata: Vec<(String, Metadata)>,
}

impl Batch<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.series.is_empty() && self.metadata.is_empty()
    }
}

impl Rules {
    fn bounds(&self, t: TimestampMs) -> Result<(), &'static str> {
        if t > self.now.saturating_add(FUTURE_MS_MAX) {
            return Err("out of bounds: more than 10 minutes in the future");
        }
        if t < self.now.saturating_add(-self.retention_ms) {
            return Err("out of bounds: too old, before the retention");
        }
        Ok(())
    }

    /// The acceptable part of a write; the rest is counted in the report.
    pub(crate) fn judge<'a>(&self, memory: &Memory, write: &'a MetricsWrite) -> (Batch<'a>, AppendReport) {
        let mut report = AppendReport::default();
        let mut batch = Batch { series: Vec::with_capacity(write.series.len()), metadata: Vec::new() };
        let ids: Vec<_> = write.series.iter().map(|incoming| memory.head.id(&incoming.labels)).collect();
        let mut twice = Twice::find(&ids, write);
        let (history_end, mut next) = (history_end(memory), memory.head.count());
        for (position, (incoming, id)) in (0_u32..).zip(write.series.iter().zip(ids)) {
            let mut known = match twice.take(&incoming.labels) {
                Some(known) => known,
                None => Known::new(memory, &incoming.labels, id, history_end),
            };
            let samples = self.samples(&mut known, incoming, position, &mut report);
            let exemplars = self.exemplars(&known, &incoming.exemplars);
            report.exemplars += exemplars.len() as u64;
            if !samples.is_empty() || !exemplars.is_empty() {
                let id = *known.id.get_or_insert_with(|| {
                    next += 1;
                    next - 1
                });
                batch.series.push(Accepted { id, labels: &incoming.labels, samples, exemplars });
            }
            twice.give_back(known, incoming);
        }
        let news = write.metadata.iter().filter(|(name, metadata)| memory.head.metadata().get(name) != Some(metadata));
        batch.metadata = news.cloned().collect();
        (batch, report)
    }

    fn samples<'a>(
        &self,
        known: &mut Known<'_>,
        incoming: &'a SeriesWrite,
        position: u32,
        report: &mut AppendReport,
    ) -> Cow<'a, Samples> {
        let samples = &incoming.samples;
        // Nearly always all is kept, and nothing copied.
        let mut kept: Option<Samples> = None;
        let mut floats_kept = samples.floats.len();
        for (i, &float) in samples.floats.iter().enumerate() {
            let verdict = self.verdict(known, samples, i, float.t, || Observation::Float(float.v));
            match (verdict.note(report, Kind::Float, position, incoming, float.t), &mut kept) {
                (true, Some(kept)) => kept.push_float(float, samples.start_of(i)),
                (false, None) => kept = Some(first_floats(samples, i)),
                _ => {}
            }
        }
        if let Some(kept) = &kept {
            floats_kept = kept.floats.len();
        }
        for (i, sample) in samples.histograms.iter().enumerate() {
            let seen = samples.floats.len() + i;
            let verdict =
                self.verdict(known, samples, seen, sample.t, || Observation::Histogram(Arc::clone(&sample.h)));
            match (verdict.note(report, Kind::Histogram, position, incoming, sample.t), &mut kept) {
                (true, Some(kept)) => kept.histograms.push(sample.clone()),
                (false, None) => {
                    let mut some = first_floats(samples, floats_kept);
                    some.histograms.extend_from_slice(&samples.histograms[..i]);
                    kept = Some(some);
                }
                _ => {}
            }
        }
        kept.map_or(Cow::Borrowed(samples), Cow::Owned)
    }

    /// Of the sample that comes after `seen` ones of the same series, all of which were kept if the series has no memory
    /// of them yet.
    fn verdict(
        &self,
        known: &mut Known<'_>,
        samples: &Samples,
        seen: usize,
        t: TimestampMs,
        observation: impl Fn() -> Observation,
    ) -> Verdict {
        if let Err(why) = self.bounds(t) {
            known.remember(samples, seen);
            return Verdict::Refuse(why);
        }
        let Some(newest) = known.newest(t) else {
            known.newest = Some(t);
            known.note(t, &observation);
            return Verdict::Store;
        };
        known.remember(samples, seen);
        match known.at(t) {
            Some(existing) if existing == observation() => Verdict::Repeat,
            Some(_) => Verdict::Refuse("duplicate sample for timestamp"),
            None if t < newest.saturating_add(-self.out_of_order_ms) => Verdict::Refuse("out of order sample"),
            None => {
                known.note(t, &observation);
                Verdict::Store
            }
        }
    }

    /// Exemplars are worth less than an error: those out of bounds, or of a series nobody knows, are left out.
    fn exemplars<'a>(&self, known: &Known<'_>, incoming: &'a [Exemplar]) -> Cow<'a, [Exemplar]> {
        if !known.exists() {
            return Cow::Borrowed(&[]);
        }
        let is_possible = |e: &Exemplar| self.bounds(e.sample.t).is_ok();
        if incoming.iter().all(is_possible) {
            return Cow::Borrowed(incoming);
        }
        Cow::Owned(incoming.iter().filter(|e| is_possible(e)).cloned().collect())
    }
}

/// The first `count` floats of `samples`.
fn first_floats(samples: &Samples, count: usize) -> Samples {
    let starts = samples.starts.get(..count).unwrap_or_default().to_vec();
    Samples { floats: samples.floats[..count].to_vec(), starts, histograms: Vec::new() }
}

/// The newest time of what does not take writes any more.
fn history_end(memory: &Memory) -> Option<TimestampMs> {
    let blocks = memory.blocks.iter().map(|block| block.range.end).max();
    blocks.max(memory.sealed.as_ref().and_then(|sealed| sealed.newest()))
}

/// What reports count apart.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Float,
    Histogram,
}

enum Verdict {
    Store,
    Repeat,
    Refuse(&'static str),
}

impl Verdict {
    /// Counts the sample; whether it is to be kept.
    fn note(
        self,
        report: &mut AppendReport,
        kind: Kind,
        position: u32,
        incoming: &SeriesWrite,
        t: TimestampMs,
    ) -> bool {
        match (&self, kind) {
            (Self::Store | Self::Repeat, Kind::Float) => report.samples += 1,
            (Self::Store | Self::Repeat, Kind::Histogram) => report.histograms += 1,
            (Self::Refuse(why), _) => report.reject(position, &incoming.labels, why, t),
        }
        matches!(self, Self::Store)
    }
}

/// Series that a write names more than once, so that each time knows what was kept before.
struct Twice<'a>(HashMap<&'a Labels, Option<Known<'a>>>);

impl<'a> Twice<'a> {
    fn find(ids: &[Option<u32>], write: &'a MetricsWrite) -> Self {
        // Senders repeat themselves: mostly the series come in the order in which they first came.
        let mut sorted = ids.to_vec();
        sorted.sort_unstable();
        if sorted.is_sorted_by(|a, b| a < b) {
            return Self(HashMap::new());
        }
        let mut times: HashMap<&Labels, u32> = HashMap::with_capacity(write.series.len());
        write.series.iter().for_each(|incoming| *times.entry(&incoming.labels).or_default() += 1);
        Self(times.into_iter().filter(|(_, times)| *times > 1).map(|(labels, _)| (labels, None)).collect())
    }

    fn take(&mut self, labels: &Labels) -> Option<Known<'a>> {
        if self.0.is_empty() { None } else { self.0.get_mut(labels)?.take() }
    }

    fn give_back(&mut self, mut known: Known<'a>, incoming: &SeriesWrite) {
        if self.0.is_empty() {
            return;
        }
        if let Some(place) = self.0.get_mut(known.labels) {
            known.remember(&incoming.samples, incoming.samples.len());
            *place = Some(known);
        }
    }
}

/// What is known of one series: memory, blocks, and what this very write has brought so far.
struct Known<'a> {
    memory: &'a Memory,
    labels: &'a Labels,
    id: Option<u32>,
    active: Option<&'a HeadSeries>,
    history_end: Option<TimestampMs>,
    /// Looked up for samples that are not newer than all history.
    history: Option<History<'a>>,
    /// From when on it was looked up: blocks that end before are not in it.
    history_from: Option<TimestampMs>,
    newest: Option<TimestampMs>,
    /// By time, once that matters.
    kept: Option<BTreeMap<TimestampMs, Observation>>,
}

struct History<'a> {
    memory: &'a Memory,
    labels: &'a Labels,
    sealed: Option<&'a HeadSeries>,
    blocks: Vec<(&'a Arc<Block>, Arc<BlockSeries>)>,
}

impl<'a> Known<'a> {
    fn new(memory: &'a Memory, labels: &'a Labels, id: Option<u32>, history_end: Option<TimestampMs>) -> Self {
        let active = id.and_then(|id| memory.head.series(id));
        let newest = active.and_then(HeadSeries::newest);
        Self { memory, labels, id, active, history_end, history: None, history_from: None, newest, kept: None }
    }

    fn exists(&self) -> bool {
        let in_sealed = || self.memory.sealed.as_ref().is_some_and(|sealed| sealed.get(self.labels).is_some());
        self.active.is_some() || self.newest.is_some() || in_sealed()
    }

    /// Begins to keep what this write brings, unless that has begun: so far that is `seen` samples.
    fn remember(&mut self, samples: &Samples, seen: usize) {
        self.kept.get_or_insert_with(|| {
            let floats = samples.floats.iter().map(|s| (s.t, Observation::Float(s.v)));
            let histograms = samples.histograms.iter().map(|s| (s.t, Observation::Histogram(Arc::clone(&s.h))));
            floats.chain(histograms).take(seen).collect()
        });
    }

    fn note(&mut self, t: TimestampMs, observation: impl Fn() -> Observation) {
        if let Some(kept) = &mut self.kept {
            kept.insert(t, observation());
        }
    }

    /// The series' newest sample, unless `t` is newer still.
    fn newest(&mut self, t: TimestampMs) -> Option<TimestampMs> {
        let is_behind = self.history_end.is_some_and(|end| t <= end);
        if is_behind && self.history_from.is_none_or(|from| t < from) {
            self.history_from = Some(t);
            let sealed = self.memory.sealed.as_ref().and_then(|sealed| sealed.get(self.labels));
            // A block that ends earlier holds neither this moment nor a newer one.
            let blocks = self.memory.blocks.iter().filter(|block| block.range.end >= t);
            let blocks = blocks.filter_map(|b| Some((b, b.find(self.labels).ok()??)));
            let history = History { memory: self.memory, labels: self.labels, sealed, blocks: blocks.collect() };
            let newest = history.newest_in_blocks();
            self.newest = self.newest.max(newest).max(sealed.and_then(HeadSeries::newest));
            self.history = Some(history);
        }
        self.newest.filter(|&newest| t <= newest)
    }

    fn at(&self, t: TimestampMs) -> Option<Observation> {
        let kept = || self.kept.as_ref().and_then(|kept| kept.get(&t)).cloned();
        let active = || self.active.and_then(|series| series.at(t));
        let history = || self.history.as_ref().and_then(|history| history.at(t));
        kept().or_else(active).or_else(history)
    }
}

impl History<'_> {
    /// The newest sample that blocks hold and nobody deleted.
    fn newest_in_blocks(&self) -> Option<TimestampMs> {
        let left = |(block, series): &(&Arc<Block>, Arc<BlockSeries>)| {
            let is_left = |t: &TimestampMs| !self.memory.is_deleted(block, self.labels, *t);
            if let Some(newest) = series.newest().filter(is_left) {
                return Some(newest);
            }
            let mut samples = Samples::default();
            block.read(series, TimeRange::ALL, &mut samples).ok()?;
            samples.times().filter(is_left).max()
        };
        self.blocks.iter().filter_map(left).max()
    }

    fn at(&self, t: TimestampMs) -> Option<Observation> {
        let sealed = self.sealed.and_then(|series| series.at(t));
        let mut blocks = self.blocks.iter().filter(|(block, _)| !self.memory.is_deleted(block, self.labels, t));
        sealed.or_else(|| blocks.find_map(|(block, series)| block.at(series, t)))
    }
}

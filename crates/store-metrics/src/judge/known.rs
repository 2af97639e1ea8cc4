//! What is known of one series: memory, blocks, and what the write under way has brought so far.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use aio_types::{Labels, LabelsRef, Samples, SamplesRef, TimeRange, TimestampMs};

use crate::block::{Block, BlockSeries};
use crate::series::{HeadSeries, Observation};
use crate::tenant::Memory;

/// How much of a series is read at first where its newest samples are deleted.
const LOOK_BACK_MS: i64 = 10 * 60_000;

/// Whether `t` is newer than all that blocks hold of a series: because it is newer than all they hold, or because they
/// were looked at before, and held nothing newer than `history_newest`.
#[inline]
pub(super) fn is_ahead(t: TimestampMs, history_end: Option<TimestampMs>, history_newest: Option<TimestampMs>) -> bool {
    history_end.is_none_or(|end| t > end) || history_newest.is_some_and(|newest| t > newest)
}

pub(super) struct Known<'a> {
    memory: &'a Memory,
    labels: LabelsRef<'a>,
    own_labels: OnceCell<Labels>,
    /// Its position in the head, where it has one.
    pub(super) id: Option<u32>,
    active: Option<&'a HeadSeries>,
    history_end: Option<TimestampMs>,
    /// Looked up for samples that are not newer than all history.
    history: Option<History<'a>>,
    newest: Option<TimestampMs>,
    /// By time, once that matters.
    kept: Option<BTreeMap<TimestampMs, Observation>>,
}

struct History<'a> {
    memory: &'a Memory,
    labels: Labels,
    sealed: Option<&'a HeadSeries>,
    blocks: Vec<(&'a Arc<Block>, Arc<BlockSeries>)>,
    /// From when on it was looked up: blocks that end before are not in it.
    from: TimestampMs,
    /// The newest sample there.
    newest: Option<TimestampMs>,
}

impl<'a> Known<'a> {
    pub(super) fn new(
        memory: &'a Memory,
        labels: LabelsRef<'a>,
        id: Option<u32>,
        history_end: Option<TimestampMs>,
    ) -> Self {
        let active = id.and_then(|id| memory.head.series(id));
        let newest = active.and_then(HeadSeries::newest);
        let own_labels = OnceCell::new();
        Self { memory, labels, own_labels, id, active, history_end, history: None, newest, kept: None }
    }

    pub(super) fn labels(&self) -> LabelsRef<'a> {
        self.labels
    }

    pub(super) fn exists(&self) -> bool {
        let in_sealed = || self.memory.sealed.as_ref().is_some_and(|sealed| sealed.get(self.labels).is_some());
        self.active.is_some() || self.newest.is_some() || in_sealed()
    }

    /// What a look at history has shown: no sample there is newer.
    pub(super) fn history_newest(&self) -> Option<TimestampMs> {
        let history = self.history.as_ref()?;
        // What ends before the moment that was looked up was not looked at.
        history.newest.max(Some(history.from.saturating_add(-1)))
    }

    /// Begins to keep what this write brings, unless that has begun: so far that is `seen` samples.
    pub(super) fn remember(&mut self, samples: SamplesRef<'_>, seen: usize) {
        self.kept.get_or_insert_with(|| {
            let floats = samples.floats.iter().map(|s| (s.t, Observation::Float(s.v)));
            let histograms = samples.histograms.iter().map(|s| (s.t, Observation::Histogram(Arc::clone(&s.h))));
            floats.chain(histograms).take(seen).collect()
        });
    }

    /// Takes note of a sample that is going to be stored.
    pub(super) fn keep(&mut self, t: TimestampMs, observation: impl Fn() -> Observation) {
        self.newest = self.newest.max(Some(t));
        if let Some(kept) = &mut self.kept {
            kept.insert(t, observation());
        }
    }

    /// The series' newest sample, unless `t` is newer still.
    pub(super) fn newest_unless_before(&mut self, t: TimestampMs) -> Option<TimestampMs> {
        let is_ahead = is_ahead(t, self.history_end, self.active.and_then(HeadSeries::history_newest));
        if !is_ahead && self.history.as_ref().is_none_or(|history| t < history.from) {
            let labels = self.own_labels.get_or_init(|| self.labels.to_labels());
            let history = History::new(self.memory, labels, t);
            self.newest = self.newest.max(history.newest);
            self.history = Some(history);
        }
        self.newest.filter(|&newest| t <= newest)
    }

    pub(super) fn at(&self, t: TimestampMs) -> Option<Observation> {
        let kept = || self.kept.as_ref().and_then(|kept| kept.get(&t)).cloned();
        let active = || self.active.and_then(|series| series.at(t));
        let history = || self.history.as_ref().and_then(|history| history.at(t));
        kept().or_else(active).or_else(history)
    }
}

impl<'a> History<'a> {
    fn new(memory: &'a Memory, labels: &Labels, from: TimestampMs) -> Self {
        let sealed = memory.sealed.as_ref().and_then(|sealed| sealed.get(labels.borrowed()));
        // A block that ends earlier holds neither this moment nor a newer one.
        let blocks = memory.blocks.iter().filter(|block| block.range.end >= from);
        let blocks = blocks.filter_map(|b| Some((b, b.find(labels).ok()??))).collect();
        let mut history = Self { memory, labels: labels.clone(), sealed, blocks, from, newest: None };
        history.newest = history.newest_in_blocks().max(sealed.and_then(HeadSeries::newest));
        history
    }

    /// The newest sample that blocks hold and nobody deleted.
    fn newest_in_blocks(&self) -> Option<TimestampMs> {
        self.blocks.iter().filter_map(|(block, series)| self.newest_in(block, series)).max()
    }

    /// Where the newest samples are deleted, goes back step by step, each twice as long as the one before.
    fn newest_in(&self, block: &Block, series: &BlockSeries) -> Option<TimestampMs> {
        let is_left = |t: &TimestampMs| !self.memory.is_deleted(block, &self.labels, *t);
        let mut end = series.newest()?;
        if is_left(&end) {
            return Some(end);
        }
        let (mut length, mut samples) = (LOOK_BACK_MS, Samples::default());
        loop {
            let start = end.saturating_add(-length);
            samples.clear();
            block.read(series, TimeRange { start, end }, &mut samples).ok()?;
            let newest = samples.times().filter(is_left).max();
            if newest.is_some() || start <= block.range.start {
                return newest;
            }
            (end, length) = (start.saturating_add(-1), length.saturating_mul(2));
        }
    }

    fn at(&self, t: TimestampMs) -> Option<Observation> {
        let sealed = self.sealed.and_then(|series| series.at(t));
        let mut blocks = self.blocks.iter().filter(|(block, _)| !self.memory.is_deleted(block, &self.labels, t));
        sealed.or_else(|| blocks.find_map(|(block, series)| block.at(series, t)))
    }
}

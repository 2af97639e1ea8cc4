//! What is in memory: recent samples of one tenant, rebuilt from the log at start.
//!
//! A head only grows: when it is old enough it is replaced by an empty one and written out whole. Series are held in
//! shared pages, so that a [`HeadView`] costs a few hundred pointers and never changes; a write copies the series it
//! touches only while a view of them is held.

mod pages;
mod places;
mod replay;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use aio_types::{
    Exemplar, Labels, LabelsRef, Metadata, MetricsWrite, Sample, SamplesRef, SeriesRef, TenantId, TimeRange,
    TimestampMs,
};
use parking_lot::RwLock;
use roaring::RoaringBitmap;

use self::pages::Pages;
use self::places::Places;
pub(crate) use self::replay::Replay;
pub(crate) use self::view::HeadView;
use crate::judge::Batch;
use crate::plan::Plan;
use crate::record::{Encoder, Entry};
use crate::series::HeadSeries;

/// One tenant's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    places: Places,
    view: HeadView,
    samples: u64,
    /// Which head of its tenant this is: what a reference in the log refers to.
    epoch: u64,
    /// Series whose labels the log does not know in this epoch, since they were read from it.
    unlogged: RoaringBitmap,
    /// The oldest time that was taken in since that was asked for.
    oldest_taken: Option<TimestampMs>,
    /// Times of the chunk sealed last: the next one's often are the same.
    times: Option<Arc<[u8]>>,
}

impl Head {
    /// The empty head that comes after this one.
    pub(crate) fn successor(&self) -> Self {
        let view = HeadView { metadata: Arc::clone(self.metadata()), ..HeadView::default() };
        Self { view, epoch: self.epoch + 1, ..Self::default() }
    }

    /// What is known of metric families.
    pub(crate) fn metadata(&self) -> &Arc<BTreeMap<String, Metadata>> {
        &self.view.metadata
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The position of a series.
    pub(crate) fn id(&self, labels: LabelsRef<'_>) -> Option<u32> {
        self.find(self.places.hash(labels), labels)
    }

    /// The positions of the series of a write, where they have one. Senders repeat themselves: the series behind the last
    /// one mostly is the one behind it here.
    pub(crate) fn ids(&self, write: &MetricsWrite) -> Vec<Option<u32>> {
        let mut guess = 0;
        let find = |labels| {
            let id = if self.is_at(guess, labels) { Some(guess) } else { self.id(labels) };
            guess = id.map_or(guess, |id| id.saturating_add(1));
            id
        };
        write.labels().map(find).collect()
    }

    fn find(&self, hash: u32, labels: LabelsRef<'_>) -> Option<u32> {
        self.places.find(hash, |id| self.is_at(id, labels))
    }

    #[inline]
    fn is_at(&self, id: u32, labels: LabelsRef<'_>) -> bool {
        self.series(id).is_some_and(|series| series.labels.borrowed() == labels)
    }

    /// The series at a position.
    pub(crate) fn series(&self, id: u32) -> Option<&HeadSeries> {
        self.view.series.get(id).map(|series| &**series)
    }

    pub(crate) fn get(&self, labels: LabelsRef<'_>) -> Option<&HeadSeries> {
        self.series(self.id(labels)?)
    }

    /// How many series there are, and the position of the next one.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.view.series.len()).unwrap_or(u32::MAX)
    }

    /// This memory as it is now.
    pub(crate) fn view(&self) -> HeadView {
        self.view.clone()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many samples were taken in.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// The oldest time memory holds.
    pub(crate) fn oldest(&self) -> Option<TimestampMs> {
        self.view.range.map(|range| range.start)
    }

    /// The newest time memory holds.
    pub(crate) fn newest(&self) -> Option<TimestampMs> {
        self.view.range.map(|range| range.end)
    }

    /// The oldest time that was taken in since this was called last.
    pub(crate) fn take_oldest(&mut self) -> TimestampMs {
        self.oldest_taken.take().unwrap_or(TimestampMs::MAX)
    }

    /// What the log is to hold of what was accepted.
    pub(crate) fn record(&self, tenant: &TenantId, batch: &Batch<'_>) -> Vec<u8> {
        let (base, count) = (batch.first_time().unwrap_or_default(), self.count());
        let mut encoder = Encoder::begin(tenant, self.epoch, base, &batch.metadata, batch.series.len());
        for accepted in &batch.series {
            let is_new = accepted.id >= count || self.unlogged.contains(accepted.id);
            match batch.only_float(accepted) {
                Some((float, TimestampMs(0))) if !is_new => encoder.float(accepted.id, float),
                _ => {
                    let SeriesRef { labels, samples, exemplars } = batch.content(accepted);
                    let labels = is_new.then_some(labels);
                    encoder.entry(&Entry { reference: accepted.id, labels, samples, exemplars });
                }
            }
        }
        encoder.finish()
    }

    /// Takes in what was accepted, and is in the log now.
    pub(crate) fn apply(&mut self, batch: &Batch<'_>) {
        self.learn(&batch.metadata);
        for accepted in &batch.series {
            if accepted.id >= self.count() {
                self.create(&batch.content(accepted).labels.to_labels());
            }
        }
        if !self.unlogged.is_empty() {
            batch.series.iter().for_each(|accepted| _ = self.unlogged.remove(accepted.id));
        }
        let Self { view, times, samples, oldest_taken, .. } = self;
        let HeadView { series, range, .. } = view;
        let mut intake = Intake { times, samples, range, oldest_taken };
        for run in batch.series.chunk_by(|a, b| Pages::page_of(a.id) == Pages::page_of(b.id)) {
            let Some(mut page) = run.first().and_then(|first| series.page_mut(Pages::page_of(first.id))) else {
                continue;
            };
            for accepted in run {
                let Some(series) = page.get_mut(accepted.id) else { continue };
                if let Some((float, start)) = batch.only_float(accepted) {
                    intake.take_float(series, float, start);
                    continue;
                }
                let SeriesRef { samples, exemplars, .. } = batch.content(accepted);
                intake.take(series, samples, exemplars, |_, _| false);
                if let Some(newest) = accepted.details.as_ref().and_then(|details| details.history_newest) {
                    series.set_history_newest(Some(newest));
                }
            }
        }
    }

    /// Deletes what lies in `range` of the series that match one of the plans. Series of which nothing is left keep
    /// their places, until [`Self::forget_empty`].
    pub(crate) fn delete(&mut self, plans: &[Plan<'_>], range: TimeRange) {
        if self.view.overlaps(range) {
            for id in self.view.select_any(plans) {
                self.view.series.get_mut(id).into_iter().for_each(|series| series.delete(range));
            }
        }
    }

    /// Forgets the series of which nothing is left. A view that shares the index keeps it as it is.
    pub(crate) fn forget_empty(&mut self) {
        let is_empty = |id: &u32| self.series(*id).is_some_and(|series| series.is_empty() && !series.labels.is_empty());
        let empty: Vec<_> = (0..self.count()).filter(is_empty).collect();
        if empty.is_empty() {
            return;
        }
        if Arc::strong_count(&self.view.index) > 1 {
            let own = self.view.index.read().clone();
            self.view.index = Arc::new(RwLock::new(own));
        }
        let mut index = self.view.index.write();
        for id in empty {
            let Some(series) = self.view.series.get_mut(id) else { continue };
            let labels = std::mem::take(series).labels;
            index.remove(id, &labels);
            self.places.remove(self.places.hash(labels.borrowed()), id);
        }
    }

    /// Forgets what looks at blocks have shown.
    pub(crate) fn forget_history(&mut self) {
        for id in 0..self.count() {
            if self.series(id).is_some_and(|series| series.history_newest().is_some()) {
                self.view.series.get_mut(id).into_iter().for_each(|series| series.set_history_newest(None));
            }
        }
    }

    /// Takes in metadata, which replaces what was known before.
    pub(crate) fn learn(&mut self, metadata: &[(String, Metadata)]) {
        if !metadata.is_empty() {
            Arc::make_mut(&mut self.view.metadata).extend(metadata.iter().cloned());
        }
    }

    fn create(&mut self, labels: &Labels) -> Option<u32> {
        let id = self.place(self.places.hash(labels.borrowed()), labels)?;
        self.view.index.write().insert(id, labels);
        Some(id)
    }

    /// A place for a new series, which cannot be found yet.
    fn place(&mut self, hash: u32, labels: &Labels) -> Option<u32> {
        let id = u32::try_from(self.view.series.len()).ok()?;
        self.view.series.push(HeadSeries::new(labels.clone()));
        self.places.insert(hash, id);
        Some(id)
    }
}

/// What changes in a head with every series that takes samples in.
struct Intake<'a> {
    times: &'a mut Option<Arc<[u8]>>,
    samples: &'a mut u64,
    range: &'a mut Option<TimeRange>,
    oldest_taken: &'a mut Option<TimestampMs>,
}

impl Intake<'_> {
    #[inline]
    fn take_float(&mut self, series: &mut HeadSeries, sample: Sample, start: TimestampMs) {
        series.push_float(sample, start, self.times);
        *self.samples += 1;
        self.reach(sample.t);
    }

    #[inline]
    fn reach(&mut self, t: TimestampMs) {
        let range = self.range.get_or_insert(TimeRange { start: t, end: t });
        *range = TimeRange { start: range.start.min(t), end: range.end.max(t) };
        *self.oldest_taken = Some(self.oldest_taken.map_or(t, |oldest| oldest.min(t)));
    }

    /// Gives a series its samples, but for those that are known.
    fn take(
        &mut self,
        series: &mut HeadSeries,
        samples: SamplesRef<'_>,
        exemplars: &[Exemplar],
        is_known: impl Fn(&HeadSeries, TimestampMs) -> bool,
    ) {
        for (position, &sample) in samples.floats.iter().enumerate() {
            if !is_known(series, sample.t) {
                series.push_float(sample, samples.start_of(position), self.times);
                *self.samples += 1;
            }
        }
        for sample in samples.histograms {
            if !is_known(series, sample.t) {
                series.push_histogram(sample.clone(), self.times);
                *self.samples += 1;
            }
        }
        exemplars.iter().for_each(|exemplar| series.push_exemplar(exemplar));
        samples.times().chain(exemplars.iter().map(|e| e.sample.t)).for_each(|t| self.reach(t));
    }
}

#[cfg(test)]
mod tests {
    use aio_types::{MatchOp, Matcher, Samples, SeriesWrite};

    use super::*;
    use crate::record::{OwnedEntry, Record};

    fn push(head: &mut Head, series: u32, t: i64) {
        let labels = Labels::from_pairs([("__name__", "m".to_owned()), ("s", series.to_string())]);
        let id = head.id(labels.borrowed()).unwrap_or(head.count());
        let samples = vec![Sample { t: TimestampMs(t), v: 1.0 }].into();
        let write = MetricsWrite::from_iter([SeriesWrite { labels, samples, exemplars: Vec::new() }]);
        head.apply(&Batch::all(&write, &[id]));
    }

    fn seen(view: &HeadView) -> usize {
        let matcher = Matcher::new("__name__", MatchOp::Equal, "m").expect("valid");
        let mut samples = Samples::default();
        view.select(&Plan::new(&[matcher])).iter().for_each(|series| series.collect(TimeRange::ALL, &mut samples));
        samples.len()
    }

    #[test]
    fn a_view_never_changes() {
        let mut head = Head::default();
        (0..600).for_each(|s| push(&mut head, s, 1));
        let view = head.view();
        (0..700).for_each(|s| push(&mut head, s, 2));
        assert_eq!((seen(&view), seen(&head.view())), (600, 1300));
        assert_eq!(view.range, Some(TimeRange::new(1, 1)));
    }

    #[test]
    fn a_record_read_twice_changes_nothing_and_a_reference_is_of_its_epoch() {
        let (mut head, mut known) = (Head::default(), Replay::default());
        let record = |epoch, labels: Option<&str>, t| Record {
            tenant: aio_types::TenantId::default(),
            epoch,
            metadata: Vec::new(),
            series: vec![OwnedEntry {
                reference: 0,
                labels: labels.map(|s| Labels::from_pairs([("__name__", "m"), ("s", s)])),
                samples: vec![Sample { t: TimestampMs(t), v: 1.0 }].into(),
                exemplars: Vec::new(),
            }],
        };
        let records = [
            record(1, None, 9),
            record(1, Some("a"), 5),
            record(1, None, 3),
            record(2, Some("b"), 5),
            record(2, None, 6),
            record(1, None, 3),
        ];
        for record in records.iter().chain(&records[1..]) {
            head.replay(record, &mut known).expect("understood");
        }
        head.finish_replay(&mut known);
        assert_eq!((seen(&head.view()), head.samples(), head.oldest()), (4, 4, Some(TimestampMs(3))));
        assert_eq!((known.unknown, head.epoch(), head.unlogged.len()), (1, 3, 2));
    }
}

//! What is in memory: recent samples of one tenant, rebuilt from the log at start.
//!
//! A head only grows: when it is old enough it is replaced by an empty one and written out whole. Series are held in
//! shared pages, so that a [`HeadView`] costs a few hundred pointers and never changes; a write copies the series it
//! touches only while a view of them is held.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::Arc;

use aio_types::{
    Exemplar, Labels, LabelsRef, Matcher, Metadata, MetricsWrite, SamplesRef, SeriesRef, TimeRange, TimestampMs,
};
use hashbrown::HashTable;
use parking_lot::RwLock;
use roaring::RoaringBitmap;

use crate::hash::Folded;
use crate::index::Index;
use crate::judge::{Accepted, Batch};
use crate::plan::Plan;
use crate::record::{Entry, Record};
use crate::series::HeadSeries;

/// Series per shared page.
const PAGE_SERIES: usize = 256;

/// All series by position, in shared pages.
#[derive(Debug, Clone, Default)]
struct Pages(Vec<Arc<Vec<Arc<HeadSeries>>>>);

impl Pages {
    fn get(&self, id: u32) -> Option<&Arc<HeadSeries>> {
        let id = id as usize;
        self.0.get(id / PAGE_SERIES)?.get(id % PAGE_SERIES)
    }

    fn get_mut(&mut self, id: u32) -> Option<&mut HeadSeries> {
        let id = id as usize;
        let page = Arc::make_mut(self.0.get_mut(id / PAGE_SERIES)?);
        page.get_mut(id % PAGE_SERIES).map(Arc::make_mut)
    }

    fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * PAGE_SERIES + last.len())
    }

    fn push(&mut self, series: HeadSeries) {
        match self.0.last_mut() {
            Some(page) if page.len() < PAGE_SERIES => Arc::make_mut(page).push(Arc::new(series)),
            _ => self.0.push(Arc::new(vec![Arc::new(series)])),
        }
    }
}

/// A head at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeadView {
    series: Pages,
    /// Shared with the head and growing with it; what is beyond this view's series is passed over.
    index: Arc<RwLock<Index>>,
    /// From the oldest to the newest sample or exemplar.
    pub(crate) range: Option<TimeRange>,
    pub(crate) metadata: Arc<BTreeMap<String, Metadata>>,
}

impl HeadView {
    pub(crate) fn overlaps(&self, range: TimeRange) -> bool {
        self.range.is_some_and(|own| own.overlaps(&range))
    }

    /// The series that pass all matchers.
    pub(crate) fn select(&self, plan: &Plan<'_>) -> Vec<Arc<HeadSeries>> {
        self.select_ids(plan).into_iter().map_while(|id| self.series.get(id)).cloned().collect()
    }

    /// Where the series are that pass one of the plans.
    pub(crate) fn select_any(&self, plans: &[Plan<'_>]) -> RoaringBitmap {
        let mut selected = RoaringBitmap::new();
        plans.iter().for_each(|plan| selected |= self.select_ids(plan));
        selected.remove_range(u32::try_from(self.series.len()).unwrap_or(u32::MAX)..);
        selected
    }

    /// Where the series are that pass one of the plans, of which there may be none, and may have samples in `range`;
    /// `None` for all there are.
    pub(crate) fn wanted(&self, plans: &[Plan<'_>], range: TimeRange) -> Option<RoaringBitmap> {
        let is_inside = self.range.is_none_or(|own| range.start <= own.start && own.end <= range.end);
        let matching = (!plans.is_empty()).then(|| self.select_any(plans));
        if is_inside {
            return matching;
        }
        let touches = |id: &u32| self.series.get(*id).is_some_and(|series| series.touches(range));
        let count = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        Some(match matching {
            Some(matching) => matching.into_iter().filter(touches).collect(),
            None => (0..count).filter(touches).collect(),
        })
    }

    /// Their positions; some may be beyond this view.
    fn select_ids(&self, plan: &Plan<'_>) -> RoaringBitmap {
        let labels = |id: u32| self.series.get(id).map(|series| &series.labels);
        let passes = |id, matcher: &Matcher| labels(id).is_some_and(|labels| matcher.matches_labels(labels));
        self.index.read().select(plan, passes)
    }

    /// Runs `of_index` on the index and the number of series of it that belong to this view.
    pub(crate) fn with_index<T>(&self, of_index: impl FnOnce(&Index, u32) -> T) -> T {
        let count = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        of_index(&self.index.read(), count)
    }

    /// How many places of series there are.
    pub(crate) fn count(&self) -> usize {
        self.series.len()
    }

    /// Every series there is, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<HeadSeries>> {
        // Of deleted series nothing is left but their places.
        self.series.0.iter().flat_map(|page| page.iter()).filter(|series| !series.is_forgotten())
    }

    /// How many series and chunks.
    pub(crate) fn counts(&self) -> (u64, u64) {
        self.all().fold((0, 0), |(count, chunks), series| (count + 1, chunks + series.chunk_count()))
    }

    /// Every series, sorted by labels.
    pub(crate) fn sorted(&self) -> Vec<Arc<HeadSeries>> {
        let mut all: Vec<_> = self.all().cloned().collect();
        all.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        all
    }
}

/// One tenant's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    /// Positions of all series, by the hash of their labels.
    ids: HashTable<u32>,
    hasher: Folded,
    view: HeadView,
    samples: u64,
    /// Which head of its tenant this is: what a reference in the log refers to.
    epoch: u64,
    /// Series whose labels the log does not know in this epoch, since they were read from it.
    unlogged: RoaringBitmap,
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
        self.ids.find(self.hasher.hash_one(labels), |&id| self.is_at(id, labels)).copied()
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

    /// What the log is to hold of accepted series.
    pub(crate) fn entry<'a>(&self, batch: &'a Batch<'_>, accepted: &'a Accepted) -> Entry<'a> {
        let is_new = accepted.id >= self.count() || self.unlogged.contains(accepted.id);
        let SeriesRef { labels, samples, exemplars } = batch.content(accepted);
        Entry { reference: accepted.id, labels: is_new.then_some(labels), samples, exemplars }
    }

    /// Takes in what was accepted, and is in the log now.
    pub(crate) fn apply(&mut self, batch: &Batch<'_>) {
        self.learn(&batch.metadata);
        for accepted in &batch.series {
            if !self.unlogged.is_empty() {
                self.unlogged.remove(accepted.id);
            }
            let SeriesRef { labels, samples, exemplars } = batch.content(accepted);
            if accepted.id >= self.count() {
                self.create(&labels.to_labels());
            }
            self.take(accepted.id, samples, exemplars, false);
            if let Some(details) = &accepted.details
                && details.history_newest.is_some()
                && let Some(series) = self.view.series.get_mut(accepted.id)
            {
                series.set_history_newest(details.history_newest);
            }
        }
    }

    /// Takes in a record of the log; the same one twice changes nothing. References are looked up in `known`.
    ///
    /// # Errors
    /// Where a reference has no meaning.
    pub(crate) fn replay(&mut self, record: &Record, known: &mut Replay) -> Result<(), String> {
        self.learn(&record.metadata);
        known.last_epoch = known.last_epoch.max(record.epoch);
        let references = known.epochs.entry(record.epoch).or_default();
        for entry in &record.series {
            if let Some(labels) = &entry.labels {
                let id = self.id(labels.borrowed()).or_else(|| self.place(labels)).ok_or("too many series")?;
                references.insert(entry.reference, id)?;
            }
            match references.get(entry.reference) {
                Some(id) => self.take(id, entry.samples.borrowed(), &entry.exemplars, true),
                None => known.unknown += 1,
            }
        }
        Ok(())
    }

    /// Lets the series that were read so far be found.
    pub(crate) fn index_replayed(&mut self, known: &mut Replay) {
        let indexed = known.indexed as usize;
        let series = self.view.series.0.iter().flat_map(|page| page.iter()).skip(indexed);
        self.view.index.write().insert_all((known.indexed..).zip(series.map(|series| &series.labels)));
        known.indexed = self.count();
    }

    /// From here on this is a head of its own, of which the log knows no labels yet.
    pub(crate) fn finish_replay(&mut self, known: &mut Replay) {
        self.index_replayed(known);
        self.forget_empty();
        self.epoch = known.last_epoch + 1;
        self.unlogged.insert_range(0..self.count());
        if known.unknown > 0 {
            tracing::warn!(series = known.unknown, "records of history that is in blocks were passed over");
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
            let hash = self.hasher.hash_one(labels.borrowed());
            if let Ok(found) = self.ids.find_entry(hash, |&known| known == id) {
                found.remove();
            }
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
        let id = self.place(labels)?;
        self.view.index.write().insert(id, labels);
        Some(id)
    }

    /// A place for a new series, which cannot be found yet.
    fn place(&mut self, labels: &Labels) -> Option<u32> {
        let id = u32::try_from(self.view.series.len()).ok()?;
        self.view.series.push(HeadSeries::new(labels.clone()));
        let Self { ids, hasher, view, .. } = self;
        let hash = |labels: &Labels| hasher.hash_one(labels.borrowed());
        let hash_of = |&id: &u32| view.series.get(id).map_or(0, |series| hash(&series.labels));
        ids.insert_unique(hash(labels), id, hash_of);
        Some(id)
    }

    /// Gives a series its samples, but for those it has where `may_repeat` says that this is possible.
    fn take(&mut self, id: u32, samples: SamplesRef<'_>, exemplars: &[Exemplar], may_repeat: bool) {
        let Some(series) = self.view.series.get_mut(id) else { return };
        let is_known = |series: &HeadSeries, t| may_repeat && series.at(t).is_some();
        for (position, &sample) in samples.floats.iter().enumerate() {
            if !is_known(series, sample.t) {
                series.push_float(sample, samples.start_of(position), &mut self.times);
                self.samples += 1;
            }
        }
        for sample in samples.histograms {
            if !is_known(series, sample.t) {
                series.push_histogram(sample.clone(), &mut self.times);
                self.samples += 1;
            }
        }
        exemplars.iter().for_each(|exemplar| series.push_exemplar(exemplar));
        for t in samples.times().chain(exemplars.iter().map(|e| e.sample.t)) {
            let range = self.view.range.get_or_insert(TimeRange { start: t, end: t });
            *range = TimeRange { start: range.start.min(t), end: range.end.max(t) };
        }
    }
}

/// What is known while the log is read.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    epochs: HashMap<u64, References>,
    last_epoch: u64,
    /// How many series can be found.
    indexed: u32,
    /// A crash while the log before a block was being removed leaves records without the labels before them.
    unknown: u64,
}

/// What the references of one head mean: positions there, so that they are dense.
#[derive(Debug, Default)]
struct References(Vec<Option<u32>>);

impl References {
    /// More than any head has.
    const MAX: u32 = 1 << 25;

    fn get(&self, reference: u32) -> Option<u32> {
        self.0.get(reference as usize).copied().flatten()
    }

    fn insert(&mut self, reference: u32, id: u32) -> Result<(), String> {
        if reference > Self::MAX {
            return Err(format!("reference {reference} is absurd"));
        }
        let position = reference as usize;
        if self.0.len() <= position {
            self.0.resize(position + 1, None);
        }
        self.0[position] = Some(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aio_types::{MatchOp, Sample, Samples, SeriesWrite};

    use super::*;
    use crate::record::OwnedEntry;

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

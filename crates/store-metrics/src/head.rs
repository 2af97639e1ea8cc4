//! What is in memory: recent samples of one tenant, rebuilt from the log at start.
//!
//! A head only grows: when it is old enough it is replaced by an empty one and written out whole. Series are held in
//! shared pages, so that a [`HeadView`] costs a few hundred pointers and never changes; a write copies the series it
//! touches only while a view of them is held.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aio_types::{Labels, Matcher, Metadata, MetricsWrite, TimeRange, TimestampMs};
use parking_lot::RwLock;
use roaring::RoaringBitmap;

use crate::index::Index;
use crate::plan::Plan;
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

    /// How many series and chunks.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let series = self.series.0.iter().flat_map(|page| page.iter()).filter(|series| !series.is_forgotten());
        series.fold((0, 0), |(count, chunks), series| (count + 1, chunks + series.chunk_count()))
    }

    /// Every series, sorted by labels.
    pub(crate) fn sorted(&self) -> Vec<Arc<HeadSeries>> {
        let series = self.series.0.iter().flat_map(|page| page.iter());
        // Of deleted series nothing is left but their places.
        let mut all: Vec<_> = series.filter(|series| !series.is_forgotten()).cloned().collect();
        all.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        all
    }
}

/// One tenant's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    ids: HashMap<Labels, u32>,
    view: HeadView,
    pub(crate) metadata: Arc<BTreeMap<String, Metadata>>,
    samples: u64,
}

impl Head {
    /// An empty head that knows this metadata.
    pub(crate) fn with_metadata(metadata: Arc<BTreeMap<String, Metadata>>) -> Self {
        Self { metadata, ..Self::default() }
    }

    pub(crate) fn get(&self, labels: &Labels) -> Option<&HeadSeries> {
        self.ids.get(labels).and_then(|&id| self.view.series.get(id)).map(|series| &**series)
    }

    /// This memory as it is now.
    pub(crate) fn view(&self) -> HeadView {
        self.view.clone()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.view.series.len() == 0
    }

    /// How many samples were taken in.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// The oldest time memory holds.
    pub(crate) fn oldest(&self) -> Option<TimestampMs> {
        self.view.range.map(|range| range.start)
    }

    /// Takes in what was accepted. Samples memory already holds are passed over, so that replaying a record twice
    /// changes nothing.
    pub(crate) fn apply(&mut self, write: &MetricsWrite) {
        if !write.metadata.is_empty() {
            Arc::make_mut(&mut self.metadata).extend(write.metadata.iter().cloned());
        }
        for incoming in &write.series {
            let Some(id) = self.id_of(&incoming.labels) else { continue };
            let Some(series) = self.view.series.get_mut(id) else { continue };
            for &sample in &incoming.samples.floats {
                let known = series.newest().is_some_and(|newest| sample.t <= newest) && series.at(sample.t).is_some();
                if !known {
                    series.push(sample);
                    self.samples += 1;
                }
            }
            for exemplar in &incoming.exemplars {
                series.push_exemplar(exemplar);
            }
            for t in incoming.samples.floats.iter().chain(incoming.exemplars.iter().map(|e| &e.sample)).map(|s| s.t) {
                let range = self.view.range.get_or_insert(TimeRange { start: t, end: t });
                *range = TimeRange { start: range.start.min(t), end: range.end.max(t) };
            }
        }
    }

    /// Forgets what lies in `range` of the series that match one of the plans. Series of which nothing is left are
    /// forgotten altogether.
    pub(crate) fn delete(&mut self, plans: &[Plan<'_>], range: TimeRange) {
        if !self.view.overlaps(range) {
            return;
        }
        let selected = self.view.select_any(plans);
        let series = &mut self.view.series;
        let is_emptied = |id: &u32| series.get_mut(*id).is_some_and(|series| series.delete(range));
        let emptied: Vec<_> = selected.iter().filter(is_emptied).collect();
        self.forget(&emptied);
    }

    /// Their positions stay empty. A view that shares the index keeps it as it is.
    fn forget(&mut self, ids: &[u32]) {
        if ids.is_empty() {
            return;
        }
        if Arc::strong_count(&self.view.index) > 1 {
            let own = self.view.index.read().clone();
            self.view.index = Arc::new(RwLock::new(own));
        }
        for &id in ids {
            let Some(series) = self.view.series.get_mut(id) else { continue };
            let labels = std::mem::take(series).labels;
            self.view.index.write().remove(id, &labels);
            self.ids.remove(&labels);
        }
    }

    fn id_of(&mut self, labels: &Labels) -> Option<u32> {
        if let Some(&id) = self.ids.get(labels) {
            return Some(id);
        }
        let id = u32::try_from(self.view.series.len()).ok()?;
        self.ids.insert(labels.clone(), id);
        self.view.index.write().insert(id, labels);
        self.view.series.push(HeadSeries::new(labels.clone()));
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use aio_types::{MatchOp, Sample, SeriesWrite};

    use super::*;

    fn write(series: u32, t: i64) -> MetricsWrite {
        let labels = Labels::from_pairs([("__name__", "m".to_owned()), ("s", series.to_string())]);
        let samples = vec![Sample { t: TimestampMs(t), v: 1.0 }];
        MetricsWrite {
            series: vec![SeriesWrite { labels, samples: samples.into(), exemplars: Vec::new() }],
            metadata: Vec::new(),
        }
    }

    fn seen(view: &HeadView) -> usize {
        let matcher = Matcher::new("__name__", MatchOp::Equal, "m").expect("valid");
        let mut samples = Vec::new();
        view.select(&Plan::new(&[matcher])).iter().for_each(|series| series.collect(TimeRange::ALL, &mut samples));
        samples.len()
    }

    #[test]
    fn a_view_never_changes() {
        let mut head = Head::default();
        (0..600).for_each(|s| head.apply(&write(s, 1)));
        let view = head.view();
        (0..700).for_each(|s| head.apply(&write(s, 2)));
        assert_eq!((seen(&view), seen(&head.view())), (600, 1300));
        assert_eq!(view.range, Some(TimeRange::new(1, 1)));
    }

    #[test]
    fn a_record_taken_in_twice_changes_nothing() {
        let mut head = Head::default();
        for t in [5, 3, 5, 3] {
            head.apply(&write(0, t));
        }
        assert_eq!((seen(&head.view()), head.samples(), head.oldest()), (2, 2, Some(TimestampMs(3))));
    }
}

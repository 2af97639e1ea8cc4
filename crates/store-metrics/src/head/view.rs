//! A head at one moment, which never changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use aio_types::{Matcher, Metadata, TimeRange};
use parking_lot::RwLock;
use roaring::RoaringBitmap;

use super::pages::Pages;
use crate::index::Index;
use crate::plan::Plan;
use crate::series::HeadSeries;

/// A head at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeadView {
    pub(super) series: Pages,
    /// Shared with the head and growing with it; what is beyond this view's series is passed over.
    pub(super) index: Arc<RwLock<Index>>,
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
        self.series.iter().filter(|series| !series.is_forgotten())
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

//! Series that a write names more than once, so that each time knows what was kept before.

use std::collections::HashMap;

use aio_types::{LabelsRef, MetricsWrite, SamplesRef};

use super::known::Known;
use crate::hash::Folded;

pub(super) struct Twice<'a>(HashMap<LabelsRef<'a>, Option<Known<'a>>, Folded>);

impl<'a> Twice<'a> {
    /// `ids` are the series' positions in the head, where they are known.
    pub(super) fn find(ids: &[Option<u32>], write: &'a MetricsWrite) -> Self {
        if are_distinct(ids) {
            return Self(HashMap::default());
        }
        let mut times: HashMap<LabelsRef<'_>, u32, Folded> =
            HashMap::with_capacity_and_hasher(write.series_count(), Folded::default());
        write.iter().for_each(|incoming| *times.entry(incoming.labels).or_default() += 1);
        Self(times.into_iter().filter(|(_, times)| *times > 1).map(|(labels, _)| (labels, None)).collect())
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, labels: LabelsRef<'a>) -> Option<Known<'a>> {
        if self.is_empty() { None } else { self.0.get_mut(&labels)?.take() }
    }

    /// `samples` are those of this time.
    pub(super) fn give_back(&mut self, mut known: Known<'a>, samples: SamplesRef<'_>) {
        if self.is_empty() {
            return;
        }
        if let Some(place) = self.0.get_mut(&known.labels()) {
            known.remember(samples, samples.len());
            *place = Some(known);
        }
    }
}

/// Whether all are known and none occurs twice.
fn are_distinct(ids: &[Option<u32>]) -> bool {
    let are_ascending = |ids: &[Option<u32>]| ids.is_sorted_by(|a, b| a < b);
    // Senders repeat themselves: mostly the series come in the order in which they first came.
    if are_ascending(ids) {
        return true;
    }
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    are_ascending(&sorted)
}

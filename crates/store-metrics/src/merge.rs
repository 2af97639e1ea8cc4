//! One ascending run of samples from several, each timestamp once.

use aio_types::{Sample, TimeRange};

/// Keeps what lies in `range`, sorts where needed, and of equal timestamps keeps the first in order of arrival.
pub(crate) fn merge(samples: &mut Vec<Sample>, range: TimeRange) {
    samples.retain(|s| range.contains(s.t));
    if !samples.is_sorted_by_key(|s| s.t) {
        samples.sort_by_key(|s| s.t);
    }
    samples.dedup_by_key(|s| s.t);
}

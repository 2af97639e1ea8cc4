//! The days there is something of.

use std::collections::BTreeSet;

use aio_source::{Error, MetricsSource};
use aio_types::TimeRange;

const DAY_MS: i64 = 86_400_000;
/// A history of more days than this is walked in longer steps.
const WINDOWS_MAX: u64 = 20_000;

/// Ascending pieces of `range`, a day each, that may hold something.
pub(super) fn windows(source: &dyn MetricsSource, range: TimeRange) -> Result<Vec<TimeRange>, Error> {
    let head = source.cardinality(0)?.range;
    let blocks = source.blocks()?.into_iter().map(|block| block.range);
    let clip = |held: TimeRange| TimeRange { start: held.start.max(range.start), end: held.end.min(range.end) };
    let held: Vec<_> = head.into_iter().chain(blocks).map(clip).filter(|held| held.start <= held.end).collect();
    Ok(split(&held))
}

fn split(held: &[TimeRange]) -> Vec<TimeRange> {
    let first = held.iter().map(|range| range.start.0).min().unwrap_or(0);
    let last = held.iter().map(|range| range.end.0).max().unwrap_or(0);
    let days = last.abs_diff(first) / WINDOWS_MAX / DAY_MS.unsigned_abs();
    let step = i64::try_from(days + 1).unwrap_or(i64::MAX).saturating_mul(DAY_MS);
    let number = |t: i64| t.div_euclid(step);
    let days: BTreeSet<i64> = held.iter().flat_map(|range| number(range.start.0)..=number(range.end.0)).collect();
    let window = |day: i64| {
        let (start, end) = (day.saturating_mul(step), (day + 1).saturating_mul(step));
        TimeRange::new(start.max(first), if end == i64::MAX { last } else { last.min(end - 1) })
    };
    days.into_iter().map(window).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_anything_are_left_out() {
        let held = [TimeRange::new(DAY_MS - 1, DAY_MS + 5), TimeRange::new(9 * DAY_MS, 9 * DAY_MS + 7)];
        let expected = [
            TimeRange::new(DAY_MS - 1, DAY_MS - 1),
            TimeRange::new(DAY_MS, 2 * DAY_MS - 1),
            TimeRange::new(9 * DAY_MS, 9 * DAY_MS + 7),
        ];
        assert_eq!(split(&held), expected);
        assert!(split(&[]).is_empty());
    }

    #[test]
    fn there_are_never_too_many() {
        let windows = split(&[TimeRange::ALL]);
        assert!(windows.len() < 20_100, "{}", windows.len());
        assert_eq!((windows[0].start, windows[windows.len() - 1].end), (TimeRange::ALL.start, TimeRange::ALL.end));
        assert!(windows.is_sorted_by(|a, b| a.end < b.start && a.end.0 + 1 == b.start.0));
    }
}

//! When a head is not to wait for its time: heads are replaced whole, so that series nobody writes to any more are
//! forgotten with them.

use aio_types::TimestampMs;

use crate::head::{Head, HeadView};

/// A head with more samples than this is cut whatever its age: replaying them is what a restart waits for.
const SAMPLES_MAX: u64 = 32_000_000;
/// The same for series.
const SERIES_MAX: u32 = 4_000_000;
/// With fewer series than this it does not matter how many are dead.
const SERIES_MIN: usize = 100_000;
/// A series that got no sample for so long is taken for dead.
const DEAD_AFTER_MS: i64 = 10 * 60_000;

/// Whether a head must not grow on.
pub(crate) fn is_full(head: &Head) -> bool {
    head.samples() > SAMPLES_MAX || head.count() > SERIES_MAX
}

/// Whether most of many series are dead. Looks at each.
pub(crate) fn is_mostly_dead(view: &HeadView, now: TimestampMs) -> bool {
    is_mostly_dead_of(view, now, SERIES_MIN)
}

fn is_mostly_dead_of(view: &HeadView, now: TimestampMs, series_min: usize) -> bool {
    let horizon = now.saturating_add(-DEAD_AFTER_MS);
    if view.count() < series_min {
        return false;
    }
    let dead = view.all().filter(|series| series.newest().is_none_or(|newest| newest < horizon)).count();
    dead > view.count() / 2
}

#[cfg(test)]
mod tests {
    use aio_types::{Labels, MetricsWrite, Sample, SeriesWrite};

    use super::*;
    use crate::judge::Batch;

    #[test]
    fn many_dead_series_are_a_reason_to_cut() {
        let mut head = Head::default();
        let mut push = |series: i64, t| {
            let labels = Labels::from_pairs([("pod", series.to_string())]);
            let samples = vec![Sample { t: TimestampMs(t), v: 1.0 }].into();
            let id = head.id(labels.borrowed()).unwrap_or(head.count());
            let write = MetricsWrite::from_iter([SeriesWrite { labels, samples, exemplars: Vec::new() }]);
            head.apply(&Batch::all(&write, &[id]));
            head.view()
        };
        let mut view = push(0, 0);
        for (minute, expected) in [(5, false), (10, false), (20, false), (40, true)] {
            // One series a minute; at each of these times one of them lives on.
            push(minute, minute * 60_000);
            view = push(0, minute * 60_000);
            assert_eq!(is_mostly_dead_of(&view, TimestampMs(minute * 60_000 + 1), 2), expected, "{minute}");
        }
        assert!(!is_mostly_dead(&view, TimestampMs(i64::MAX)), "too few to matter");
    }
}

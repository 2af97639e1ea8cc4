//! What is known of resets when histograms are combined.

use std::sync::Arc;

use aio_types::{Histogram, HistogramSample, ResetHint};

use super::custom::same_bounds;
use super::detect_reset;
use super::reset::counts_less;

/// The hint of a combination, and whether the two contradict each other: only a reset and the absence of one do, after
/// which nothing is known.
pub(super) fn combine(a: ResetHint, b: ResetHint) -> (ResetHint, bool) {
    use ResetHint::{Gauge, NotReset, Reset, Unknown};
    match (a, b) {
        _ if a == b => (a, false),
        (Gauge, _) | (_, Gauge) => (Gauge, false),
        (Reset, NotReset) | (NotReset, Reset) => (Unknown, true),
        _ => (Unknown, false),
    }
}

/// Gives the histograms of a series, which follow each other without a float between them, the hints with which
/// Prometheus' storage answers: a gauge stays one; of counters nothing is known where a run of histograms begins that
/// share a layout and grow, and within it there is no reset. What was written about resets only decides where a run
/// begins. Source: `counterResetHint` of `tsdb/chunkenc/histogram_meta.go`.
pub fn as_stored(histograms: &mut [HistogramSample]) {
    let mut previous: Option<Arc<Histogram>> = None;
    for sample in histograms {
        let written = Arc::clone(&sample.h);
        let hint = match &previous {
            _ if written.reset_hint == ResetHint::Gauge => ResetHint::Gauge,
            Some(previous) if continues(previous, &written) => ResetHint::NotReset,
            _ => ResetHint::Unknown,
        };
        set_hint(sample, hint);
        // A stale marker says nothing of what comes next, which never continues it.
        previous = Some(written);
    }
}

/// Whether storage puts `next` into the run of counters that `previous` belongs to.
fn continues(previous: &Histogram, next: &Histogram) -> bool {
    if previous.reset_hint == ResetHint::Gauge || next.reset_hint == ResetHint::Reset {
        return false;
    }
    next.is_stale()
        || !previous.is_stale()
            && previous.schema == next.schema
            && previous.zero_threshold == next.zero_threshold
            && same_bounds(&previous.custom_bounds, &next.custom_bounds)
            && !counts_less(previous, next)
}

/// Finds out about resets between histograms of a series of which nothing is known yet, as Prometheus does where only
/// counts and sums are asked for (`histogram_count`, `histogram_sum`, `histogram_avg`). Source:
/// `promql/histogram_stats_iterator.go`.
pub fn as_watched(histograms: &mut [HistogramSample]) {
    let mut previous: Option<Arc<Histogram>> = None;
    for sample in histograms.iter_mut().filter(|sample| !sample.h.is_stale()) {
        if let Some(previous) = previous.filter(|_| sample.h.reset_hint == ResetHint::Unknown) {
            let reset = detect_reset(&previous, &sample.h);
            set_hint(sample, if reset { ResetHint::Reset } else { ResetHint::NotReset });
        }
        previous = Some(Arc::clone(&sample.h));
    }
}

fn set_hint(sample: &mut HistogramSample, hint: ResetHint) {
    if sample.h.reset_hint != hint {
        Arc::make_mut(&mut sample.h).reset_hint = hint;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauges_win_and_only_opposites_collide() {
        use ResetHint::{Gauge, NotReset, Reset, Unknown};
        for (a, b, expected) in [
            (Reset, Reset, (Reset, false)),
            (Reset, NotReset, (Unknown, true)),
            (Reset, Unknown, (Unknown, false)),
            (NotReset, Gauge, (Gauge, false)),
            (Unknown, Gauge, (Gauge, false)),
            (NotReset, NotReset, (NotReset, false)),
        ] {
            assert_eq!((combine(a, b), combine(b, a)), (expected, expected), "{a:?} {b:?}");
        }
    }

    fn hints_after(change: fn(&mut [HistogramSample]), texts: &[&str]) -> Vec<ResetHint> {
        let sample = |text: &&str| {
            let h = crate::histogram::notation::parse(&format!("{{{{{text}}}}}")).expect("valid notation").0.histogram;
            HistogramSample { t: Default::default(), start: Default::default(), h: Arc::new(h) }
        };
        let mut samples: Vec<_> = texts.iter().map(sample).collect();
        change(&mut samples);
        samples.iter().map(|s| s.h.reset_hint).collect()
    }

    #[test]
    fn stored_hints_tell_of_runs() {
        use ResetHint::{Gauge, NotReset, Unknown};
        for (texts, expected) in [
            (&["count:1", "count:2", "count:1", "count:2"][..], vec![Unknown, NotReset, Unknown, NotReset]),
            (&["count:1", "count:2 counter_reset_hint:reset", "count:3"], vec![Unknown, Unknown, NotReset]),
            (&["count:2 counter_reset_hint:not_reset", "count:1 counter_reset_hint:not_reset"], vec![Unknown, Unknown]),
            (&["counter_reset_hint:gauge", "counter_reset_hint:gauge", "count:1"], vec![Gauge, Gauge, Unknown]),
            (&["count:1", "schema:1 count:1"], vec![Unknown, Unknown]),
            (&["schema:-53 custom_values:[1]", "schema:-53 custom_values:[2]"], vec![Unknown, Unknown]),
        ] {
            assert_eq!(hints_after(as_stored, texts), expected, "{texts:?}");
        }
        let mut stale = vec![Histogram::default(), Histogram::stale(), Histogram::default()];
        stale[0].count = 1.0;
        let mut samples: Vec<_> = stale
            .into_iter()
            .map(|h| HistogramSample { t: Default::default(), start: Default::default(), h: Arc::new(h) })
            .collect();
        as_stored(&mut samples);
        let hints: Vec<_> = samples.iter().map(|s| s.h.reset_hint).collect();
        assert_eq!(hints, [Unknown, NotReset, Unknown]);
    }

    #[test]
    fn watched_hints_tell_of_every_reset() {
        use ResetHint::{Gauge, NotReset, Reset, Unknown};
        for (texts, expected) in [
            (&["count:1", "count:2", "count:1", "count:2"][..], vec![Unknown, NotReset, Reset, NotReset]),
            (&["count:1", "count:0 counter_reset_hint:not_reset"], vec![Unknown, NotReset]),
            (&["count:1", "count:0 counter_reset_hint:gauge"], vec![Unknown, Gauge]),
        ] {
            assert_eq!(hints_after(as_watched, texts), expected, "{texts:?}");
        }
    }
}

//! What is done to samples before anything looks at them.

use std::sync::Arc;

use aio_series::histogram::detect_reset;
use aio_types::{Histogram, HistogramSample, ResetHint, Samples, is_stale};

use crate::column::histogram_size;

/// How many samples these are, as budgets count them.
pub(crate) fn size_of(samples: &Samples) -> usize {
    samples.floats.len() + samples.histograms.iter().map(|s| histogram_size(&s.h)).sum::<usize>()
}

/// Removes stale markers.
pub(super) fn remove_stale(samples: &mut Samples) {
    if samples.floats.iter().any(|s| is_stale(s.v)) {
        if !samples.starts.is_empty() {
            let mut floats = samples.floats.iter();
            samples.starts.retain(|_| floats.next().is_none_or(|s| !is_stale(s.v)));
        }
        samples.floats.retain(|s| !is_stale(s.v));
    }
    samples.histograms.retain(|s| !s.h.is_stale());
}

/// Leaves sums and counts alone, and says what the buckets told about resets.
pub(super) fn remove_buckets(histograms: &mut [HistogramSample]) {
    let mut previous: Option<Arc<Histogram>> = None;
    for sample in histograms.iter_mut() {
        let full = Arc::clone(&sample.h);
        let stats = Histogram {
            schema: full.schema,
            count: full.count,
            sum: full.sum,
            reset_hint: hint(&full, previous.as_deref()),
            ..Histogram::default()
        };
        sample.h = Arc::new(stats);
        if !full.is_stale() {
            previous = Some(full);
        }
    }
}

fn hint(h: &Histogram, previous: Option<&Histogram>) -> ResetHint {
    match previous {
        Some(previous) if h.reset_hint == ResetHint::Unknown && !h.is_stale() => {
            if detect_reset(previous, h) {
                ResetHint::Reset
            } else {
                ResetHint::NotReset
            }
        }
        _ => h.reset_hint,
    }
}

#[cfg(test)]
mod tests {
    use aio_types::{Sample, TimestampMs, stale_nan};

    use super::*;

    #[test]
    fn stale_markers_go_with_their_start_times() {
        let mut samples = Samples::default();
        for (t, v) in [(1, 1.0), (2, stale_nan()), (3, 3.0)] {
            samples.push_float(Sample { t: TimestampMs(t), v }, TimestampMs(10 + t));
        }
        let h = |h| HistogramSample { t: TimestampMs(4), start: TimestampMs(0), h: Arc::new(h) };
        samples.histograms = vec![h(Histogram::stale()), h(Histogram::default())];
        remove_stale(&mut samples);
        assert_eq!(samples.starts, [TimestampMs(11), TimestampMs(13)]);
        assert_eq!((samples.floats.len(), samples.histograms.len()), (2, 1));
    }

    #[test]
    fn resets_are_told_before_buckets_go() {
        let h = |count| {
            let h = Histogram { count, zero_count: count, ..Histogram::default() };
            HistogramSample { t: TimestampMs(0), start: TimestampMs(0), h: Arc::new(h) }
        };
        let mut samples = [h(3.0), h(4.0), h(1.0)];
        remove_buckets(&mut samples);
        let hints = samples.each_ref().map(|s| s.h.reset_hint);
        assert_eq!(hints, [ResetHint::Unknown, ResetHint::NotReset, ResetHint::Reset]);
        assert_eq!(samples[2].h.zero_count, 0.0);
    }
}

//! How much something grew.

use aio_types::{Sample, TimestampMs};

use super::{Frame, RangeFunction};
use crate::sum::count;

fn seconds(from: TimestampMs, to: TimestampMs) -> f64 {
    TimestampMs(to.0.saturating_sub(from.0)).as_secs_f64()
}

/// Increase over the window, extrapolated to its edges as Prometheus 3 does (`extrapolatedRate`): to an edge that is
/// nearer than 1.1 average intervals, else by half an interval; a counter is not extended below zero.
pub(super) fn extrapolated(function: RangeFunction, frame: Frame<'_>) -> Option<f64> {
    let [first, .., last] = frame.samples else { return None };
    let is_counter = function != RangeFunction::Delta;
    let mut increase = last.v - first.v;
    if is_counter {
        for pair in frame.samples.windows(2).filter(|w| w[1].v < w[0].v) {
            increase += pair[0].v;
        }
    }
    let mut to_start = seconds(frame.start, first.t);
    let mut to_end = seconds(last.t, frame.end);
    let sampled = seconds(first.t, last.t);
    let average_gap = sampled / count(frame.samples.len() - 1);
    let threshold = average_gap * 1.1;
    if to_start >= threshold {
        to_start = average_gap / 2.0;
    }
    if is_counter && increase > 0.0 && first.v >= 0.0 {
        to_start = to_start.min(sampled * (first.v / increase));
    }
    if to_end >= threshold {
        to_end = average_gap / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    if function == RangeFunction::Rate {
        factor /= seconds(frame.start, frame.end);
    }
    Some(increase * factor)
}

pub(super) fn last_two(function: RangeFunction, samples: &[Sample]) -> Option<f64> {
    let [.., previous, last] = samples else { return None };
    if function == RangeFunction::Idelta {
        return Some(last.v - previous.v);
    }
    let increase = if last.v < previous.v { last.v } else { last.v - previous.v };
    Some(increase / seconds(previous.t, last.t))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(function: RangeFunction, points: &[(i64, f64)], expected: Option<f64>) {
        let samples: Vec<_> = points.iter().map(|&(s, v)| Sample { t: TimestampMs(s * 1000), v }).collect();
        let (start, end) = (TimestampMs(0), TimestampMs(60_000));
        let got = super::super::apply(function, Frame { samples: &samples, start, end, now: end }, None);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(got.zip(expected).is_some_and(|(a, b)| close(a, b)) || got == expected, "{function:?} {got:?}");
    }

    #[test]
    fn growth_is_extrapolated_to_near_edges_and_counters_not_below_zero() {
        use RangeFunction as F;
        let regular = [(10, 100.0), (25, 115.0), (40, 130.0), (55, 145.0)];
        check(F::Increase, &regular, Some(60.0));
        check(F::Rate, &regular, Some(1.0));
        check(F::Delta, &regular, Some(60.0));
        // The counter stood at zero two seconds before its first sample.
        check(F::Increase, &[(10, 2.0), (25, 17.0), (40, 32.0), (55, 47.0)], Some(52.0));
        // A reset adds what was there before.
        check(F::Increase, &[(0, 10.0), (30, 4.0), (60, 7.0)], Some(7.0));
        // Far edges are extended by half a gap.
        check(F::Delta, &[(30, 0.0), (35, 5.0)], Some(10.0));
        check(F::Rate, &[(30, 1.0)], None);
        check(F::Irate, &[(30, 9.0), (40, 3.0)], Some(0.3));
        check(F::Idelta, &[(30, 9.0), (40, 3.0)], Some(-6.0));
    }
}

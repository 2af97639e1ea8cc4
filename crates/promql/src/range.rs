//! Functions of the samples in a window `(start, end]`.

use aio_types::{Sample, TimestampMs};

use crate::plan::RangeFunction;

/// One value for one window, or nothing. `start` and `end` bound the window; stale markers are gone already.
pub(crate) fn apply(
    function: RangeFunction,
    samples: &[Sample],
    start: TimestampMs,
    end: TimestampMs,
    quantile: Option<f64>,
) -> Option<f64> {
    use RangeFunction as F;
    let (first, last) = (samples.first()?, samples.last()?);
    let values = samples.iter().map(|s| s.v);
    Some(match function {
        F::Rate | F::Increase | F::Delta => return extrapolated(function, samples, start, end),
        F::Irate | F::Idelta => return last_two(function, samples),
        F::Sum => kahan_sum(values),
        F::Avg => average(values),
        F::Min => values.fold(first.v, |a, b| if b < a || a.is_nan() { b } else { a }),
        F::Max => values.fold(first.v, |a, b| if b > a || a.is_nan() { b } else { a }),
        F::Count => count(samples.len()),
        F::Last => last.v,
        F::Present => 1.0,
        F::Changes => {
            let changed = |w: &&[Sample]| w[0].v != w[1].v && !(w[0].v.is_nan() && w[1].v.is_nan());
            count(samples.windows(2).filter(changed).count())
        }
        F::Resets => count(samples.windows(2).filter(|w| w[1].v < w[0].v).count()),
        F::Quantile => crate::aggregate::quantile(quantile?, values.collect()),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) fn count(n: usize) -> f64 {
    n as f64
}

/// Kahan-Neumaier summation, as Prometheus sums.
pub(crate) fn kahan_sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut compensation) = (0.0_f64, 0.0_f64);
    for v in values {
        let next = sum + v;
        if next.is_infinite() {
            compensation = 0.0;
        } else if sum.abs() >= v.abs() {
            compensation += (sum - next) + v;
        } else {
            compensation += (v - next) + sum;
        }
        sum = next;
    }
    sum + compensation
}

pub(crate) fn average(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let n = count(values.len());
    let sum = kahan_sum(values.clone());
    if sum.is_finite() || values.clone().any(|v| !v.is_finite()) {
        return sum / n;
    }
    // The sum overflowed although no value is infinite.
    values.map(|v| v / n).sum()
}

/// Increase over the window, extrapolated to its edges as Prometheus 3 does (`extrapolatedRate`): to an edge that is
/// nearer than 1.1 average intervals, else by half an interval; a counter is not extended below zero.
fn extrapolated(function: RangeFunction, samples: &[Sample], start: TimestampMs, end: TimestampMs) -> Option<f64> {
    let [first, .., last] = samples else { return None };
    let is_counter = function != RangeFunction::Delta;
    let mut increase = last.v - first.v;
    if is_counter {
        increase += samples.windows(2).filter(|w| w[1].v < w[0].v).map(|w| w[0].v).sum::<f64>();
    }
    let mut to_start = first.t.as_secs_f64() - start.as_secs_f64();
    let mut to_end = end.as_secs_f64() - last.t.as_secs_f64();
    let sampled = last.t.as_secs_f64() - first.t.as_secs_f64();
    let average_gap = sampled / count(samples.len() - 1);
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
        factor /= end.as_secs_f64() - start.as_secs_f64();
    }
    Some(increase * factor)
}

fn last_two(function: RangeFunction, samples: &[Sample]) -> Option<f64> {
    let [.., previous, last] = samples else { return None };
    if function == RangeFunction::Idelta {
        return Some(last.v - previous.v);
    }
    let increase = if last.v < previous.v { last.v } else { last.v - previous.v };
    Some(increase / (last.t.as_secs_f64() - previous.t.as_secs_f64()))
}

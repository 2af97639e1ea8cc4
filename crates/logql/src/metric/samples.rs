//! Unwrapped values, and functions over windows of them.

use aio_series::numeric::quantile_of;

use super::{Grid, Values};
use crate::parse::ast::RangeOp;
use crate::plan::Window;

/// Values of one series.
#[derive(Debug, Default)]
pub(super) struct Samples(Vec<(i64, f64)>);

impl Samples {
    /// Adds a value and says how many that makes.
    pub(super) fn add(&mut self, ts: i64, value: f64) -> usize {
        self.0.push((ts, value));
        1
    }

    pub(super) fn values(mut self, grid: &Grid, window: &Window) -> Values {
        // Stable: values of one moment stay in the order they came in.
        self.0.sort_by_key(|(ts, _)| *ts);
        let (mut from, mut to) = (0, 0);
        let mut buffer = Vec::new();
        let value = |i: usize| {
            let end = grid.at(i).0;
            let start = end.saturating_sub(window.range_ns);
            to += self.0[to..].iter().take_while(|(ts, _)| *ts <= end).count();
            from += self.0[from..to].iter().take_while(|(ts, _)| *ts <= start).count();
            let samples = &self.0[from..to];
            (!samples.is_empty()).then(|| over(samples, window, &mut buffer))
        };
        (0..grid.len()).map(value).collect()
    }
}

/// The function over some samples.
fn over(samples: &[(i64, f64)], window: &Window, buffer: &mut Vec<f64>) -> f64 {
    let values = samples.iter().map(|(_, v)| *v);
    #[expect(clippy::cast_precision_loss, reason = "rates are per float second")]
    let seconds = window.range_ns as f64 / 1e9;
    match window.op {
        RangeOp::Sum => values.sum(),
        RangeOp::Rate => values.sum::<f64>() / seconds,
        RangeOp::RateCounter => rate_counter(samples, seconds),
        RangeOp::Avg => mean(values),
        RangeOp::Min => values.fold(f64::NAN, |least, v| if v < least || least.is_nan() { v } else { least }),
        RangeOp::Max => values.fold(f64::NAN, |most, v| if v > most || most.is_nan() { v } else { most }),
        RangeOp::Stdvar => variance(values),
        RangeOp::Stddev => variance(values).sqrt(),
        RangeOp::First => samples.first().map_or(f64::NAN, |(_, v)| *v),
        RangeOp::Last => samples.last().map_or(f64::NAN, |(_, v)| *v),
        RangeOp::Quantile => {
            buffer.clear();
            buffer.extend(values);
            quantile_of(window.quantile, buffer)
        }
        RangeOp::Count | RangeOp::Bytes | RangeOp::BytesRate | RangeOp::Absent => f64::NAN,
    }
}

/// One value after the other, so that sums do not overflow; an infinity stays one.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut mean, mut count) = (0.0_f64, 0.0);
    for v in values {
        count += 1.0;
        if mean.is_infinite() {
            if v.is_infinite() && (mean > 0.0) == (v > 0.0) {
                continue;
            }
            if v.is_finite() {
                continue;
            }
        }
        mean += v / count - mean / count;
    }
    mean
}

/// By Welford.
fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for v in values {
        count += 1.0;
        let delta = v - mean;
        mean += delta / count;
        squares += delta * (v - mean);
    }
    squares / count
}

/// Growth per second, as Loki 3.7 has it: Prometheus' extrapolation, but towards a start that lies as many milliseconds
/// in front of the first sample as the window has, where samples are told apart by nanoseconds. What comes to it is
/// hardly more than the growth between the samples.
fn rate_counter(samples: &[(i64, f64)], seconds: f64) -> f64 {
    let ([(first_ts, first), ..], [.., (last_ts, last)]) = (samples, samples) else { return 0.0 };
    if samples.len() < 2 {
        return 0.0;
    }
    let resets = samples.windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[0].1);
    let growth = last - first + resets.sum::<f64>();
    #[expect(clippy::cast_precision_loss, reason = "what Loki does")]
    let (sampled, between) = ((last_ts - first_ts) as f64 / 1000.0, (samples.len() - 1) as f64);
    let average = sampled / between;
    let mut to_start = seconds;
    if growth > 0.0 && *first >= 0.0 {
        to_start = to_start.min(sampled * (first / growth));
    }
    let threshold = average * 1.1;
    let reach = |distance: f64| if distance < threshold { distance } else { average / 2.0 };
    growth * ((sampled + reach(to_start) + reach(0.0)) / sampled) / seconds
}

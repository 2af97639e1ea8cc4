//! Functions of the samples in a window `(start, end]`.

mod counter;
mod regression;

use aio_types::{Sample, TimestampMs};

use crate::sum::{average, count, kahan_sum, variance};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeFunction {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Deriv,
    PredictLinear,
    Sum,
    Avg,
    Min,
    Max,
    Count,
    First,
    Last,
    Present,
    Stddev,
    Stdvar,
    Changes,
    Resets,
    Quantile,
}

impl RangeFunction {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rate" => Self::Rate,
            "increase" => Self::Increase,
            "delta" => Self::Delta,
            "irate" => Self::Irate,
            "idelta" => Self::Idelta,
            "deriv" => Self::Deriv,
            "predict_linear" => Self::PredictLinear,
            "sum_over_time" => Self::Sum,
            "avg_over_time" => Self::Avg,
            "min_over_time" => Self::Min,
            "max_over_time" => Self::Max,
            "count_over_time" => Self::Count,
            "first_over_time" => Self::First,
            "last_over_time" => Self::Last,
            "present_over_time" => Self::Present,
            "stddev_over_time" => Self::Stddev,
            "stdvar_over_time" => Self::Stdvar,
            "changes" => Self::Changes,
            "resets" => Self::Resets,
            "quantile_over_time" => Self::Quantile,
            _ => return None,
        })
    }

    /// Whether the answer is a sample as it was, name and all.
    pub(crate) fn keeps_name(self) -> bool {
        matches!(self, Self::First | Self::Last)
    }

    /// Whether it makes sense for counters alone, and assumes one.
    pub(crate) fn wants_counter(self) -> bool {
        matches!(self, Self::Rate | Self::Increase)
    }
}

/// One window of one series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// Ascending, without stale markers.
    pub(crate) samples: &'a [Sample],
    pub(crate) start: TimestampMs,
    pub(crate) end: TimestampMs,
    /// When the query is evaluated, which an offset or `@` does not move.
    pub(crate) now: TimestampMs,
}

/// One value for one window, or nothing.
pub(crate) fn apply(function: RangeFunction, frame: Frame<'_>, param: Option<f64>) -> Option<f64> {
    use RangeFunction as F;
    let samples = frame.samples;
    let (first, last) = (samples.first()?, samples.last()?);
    let values = samples.iter().map(|s| s.v);
    Some(match function {
        F::Rate | F::Increase | F::Delta => return counter::extrapolated(function, frame),
        F::Irate | F::Idelta => return counter::last_two(function, samples),
        F::Deriv => return regression::deriv(samples),
        F::PredictLinear => return regression::predict(samples, frame.now, param?),
        F::Sum => kahan_sum(values),
        F::Avg => average(values),
        F::Min => values.fold(first.v, |a, b| if b < a || a.is_nan() { b } else { a }),
        F::Max => values.fold(first.v, |a, b| if b > a || a.is_nan() { b } else { a }),
        F::Count => count(samples.len()),
        F::First => first.v,
        F::Last => last.v,
        F::Present => 1.0,
        F::Stddev => variance(values).sqrt(),
        F::Stdvar => variance(values),
        F::Changes => {
            let changed = |w: &&[Sample]| w[0].v != w[1].v && !(w[0].v.is_nan() && w[1].v.is_nan());
            count(samples.windows(2).filter(changed).count())
        }
        F::Resets => count(samples.windows(2).filter(|w| w[1].v < w[0].v).count()),
        F::Quantile => crate::aggregate::quantile(param?, values.collect()),
    })
}

//! Functions that look at the floats of a window and leave histograms out.

use aio_series::numeric;
use aio_types::{Sample, TimestampMs};

use super::Frame;
use crate::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FloatFunction {
    Min,
    Max,
    TsOfMin,
    TsOfMax,
    Stddev,
    Stdvar,
    Mad,
    Quantile,
    Deriv,
    PredictLinear,
    Smoothing,
}

impl FloatFunction {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "min_over_time" => Self::Min,
            "max_over_time" => Self::Max,
            "ts_of_min_over_time" => Self::TsOfMin,
            "ts_of_max_over_time" => Self::TsOfMax,
            "stddev_over_time" => Self::Stddev,
            "stdvar_over_time" => Self::Stdvar,
            "mad_over_time" => Self::Mad,
            "quantile_over_time" => Self::Quantile,
            "deriv" => Self::Deriv,
            "predict_linear" => Self::PredictLinear,
            "double_exponential_smoothing" => Self::Smoothing,
            _ => return None,
        })
    }

    /// What the floats come to; nothing where there are too few.
    ///
    /// # Errors
    /// For parameters that make no sense.
    pub(super) fn apply(self, frame: &Frame<'_>, params: &[f64]) -> Result<Option<f64>, Error> {
        let floats = frame.window.floats;
        let Some(first) = floats.first() else {
            return if self == Self::Smoothing { check_factors(params).map(|()| None) } else { Ok(None) };
        };
        let values = || floats.iter().map(|s| s.v);
        let param = |index: usize| params.get(index).copied().unwrap_or(f64::NAN);
        Ok(match self {
            Self::Min => Some(values().fold(first.v, |a, b| if b < a || a.is_nan() { b } else { a })),
            Self::Max => Some(values().fold(first.v, |a, b| if b > a || a.is_nan() { b } else { a })),
            Self::TsOfMin => Some(time_of(floats, *first, |v, extreme| v <= extreme)),
            Self::TsOfMax => Some(time_of(floats, *first, |v, extreme| v >= extreme)),
            Self::Stddev => Some(numeric::variance(values()).sqrt()),
            Self::Stdvar => Some(numeric::variance(values())),
            Self::Mad => Some(numeric::median_absolute_deviation(&mut values().collect::<Vec<_>>())),
            Self::Quantile => Some(numeric::quantile(param(0), values().collect())),
            Self::Deriv => numeric::derivative(floats),
            Self::PredictLinear => numeric::predict(floats, frame.now, param(0)),
            Self::Smoothing => {
                check_factors(params)?;
                numeric::double_exponential_smoothing(values(), param(0), param(1))
            }
        })
    }
}

/// When the last of the extreme values was taken.
fn time_of(floats: &[Sample], first: Sample, is_extreme: impl Fn(f64, f64) -> bool) -> f64 {
    let later = |best: Sample, s: &Sample| if is_extreme(s.v, best.v) || best.v.is_nan() { *s } else { best };
    TimestampMs::as_secs_f64(floats.iter().fold(first, later).t)
}

fn check_factors(params: &[f64]) -> Result<(), Error> {
    for (factor, name, symbol) in
        params.iter().zip(["smoothing", "trend"]).zip(["sf", "tf"]).map(|((f, n), s)| (f, n, s))
    {
        if *factor <= 0.0 || *factor >= 1.0 {
            let why = format!("invalid {name} factor. Expected: 0 < {symbol} < 1, got: {factor:.6}");
            return Err(Error::Execution(why));
        }
    }
    Ok(())
}

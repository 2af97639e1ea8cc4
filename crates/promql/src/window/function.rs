//! The functions of windows.

use aio_series::growth::{self, Extension, Growth};
use aio_series::{Remark, Remarks};

use super::{Frame, averages, edges, floats};
use crate::Error;
use crate::column::Point;
use crate::parse;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowFunction {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Changes,
    Resets,
    Sum,
    Avg,
    Count,
    Present,
    First,
    Last,
    TsOfFirst,
    TsOfLast,
    /// Of the floats alone.
    OfFloats(floats::FloatFunction),
}

impl WindowFunction {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rate" => Self::Rate,
            "increase" => Self::Increase,
            "delta" => Self::Delta,
            "irate" => Self::Irate,
            "idelta" => Self::Idelta,
            "changes" => Self::Changes,
            "resets" => Self::Resets,
            "sum_over_time" => Self::Sum,
            "avg_over_time" => Self::Avg,
            "count_over_time" => Self::Count,
            "present_over_time" => Self::Present,
            "first_over_time" => Self::First,
            "last_over_time" => Self::Last,
            "ts_of_first_over_time" => Self::TsOfFirst,
            "ts_of_last_over_time" => Self::TsOfLast,
            _ => Self::OfFloats(floats::FloatFunction::named(name)?),
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

    /// What to compute of how much a series grew, if that is it.
    pub(super) fn growth(self) -> Option<Growth> {
        match self {
            Self::Rate => Some(Growth::Rate),
            Self::Increase => Some(Growth::Increase),
            Self::Delta => Some(Growth::Delta),
            _ => None,
        }
    }

    /// Whether start times tell of resets.
    pub(crate) fn uses_starts(self) -> bool {
        matches!(self, Self::Rate | Self::Increase | Self::Irate | Self::Resets)
    }

    /// The quantile among the parameters.
    pub(crate) fn quantile(self, params: &[f64]) -> Option<f64> {
        (self == Self::OfFloats(floats::FloatFunction::Quantile)).then(|| params.first().copied()).flatten()
    }
}

/// A value, or none, and what there is to tell.
pub(super) type Told = (Point, Remarks);

impl WindowFunction {
    /// What a window that is not empty comes to.
    ///
    /// # Errors
    /// For parameters that make no sense.
    pub(super) fn apply(
        self,
        frame: &Frame<'_>,
        params: &[f64],
        extension: Option<parse::Extension>,
    ) -> Result<Told, Error> {
        let window = &frame.window;
        let anchored = extension == Some(parse::Extension::Anchored);
        Ok(match self {
            Self::Rate => grown(frame, Growth::Rate, extension),
            Self::Increase => grown(frame, Growth::Increase, extension),
            Self::Delta => grown(frame, Growth::Delta, extension),
            Self::Irate => told(growth::last_two(window, growth::Instant::Rate)),
            Self::Idelta => told(growth::last_two(window, growth::Instant::Delta)),
            Self::Changes => quiet(growth::changes(window, anchored)),
            Self::Resets => quiet(growth::resets(window, anchored)),
            Self::Sum => averages::sum(window),
            Self::Avg => averages::average(window),
            Self::Count => quiet(Some(edges::count(window))),
            Self::Present => quiet(Some(1.0)),
            Self::First => (edges::first(window), Remarks::NONE),
            Self::Last => (edges::last(window), Remarks::NONE),
            Self::TsOfFirst => quiet(edges::time_of_first(window)),
            Self::TsOfLast => quiet(edges::time_of_last(window)),
            Self::OfFloats(function) => {
                let value = function.apply(frame, params)?;
                let ignored = !window.histograms.is_empty() && !window.floats.is_empty();
                (value.into(), if ignored { Remark::HistogramsIgnored.into() } else { Remarks::NONE })
            }
        })
    }
}

fn grown(frame: &Frame<'_>, growth: Growth, extension: Option<parse::Extension>) -> Told {
    told(match extension {
        None => growth::extrapolated(&frame.window, growth),
        Some(parse::Extension::Anchored) => growth::extended(&frame.window, growth, Extension::Anchored),
        Some(parse::Extension::Smoothed) => growth::extended(&frame.window, growth, Extension::Smoothed),
    })
}

fn quiet(value: Option<f64>) -> Told {
    (value.into(), Remarks::NONE)
}

pub(crate) fn told(outcome: growth::Outcome) -> Told {
    let point = match outcome.value {
        None => Point::Absent,
        Some(growth::Value::Float(v)) => Point::Float(v),
        Some(growth::Value::Histogram(h)) => Point::Histogram(h.into()),
    };
    (point, outcome.remarks)
}

//! Operators between a number and each value of series.

use super::{Series, Values};
use crate::plan::Join;

/// What the operator makes of two values; `kept` is what a comparison that holds leaves.
pub(super) fn value(join: &Join, left: f64, right: f64, kept: f64) -> Option<f64> {
    match join.op.comparison() {
        Some(op) if !join.is_bool => op.holds(left, right).then_some(kept),
        _ => Some(join.op.apply(left, right)),
    }
}

pub(super) fn with_left(join: &Join, left: f64, series: Series) -> Series {
    each(series, |v| value(join, left, v, v))
}

pub(super) fn with_right(join: &Join, series: Series, right: f64) -> Series {
    each(series, |v| value(join, v, right, v))
}

fn each(series: Series, value: impl Fn(f64) -> Option<f64>) -> Series {
    let values = |values: Values| values.into_iter().map(|v| v.and_then(&value)).collect();
    series.into_iter().map(|(labels, v)| (labels, values(v))).collect()
}

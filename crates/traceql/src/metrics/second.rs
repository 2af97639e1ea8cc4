//! Numbers against a constant.

use super::Series;
use crate::ast::{ArithmeticOp, CompareOp, Static};

/// Numbers that compare so; durations count in seconds.
#[expect(clippy::cast_precision_loss, reason = "durations are told in seconds")]
pub(super) fn filter(mut series: Vec<Series>, op: CompareOp, with: &Static) -> Vec<Series> {
    let with = match with {
        Static::Duration(ns) => *ns as f64 / 1e9,
        with => with.number().unwrap_or(f64::NAN),
    };
    let holds = |value: f64| !value.is_nan() && op.holds(value.partial_cmp(&with));
    for series in &mut series {
        series.values.iter_mut().filter(|value| !holds(**value)).for_each(|value| *value = f64::NAN);
        series.exemplars.retain(|exemplar| exemplar.value.is_nan() || holds(exemplar.value));
    }
    series.retain(|series| series.values.iter().any(|value| !value.is_nan()));
    series
}

pub(super) fn scalar(mut series: Vec<Series>, op: ArithmeticOp, with: f64, is_left: bool) -> Vec<Series> {
    let one = |value: f64| if is_left { apply(op, with, value) } else { apply(op, value, with) };
    for series in &mut series {
        series.values.iter_mut().for_each(|value| *value = one(*value));
        series.exemplars.iter_mut().for_each(|exemplar| exemplar.value = one(exemplar.value));
    }
    series
}

/// What is divided by zero is no number.
pub(super) fn apply(op: ArithmeticOp, left: f64, right: f64) -> f64 {
    match op {
        ArithmeticOp::Add => left + right,
        ArithmeticOp::Subtract => left - right,
        ArithmeticOp::Multiply => left * right,
        ArithmeticOp::Divide if right != 0.0 => left / right,
        ArithmeticOp::Divide | ArithmeticOp::Modulo | ArithmeticOp::Power => f64::NAN,
    }
}

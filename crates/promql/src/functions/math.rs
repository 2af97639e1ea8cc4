//! Functions of single values.

use std::f64::consts::PI;

use crate::Error;
use crate::column::{ABSENT, is_absent};
use crate::eval::Context;
use crate::plan::Plan;
use crate::row::Row;

#[derive(Debug, Clone, Copy)]
pub(crate) enum MathFunction {
    /// One value to one value.
    Simple(fn(f64) -> f64),
    Round,
    Clamp,
    ClampMin,
    ClampMax,
}

impl MathFunction {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "round" => Self::Round,
            "clamp" => Self::Clamp,
            "clamp_min" => Self::ClampMin,
            "clamp_max" => Self::ClampMax,
            _ => Self::Simple(simple(name).or_else(|| trigonometric(name))?),
        })
    }
}

fn simple(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "exp" => f64::exp,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sqrt" => f64::sqrt,
        "sgn" => sign,
        "deg" => |v| v * 180.0 / PI,
        "rad" => |v| v * PI / 180.0,
        _ => return None,
    })
}

fn trigonometric(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "acos" => f64::acos,
        "acosh" => f64::acosh,
        "asin" => f64::asin,
        "asinh" => f64::asinh,
        "atan" => f64::atan,
        "atanh" => f64::atanh,
        "cos" => f64::cos,
        "cosh" => f64::cosh,
        "sin" => f64::sin,
        "sinh" => f64::sinh,
        "tan" => f64::tan,
        "tanh" => f64::tanh,
        _ => return None,
    })
}

impl Context<'_> {
    pub(crate) fn math(&self, function: MathFunction, input: &Plan, params: &[Plan]) -> Result<Vec<Row>, Error> {
        let mut rows = self.rows(input)?;
        let params = params.iter().map(|p| self.scalars(p)).collect::<Result<Vec<_>, _>>()?;
        for row in &mut rows {
            match function {
                MathFunction::Simple(f) => row.column.map_floats(f),
                _ => {
                    row.column.map_floats(|v| v);
                    with_params(function, row.column.floats_mut(), &params);
                }
            }
        }
        self.without_name(rows)
    }
}

fn with_params(function: MathFunction, values: &mut [f64], params: &[Vec<f64>]) {
    let param = |i: usize, step: usize, default: f64| params.get(i).map_or(default, |values| values[step]);
    for (step, v) in values.iter_mut().enumerate().filter(|(_, v)| !is_absent(**v)) {
        *v = match function {
            MathFunction::Simple(f) => f(*v),
            MathFunction::Round => round(*v, param(0, step, 1.0)),
            MathFunction::Clamp => clamp(*v, param(0, step, f64::NAN), param(1, step, f64::NAN)),
            MathFunction::ClampMin => clamp(*v, param(0, step, f64::NAN), f64::INFINITY),
            MathFunction::ClampMax => clamp(*v, f64::NEG_INFINITY, param(0, step, f64::NAN)),
        };
    }
}

fn sign(v: f64) -> f64 {
    if v > 0.0 {
        1.0
    } else if v < 0.0 {
        -1.0
    } else {
        v
    }
}

/// Half up, to a multiple of `nearest`.
fn round(v: f64, nearest: f64) -> f64 {
    let inverse = 1.0 / nearest;
    (v * inverse + 0.5).floor() / inverse
}

/// Nothing where the bounds leave no room.
fn clamp(v: f64, low: f64, high: f64) -> f64 {
    if high < low { ABSENT } else { larger(low, smaller(high, v)) }
}

/// The larger: infinity if either is, else NaN if either is. 0 is above -0.
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == b && a.is_sign_negative() {
        b
    } else {
        a.max(b)
    }
}

/// The smaller: negative infinity if either is, else NaN if either is. -0 is below 0.
pub(super) fn smaller(a: f64, b: f64) -> f64 {
    if a == f64::NEG_INFINITY || b == f64::NEG_INFINITY {
        f64::NEG_INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == b && a.is_sign_negative() {
        a
    } else {
        b.min(a)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_up_and_clamping_may_leave_nothing() {
        assert_eq!([round(2.5, 1.0), round(-2.5, 1.0), round(7.0, 5.0)], [3.0, -2.0, 5.0]);
        assert!(is_absent(clamp(1.0, 2.0, 1.0)));
        assert_eq!(clamp(5.0, 2.0, 3.0), 3.0);
        assert!(clamp(-0.0, 0.0, 3.0).is_sign_positive() && clamp(0.0, -1.0, -0.0).is_sign_negative());
        let nan = clamp(5.0, f64::NAN, 3.0);
        assert!(nan.is_nan() && !is_absent(nan));
        assert!(sign(f64::NAN).is_nan() && sign(-0.0).is_sign_negative());
    }

    #[test]
    fn extremes_are_nan_if_a_side_is() {
        assert!(larger(f64::NAN, 1.0).is_nan() && smaller(1.0, f64::NAN).is_nan());
        assert_eq!([larger(1.0, 2.0), smaller(1.0, 2.0)], [2.0, 1.0]);
    }
}

//! Functions of single values.

use crate::Error;
use crate::eval::{Context, Grown, Row, map_rows, merged};
use crate::plan::Plan;

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
        let simple: fn(f64) -> f64 = match name {
            "round" => return Some(Self::Round),
            "clamp" => return Some(Self::Clamp),
            "clamp_min" => return Some(Self::ClampMin),
            "clamp_max" => return Some(Self::ClampMax),
            "abs" => f64::abs,
            "ceil" => f64::ceil,
            "floor" => f64::floor,
            "exp" => f64::exp,
            "ln" => f64::ln,
            "log2" => f64::log2,
            "log10" => f64::log10,
            "sqrt" => f64::sqrt,
            "sgn" => sgn,
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
            "deg" => |v| v * 180.0 / std::f64::consts::PI,
            "rad" => |v| v * std::f64::consts::PI / 180.0,
            _ => return None,
        };
        Some(Self::Simple(simple))
    }
}

pub(crate) fn eval(context: &Context<'_>, function: MathFunction, args: &[Plan]) -> Result<Grown, Error> {
    let what = "function argument";
    let [input, params @ ..] = args else { return Err(Error::Parse(format!("parse error: missing {what}"))) };
    let rows = context.eval(input)?.vector(what)?;
    let params = params.iter().map(|p| context.eval(p)?.scalar(what)).collect::<Result<Vec<_>, _>>()?;
    let param = |i: usize, step: usize| params.get(i).map(|values| values[step]);
    use MathFunction as F;
    Ok(Grown::Vector(match function {
        F::Simple(f) => map_rows(rows, f)?,
        F::Round => per_step(rows, |v, i| Some(round(v, param(0, i).unwrap_or(1.0))))?,
        F::Clamp => per_step(rows, |v, i| clamp(v, param(0, i), param(1, i)))?,
        F::ClampMin => per_step(rows, |v, i| clamp(v, param(0, i), Some(f64::INFINITY)))?,
        F::ClampMax => per_step(rows, |v, i| clamp(v, Some(f64::NEG_INFINITY), param(0, i)))?,
    }))
}

fn sgn(v: f64) -> f64 {
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

fn clamp(v: f64, low: Option<f64>, high: Option<f64>) -> Option<f64> {
    let (low, high) = (low?, high?);
    if low > high {
        return None;
    }
    if low.is_nan() || high.is_nan() || v.is_nan() {
        return Some(f64::NAN);
    }
    Some(larger(low, smaller(high, v)))
}

/// As `f64::max`, with 0 above -0.
fn larger(a: f64, b: f64) -> f64 {
    if a == b && a.is_sign_negative() { b } else { a.max(b) }
}

/// As `f64::min`, with -0 below 0.
fn smaller(a: f64, b: f64) -> f64 {
    if a == b && a.is_sign_negative() { a } else { b.min(a) }
}

fn per_step(mut rows: Vec<Row>, f: impl Fn(f64, usize) -> Option<f64>) -> Result<Vec<Row>, Error> {
    for row in &mut rows {
        row.labels = row.labels.without_metric_name();
        for (i, value) in row.values.iter_mut().enumerate() {
            *value = value.and_then(|v| f(v, i));
        }
    }
    rows.retain(Row::has_any);
    merged(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_up_and_clamping_may_leave_nothing() {
        assert_eq!([round(2.5, 1.0), round(-2.5, 1.0), round(7.0, 5.0)], [3.0, -2.0, 5.0]);
        assert_eq!(clamp(1.0, Some(2.0), Some(1.0)), None);
        assert_eq!(clamp(5.0, Some(2.0), Some(3.0)), Some(3.0));
        assert!(clamp(-0.0, Some(0.0), Some(3.0)).is_some_and(f64::is_sign_positive));
        assert!(clamp(0.0, Some(-1.0), Some(-0.0)).is_some_and(f64::is_sign_negative));
        assert!(clamp(5.0, Some(f64::NAN), Some(3.0)).is_some_and(f64::is_nan));
        assert!(sgn(f64::NAN).is_nan() && sgn(-0.0).is_sign_negative());
    }
}

//! Functions of instant vectors and scalars.

use aio_types::Labels;

use crate::Error;
use crate::eval::{Context, Grown, Row, map_rows, unique, without_name};
use crate::plan::{MathFunction, Plan};

pub(crate) fn math(context: &Context<'_>, function: MathFunction, args: &[Plan]) -> Result<Grown, Error> {
    let what = "function argument";
    let [input, params @ ..] = args else { return Err(Error::Parse(format!("parse error: missing {what}"))) };
    let rows = context.eval(input)?.vector(what)?;
    let params = params.iter().map(|p| context.eval(p)?.scalar(what)).collect::<Result<Vec<_>, _>>()?;
    let param = |i: usize, step: usize| params.get(i).map(|values| values[step]);
    use MathFunction as F;
    let simple: fn(f64) -> f64 = match function {
        F::Abs => f64::abs,
        F::Ceil => f64::ceil,
        F::Floor => f64::floor,
        F::Exp => f64::exp,
        F::Ln => f64::ln,
        F::Log2 => f64::log2,
        F::Log10 => f64::log10,
        F::Sqrt => f64::sqrt,
        F::Sgn => sgn,
        F::Round => return per_step(rows, |v, i| Some(round(v, param(0, i).unwrap_or(1.0)))),
        F::Clamp => return per_step(rows, |v, i| clamp(v, param(0, i), param(1, i))),
        F::ClampMin => return per_step(rows, |v, i| clamp(v, param(0, i), Some(f64::INFINITY))),
        F::ClampMax => return per_step(rows, |v, i| clamp(v, Some(f64::NEG_INFINITY), param(0, i))),
    };
    Ok(Grown::Vector(map_rows(rows, simple)?))
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
    Some(v.min(high).max(low))
}

fn per_step(mut rows: Vec<Row>, f: impl Fn(f64, usize) -> Option<f64>) -> Result<Grown, Error> {
    for row in &mut rows {
        for (i, value) in row.values.iter_mut().enumerate() {
            *value = value.and_then(|v| f(v, i));
        }
    }
    rows.retain(|row| row.values.iter().any(Option::is_some));
    Ok(Grown::Vector(without_name(rows)?))
}

/// The one element of each step, or NaN.
pub(crate) fn scalar(rows: &[Row], steps: usize) -> Vec<f64> {
    let at = |i: usize| {
        let mut present = rows.iter().filter_map(|row| row.values[i]);
        match (present.next(), present.next()) {
            (Some(v), None) => v,
            _ => f64::NAN,
        }
    };
    (0..steps).map(at).collect()
}

/// 1 at the steps where nothing is.
pub(crate) fn absent(rows: &[Row], labels: &Labels, steps: usize) -> Vec<Row> {
    let at = |i: usize| rows.iter().all(|row| row.values[i].is_none()).then_some(1.0);
    let values: Vec<_> = (0..steps).map(at).collect();
    if values.iter().all(Option::is_none) {
        return Vec::new();
    }
    vec![Row { labels: labels.clone(), values }]
}

pub(crate) fn label_replace(
    mut rows: Vec<Row>,
    target: &str,
    replacement: &str,
    source: &str,
    pattern: &regex::Regex,
) -> Result<Vec<Row>, Error> {
    for row in &mut rows {
        let Some(captures) = pattern.captures(row.labels.get(source)) else { continue };
        let mut value = String::new();
        captures.expand(replacement, &mut value);
        let mut builder = row.labels.to_builder();
        builder.push(target, value);
        row.labels = builder.build();
    }
    unique(rows)
}

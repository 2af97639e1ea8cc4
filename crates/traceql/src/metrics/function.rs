//! What a series keeps of its spans until it is told.

use std::collections::BTreeMap;

use crate::ast::{Field, FieldExpr, Function, Static};
use crate::eval::{Expr, Trace, Value};

/// What a function looks at in a span.
#[derive(Debug)]
pub(super) enum Observed {
    /// That it is there.
    Nothing,
    /// A number; durations in seconds.
    Number(Expr),
    /// The power of two a number is below.
    Bucket(Expr),
}

impl Observed {
    pub(super) fn new(function: &Function) -> Self {
        let expr = |field: &Field| Expr::new(&FieldExpr::Field(field.clone()));
        match function {
            Function::Rate | Function::Count | Function::Compare { .. } => Self::Nothing,
            Function::Min(of) | Function::Max(of) | Function::Sum(of) | Function::Avg(of) => Self::Number(expr(of)),
            Function::Quantile(of, _) | Function::Histogram(of) => Self::Bucket(expr(of)),
        }
    }

    /// `None` for spans that do not count.
    pub(super) fn of(&self, trace: &Trace<'_>, at: usize) -> Option<f64> {
        match self {
            Self::Nothing => Some(0.0),
            Self::Number(expr) => plain(&expr.value(trace, at)),
            Self::Bucket(expr) => bucket(&expr.value(trace, at)),
        }
    }

    /// The value an exemplar is told with; NaN where it has that of its series.
    pub(super) fn of_exemplar(&self, trace: &Trace<'_>, at: usize) -> f64 {
        match self {
            Self::Nothing => f64::NAN,
            Self::Number(expr) | Self::Bucket(expr) => plain(&expr.value(trace, at)).unwrap_or(f64::NAN),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "durations are told in seconds")]
fn plain(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Duration(ns) => Some(*ns as f64 / 1e9),
        value => value.number().filter(|n| !n.is_nan()),
    }
}

/// The smallest power of two that is not below a whole number or the nanoseconds of a duration, these in seconds. What is less
/// than 2, and floats, have none.
#[expect(clippy::cast_precision_loss, reason = "powers of two are exact")]
fn bucket(value: &Value<'_>) -> Option<f64> {
    let (number, unit) = match value {
        Value::Int(n) => (*n, 1.0),
        Value::Duration(ns) => (*ns, 1e9),
        _ => return None,
    };
    let number = u64::try_from(number).ok().filter(|n| *n >= 2)?;
    Some(number.next_power_of_two() as f64 / unit)
}

/// One series while spans come in.
#[derive(Debug, Clone)]
pub(super) enum Cells {
    Count(Vec<f64>),
    Min(Vec<f64>),
    Max(Vec<f64>),
    Sum(Vec<f64>),
    /// Mean and count.
    Avg(Vec<(f64, f64)>),
    /// Counts by bucket.
    Quantile(Vec<BTreeMap<u64, u64>>),
}

impl Cells {
    pub(super) fn new(function: &Function, len: usize) -> Self {
        match function {
            Function::Rate | Function::Count | Function::Histogram(_) | Function::Compare { .. } => {
                Self::Count(vec![0.0; len])
            }
            Function::Min(_) => Self::Min(vec![f64::NAN; len]),
            Function::Max(_) => Self::Max(vec![f64::NAN; len]),
            Function::Sum(_) => Self::Sum(vec![f64::NAN; len]),
            Function::Avg(_) => Self::Avg(vec![(0.0, 0.0); len]),
            Function::Quantile(..) => Self::Quantile(vec![BTreeMap::new(); len]),
        }
    }

    pub(super) fn add(&mut self, place: usize, value: f64) {
        // NaN loses against any number.
        match self {
            Self::Count(cells) => cells[place] += 1.0,
            Self::Min(cells) => cells[place] = cells[place].min(value),
            Self::Max(cells) => cells[place] = cells[place].max(value),
            Self::Sum(cells) if cells[place].is_nan() => cells[place] = value,
            Self::Sum(cells) => cells[place] += value,
            Self::Avg(cells) => {
                let (mean, count) = &mut cells[place];
                *count += 1.0;
                *mean += value / *count - *mean / *count;
            }
            // Buckets are positive, so that their bits are in their order.
            Self::Quantile(cells) => *cells[place].entry(value.to_bits()).or_default() += 1,
        }
    }

    /// Numbers of each series this comes to, with the label that tells it from the others.
    pub(super) fn finish(self, function: &Function, step_seconds: f64) -> Vec<(Option<Static>, Vec<f64>)> {
        match self {
            Self::Count(cells) if *function == Function::Rate => {
                vec![(None, cells.into_iter().map(|count| count / step_seconds).collect())]
            }
            Self::Count(cells) | Self::Min(cells) | Self::Max(cells) | Self::Sum(cells) => vec![(None, cells)],
            Self::Avg(cells) => {
                let mean = |(mean, count): (f64, f64)| if count > 0.0 { mean } else { f64::NAN };
                vec![(None, cells.into_iter().map(mean).collect())]
            }
            Self::Quantile(cells) => {
                let Function::Quantile(_, quantiles) = function else { return Vec::new() };
                let one =
                    |q: &f64| (Some(Static::Float(*q)), cells.iter().map(|buckets| quantile(*q, buckets)).collect());
                quantiles.iter().map(one).collect()
            }
        }
    }
}

/// Tempo's way: so many samples, rounded up; the largest value of a bucket that ends with them, else in between by powers.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of spans in memory"
)]
fn quantile(q: f64, buckets: &BTreeMap<u64, u64>) -> f64 {
    let all: u64 = buckets.values().sum();
    let wanted = ((q * all as f64).ceil() as u64).max(1);
    let (mut seen, mut before) = (0, None);
    for (bits, count) in buckets {
        let top = f64::from_bits(*bits);
        if seen + count == wanted {
            return top;
        }
        if seen + count > wanted {
            let part = (wanted - seen) as f64 / *count as f64;
            let bottom: f64 = before.unwrap_or(top / 2.0);
            return bottom * (top / bottom).powf(part);
        }
        seen += count;
        before = Some(top);
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_powers_of_two() {
        for (value, want) in [
            (Value::Int(1), None),
            (Value::Int(2), Some(2.0)),
            (Value::Int(3), Some(4.0)),
            (Value::Int(-5), None),
            (Value::Duration(1 << 30), Some(1.073_741_824)),
            (Value::Float(8.0), None),
        ] {
            assert_eq!(bucket(&value), want, "{value:?}");
        }
    }

    #[test]
    fn quantiles_lie_between_powers() {
        let buckets = BTreeMap::from([(4.0_f64.to_bits(), 2), (16.0_f64.to_bits(), 2)]);
        for (q, want) in [(0.0, 2.0 * 2.0_f64.sqrt()), (0.5, 4.0), (0.75, 8.0), (1.0, 16.0)] {
            assert!((quantile(q, &buckets) - want).abs() < 1e-9, "{q}: {}", quantile(q, &buckets));
        }
        assert_eq!(quantile(0.5, &BTreeMap::new()), 0.0);
    }
}

//! Spans to a number.

use super::{Expr, Spanset, Trace, Value};
use crate::ast::{Aggregate, AggregateOp, CompareOp, Static};

#[derive(Debug)]
pub(super) struct Aggregated {
    op: AggregateOp,
    of: Option<Expr>,
    /// As a result tells it.
    name: String,
}

impl Aggregated {
    pub(super) fn new(of: &Aggregate) -> Self {
        Self { op: of.op, of: of.of.as_ref().map(Expr::new), name: of.to_string() }
    }

    /// The set with its number, if that compares so. Spans without a number are left out; a set of only such has none.
    pub(super) fn filter(&self, trace: &Trace<'_>, set: Spanset, op: CompareOp, with: &Static) -> Option<Spanset> {
        let number = self.number(trace, &set)?;
        if !Value::of(&number).compare(op, &Value::of(with)) {
            return None;
        }
        let mut set = set;
        set.attributes.push((self.name.clone(), number));
        Some(set)
    }

    fn number(&self, trace: &Trace<'_>, set: &Spanset) -> Option<Static> {
        let Some(of) = &self.of else { return Some(Static::Int(i64::try_from(set.spans.len()).unwrap_or(i64::MAX))) };
        let numbers: Vec<Static> = set
            .spans
            .iter()
            .filter_map(|at| of.value(trace, *at).to_static())
            .filter(|value| value.number().is_some_and(|number| !number.is_nan()))
            .collect();
        let first = numbers.first()?;
        Some(match self.op {
            AggregateOp::Count => Static::Int(i64::try_from(numbers.len()).unwrap_or(i64::MAX)),
            AggregateOp::Min => numbers.iter().fold(first, |a, b| pick(a, b, CompareOp::Less)).clone(),
            AggregateOp::Max => numbers.iter().fold(first, |a, b| pick(a, b, CompareOp::Greater)).clone(),
            AggregateOp::Sum => sum(&numbers),
            AggregateOp::Avg => mean(&numbers),
        })
    }
}

fn pick<'a>(best: &'a Static, next: &'a Static, op: CompareOp) -> &'a Static {
    if Value::of(next).compare(op, &Value::of(best)) { next } else { best }
}

/// Whole where all are, a duration where all are, else a float.
fn sum(numbers: &[Static]) -> Static {
    let whole = |n: &Static| if let Static::Int(n) = n { Some(*n) } else { None };
    let duration = |n: &Static| if let Static::Duration(n) = n { Some(*n) } else { None };
    let add = |all: Option<Vec<i64>>| all.map(|all| all.into_iter().fold(0, i64::saturating_add));
    if let Some(sum) = add(numbers.iter().map(whole).collect()) {
        return Static::Int(sum);
    }
    if let Some(sum) = add(numbers.iter().map(duration).collect()) {
        return Static::Duration(sum);
    }
    Static::Float(numbers.iter().filter_map(Static::number).sum())
}

#[expect(clippy::cast_precision_loss, reason = "a count of spans in memory")]
fn mean(numbers: &[Static]) -> Static {
    match sum(numbers) {
        Static::Duration(ns) => Static::Duration(ns / i64::try_from(numbers.len()).unwrap_or(i64::MAX)),
        sum => Static::Float(sum.number().unwrap_or(f64::NAN) / numbers.len() as f64),
    }
}

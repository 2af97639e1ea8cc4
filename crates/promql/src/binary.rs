//! Binary operators between scalars and vectors; what joins two vectors is in `join`.

use std::collections::HashMap;

use aio_types::{Labels, METRIC_NAME};

use crate::eval::{Context, Grown, Row, merged, without_name};
use crate::plan::{BinaryOp, MatchLabels, Matching};
use crate::{Error, join};

pub(crate) fn eval(
    context: &Context<'_>,
    op: BinaryOp,
    left: Grown,
    right: Grown,
    matching: &Matching,
    return_bool: bool,
) -> Result<Grown, Error> {
    Ok(match (left, right) {
        (Grown::Scalar(l), Grown::Scalar(r)) => {
            if op.is_set() || (op.is_comparison() && !return_bool) {
                return Err(Error::Parse("parse error: comparisons between scalars must use BOOL modifier".to_owned()));
            }
            Grown::Scalar(l.iter().zip(&r).map(|(l, r)| compute(op, *l, *r)).collect())
        }
        (Grown::Vector(rows), Grown::Scalar(values)) => {
            Grown::Vector(with_scalar(op, rows, return_bool, |v, i| (v, values[i]))?)
        }
        (Grown::Scalar(values), Grown::Vector(rows)) => {
            Grown::Vector(with_scalar(op, rows, return_bool, |v, i| (values[i], v))?)
        }
        (Grown::Vector(l), Grown::Vector(r)) if op.is_set() => {
            Grown::Vector(set(op, l, r, &matching.labels, context.grid.steps)?)
        }
        (Grown::Vector(l), Grown::Vector(r)) => Grown::Vector(join::eval(context, op, &l, &r, matching, return_bool)?),
        _ => {
            return Err(Error::Parse(
                "parse error: binary expression must contain only scalar and instant vector types".to_owned(),
            ));
        }
    })
}

pub(crate) fn compute(op: BinaryOp, l: f64, r: f64) -> f64 {
    let truth = |b: bool| f64::from(u8::from(b));
    match op {
        BinaryOp::Add => l + r,
        BinaryOp::Sub => l - r,
        BinaryOp::Mul => l * r,
        BinaryOp::Div => l / r,
        BinaryOp::Mod => l % r,
        BinaryOp::Pow => l.powf(r),
        BinaryOp::Atan2 => l.atan2(r),
        BinaryOp::Equal => truth(l == r),
        BinaryOp::NotEqual => truth(l != r),
        BinaryOp::Greater => truth(l > r),
        BinaryOp::Less => truth(l < r),
        BinaryOp::GreaterEqual => truth(l >= r),
        BinaryOp::LessEqual => truth(l <= r),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Unless => f64::NAN,
    }
}

/// `pair` puts the element and the scalar of a step in order. A filter keeps the element's value.
fn with_scalar(
    op: BinaryOp,
    mut rows: Vec<Row>,
    return_bool: bool,
    pair: impl Fn(f64, usize) -> (f64, f64),
) -> Result<Vec<Row>, Error> {
    if op.is_set() {
        return Err(Error::Parse("parse error: set operators work between vectors only".to_owned()));
    }
    let filters = op.is_comparison() && !return_bool;
    for row in &mut rows {
        for (i, value) in row.values.iter_mut().enumerate() {
            let Some(v) = *value else { continue };
            let (l, r) = pair(v, i);
            let result = compute(op, l, r);
            *value = if filters { (result == 1.0).then_some(v) } else { Some(result) };
        }
    }
    rows.retain(Row::has_any);
    if filters { Ok(rows) } else { without_name(rows) }
}

/// The labels two sides are compared by.
pub(crate) fn signature(labels: &Labels, matching: &MatchLabels) -> Labels {
    match matching {
        MatchLabels::On(names) => labels.filter(|n| names.iter().any(|on| on == n)),
        MatchLabels::Ignoring(names) => labels.filter(|n| n != METRIC_NAME && !names.iter().any(|i| i == n)),
    }
}

/// At which steps each signature occurs.
fn presence(rows: &[Row], matching: &MatchLabels, steps: usize) -> HashMap<Labels, Vec<bool>> {
    let mut present: HashMap<Labels, Vec<bool>> = HashMap::new();
    for row in rows {
        let at = present.entry(signature(&row.labels, matching)).or_insert_with(|| vec![false; steps]);
        at.iter_mut().zip(&row.values).for_each(|(p, v)| *p |= v.is_some());
    }
    present
}

/// What of `rows` stands at steps where the other side has the same signature, or has it not.
fn keep(mut rows: Vec<Row>, other: &HashMap<Labels, Vec<bool>>, matching: &MatchLabels, wanted: bool) -> Vec<Row> {
    for row in &mut rows {
        let at = other.get(&signature(&row.labels, matching));
        for (i, value) in row.values.iter_mut().enumerate() {
            if at.is_some_and(|at| at[i]) != wanted {
                *value = None;
            }
        }
    }
    rows.retain(Row::has_any);
    rows
}

fn set(
    op: BinaryOp,
    mut left: Vec<Row>,
    right: Vec<Row>,
    matching: &MatchLabels,
    steps: usize,
) -> Result<Vec<Row>, Error> {
    match op {
        BinaryOp::And => Ok(keep(left, &presence(&right, matching, steps), matching, true)),
        BinaryOp::Unless => Ok(keep(left, &presence(&right, matching, steps), matching, false)),
        _ => {
            let taken = presence(&left, matching, steps);
            left.append(&mut keep(right, &taken, matching, false));
            // A series may come from the left at some steps and from the right at others: one row each.
            merged(left)
        }
    }
}

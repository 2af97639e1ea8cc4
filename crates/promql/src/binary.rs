//! Binary operators between scalars and vectors; vectors are joined one to one.

use std::collections::{BTreeMap, HashMap, HashSet};

use aio_types::{Labels, METRIC_NAME};

use crate::Error;
use crate::error::duplicate_labels;
use crate::eval::{Context, Grown, Row, without_name};
use crate::plan::{BinaryOp, Matching};

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
            Grown::Vector(set(op, l, r, matching, context.grid.steps))
        }
        (Grown::Vector(l), Grown::Vector(r)) => Grown::Vector(join(context, op, &l, &r, matching, return_bool)?),
        _ => {
            return Err(Error::Parse(
                "parse error: binary expression must contain only scalar and instant vector types".to_owned(),
            ));
        }
    })
}

fn compute(op: BinaryOp, l: f64, r: f64) -> f64 {
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
    rows.retain(|row| row.values.iter().any(Option::is_some));
    if filters { Ok(rows) } else { without_name(rows) }
}

fn signature(labels: &Labels, matching: &Matching) -> Labels {
    match matching {
        Matching::On(names) => labels.filter(|n| names.iter().any(|on| on == n)),
        Matching::Ignoring(names) => labels.filter(|n| n != METRIC_NAME && !names.iter().any(|i| i == n)),
    }
}

fn set(op: BinaryOp, left: Vec<Row>, right: Vec<Row>, matching: &Matching, steps: usize) -> Vec<Row> {
    let presence = |rows: &[Row]| {
        let mut present: HashMap<Labels, Vec<bool>> = HashMap::new();
        for row in rows {
            let at = present.entry(signature(&row.labels, matching)).or_insert_with(|| vec![false; steps]);
            at.iter_mut().zip(&row.values).for_each(|(p, v)| *p |= v.is_some());
        }
        present
    };
    let keep = |mut rows: Vec<Row>, other: &HashMap<Labels, Vec<bool>>, wanted: bool| {
        for row in &mut rows {
            let at = other.get(&signature(&row.labels, matching));
            for (i, value) in row.values.iter_mut().enumerate() {
                if at.is_some_and(|at| at[i]) != wanted {
                    *value = None;
                }
            }
        }
        rows.retain(|row| row.values.iter().any(Option::is_some));
        rows
    };
    match op {
        BinaryOp::And => keep(left, &presence(&right), true),
        BinaryOp::Unless => keep(left, &presence(&right), false),
        _ => {
            let mut rest = keep(right, &presence(&left), false);
            let mut out = left;
            // A series may come from the left at some steps and from the right at others: one row each.
            for row in &mut out {
                if let Some(at) = rest.iter().position(|r| r.labels == row.labels) {
                    let other = rest.swap_remove(at);
                    row.values.iter_mut().zip(other.values).for_each(|(v, o)| *v = v.or(o));
                }
            }
            out.append(&mut rest);
            out
        }
    }
}

fn by_signature<'a>(rows: &'a [Row], matching: &Matching) -> HashMap<Labels, Vec<&'a Row>> {
    let mut groups: HashMap<Labels, Vec<&Row>> = HashMap::new();
    for row in rows {
        groups.entry(signature(&row.labels, matching)).or_default().push(row);
    }
    groups
}

/// The one row of a group that has a value at a step.
fn only<'a>(rows: &[&'a Row], step: usize) -> Result<Option<(&'a Row, f64)>, (&'a Row, &'a Row)> {
    let mut present = rows.iter().filter_map(|row| Some((*row, row.values[step]?)));
    match (present.next(), present.next()) {
        (first, None) => Ok(first),
        (Some((a, _)), Some((b, _))) => Err((a, b)),
        (None, Some(_)) => Ok(None),
    }
}

fn join(
    context: &Context<'_>,
    op: BinaryOp,
    left: &[Row],
    right: &[Row],
    matching: &Matching,
    return_bool: bool,
) -> Result<Vec<Row>, Error> {
    let filters = op.is_comparison() && !return_bool;
    let steps = context.grid.steps;
    let (lefts, rights) = (by_signature(left, matching), by_signature(right, matching));
    let mut out: BTreeMap<Labels, Vec<Option<f64>>> = BTreeMap::new();
    let mut taken: HashSet<(Labels, usize)> = HashSet::new();
    for (group, candidates) in &rights {
        context.check()?;
        for step in 0..steps {
            let one = only(candidates, step).map_err(|(a, b)| many_to_many(group, a, b))?;
            let Some(members) = lefts.get(group) else { continue };
            let Some((_, r)) = one else { continue };
            let many = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)";
            let member = only(members, step).map_err(|_| Error::Execution(many.to_owned()))?;
            let Some((row, l)) = member else { continue };
            let result = compute(op, l, r);
            let value = if filters { (result == 1.0).then_some(l) } else { Some(result) };
            let Some(value) = value else { continue };
            let labels = result_labels(&row.labels, matching, filters);
            if !taken.insert((labels.clone(), step)) {
                return Err(duplicate_labels());
            }
            out.entry(labels).or_insert_with(|| vec![None; steps])[step] = Some(value);
        }
    }
    Ok(out.into_iter().map(|(labels, values)| Row { labels, values }).collect())
}

fn many_to_many(group: &Labels, a: &Row, b: &Row) -> Error {
    let (a, b) = if a.labels <= b.labels { (a, b) } else { (b, a) };
    Error::Execution(format!(
        "found duplicate series for the match group {group} on the right hand-side of the operation: [{}, {}];\
         many-to-many matching not allowed: matching labels must be unique on one side",
        a.labels, b.labels
    ))
}

/// Filters keep the name (and with `on` only the listed labels); everything else drops it.
fn result_labels(labels: &Labels, matching: &Matching, filters: bool) -> Labels {
    let labels = if filters { labels.clone() } else { labels.without_metric_name() };
    match matching {
        Matching::On(names) => labels.filter(|n| names.iter().any(|on| on == n)),
        Matching::Ignoring(names) => labels.filter(|n| !names.iter().any(|i| i == n)),
    }
}

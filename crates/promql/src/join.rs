//! Operators between two vectors, joined one to one or many to one.

use std::collections::HashMap;

use aio_types::Labels;

use crate::Error;
use crate::binary::{compute, signature};
use crate::error::duplicate_labels;
use crate::eval::{Context, Row};
use crate::plan::{BinaryOp, Cardinality, MatchLabels, Matching};

const MANY_TO_ONE: &str = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)";
const NOT_UNIQUE: &str = "multiple matches for labels: grouping labels must ensure unique matches";

pub(crate) fn eval(
    context: &Context<'_>,
    op: BinaryOp,
    left: &[Row],
    right: &[Row],
    matching: &Matching,
    return_bool: bool,
) -> Result<Vec<Row>, Error> {
    let swapped = matches!(matching.cardinality, Cardinality::OneToMany(_));
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let ones = by_signature(one, &matching.labels);
    for (group, candidates) in &ones {
        context.check()?;
        no_twins(group, candidates, swapped, context.grid.steps)?;
    }
    let mut join = Join { op, matching, filters: op.is_comparison() && !return_bool, swapped, out: Output::default() };
    for (group, members) in by_signature(many, &matching.labels) {
        context.check()?;
        if let Some(candidates) = ones.get(&group) {
            join.group(&members, candidates, context.grid.steps)?;
        }
    }
    let mut rows = join.out.rows;
    rows.retain(Row::has_any);
    Ok(rows)
}

fn by_signature<'a>(rows: &'a [Row], matching: &MatchLabels) -> HashMap<Labels, Vec<&'a Row>> {
    let mut groups: HashMap<Labels, Vec<&Row>> = HashMap::new();
    for row in rows {
        groups.entry(signature(&row.labels, matching)).or_default().push(row);
    }
    groups
}

/// The one side may have one element of a signature at a step, whether or not the other side has any.
fn no_twins(group: &Labels, rows: &[&Row], swapped: bool, steps: usize) -> Result<(), Error> {
    let [_, _, ..] = rows else { return Ok(()) };
    for step in 0..steps {
        let mut present = rows.iter().filter(|row| row.values[step].is_some());
        if let (Some(a), Some(b)) = (present.next(), present.next()) {
            let (a, b) = if a.labels <= b.labels { (a, b) } else { (b, a) };
            let side = if swapped { "left" } else { "right" };
            return Err(Error::Execution(format!(
                "found duplicate series for the match group {group} on the {side} hand-side of the operation: \
                 [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                a.labels, b.labels
            )));
        }
    }
    Ok(())
}

struct Join<'a> {
    op: BinaryOp,
    matching: &'a Matching,
    filters: bool,
    swapped: bool,
    out: Output,
}

/// Rows by their labels, and the steps at which something was matched, kept or filtered out.
#[derive(Default)]
struct Output {
    places: HashMap<Labels, usize>,
    rows: Vec<Row>,
    matched: Vec<Vec<bool>>,
}

impl Output {
    fn place(&mut self, labels: Labels, steps: usize) -> usize {
        let next = self.rows.len();
        let place = *self.places.entry(labels.clone()).or_insert(next);
        if place == next {
            self.rows.push(Row { labels, values: vec![None; steps] });
            self.matched.push(vec![false; steps]);
        }
        place
    }
}

impl Join<'_> {
    /// All pairs of one signature.
    fn group(&mut self, members: &[&Row], candidates: &[&Row], steps: usize) -> Result<(), Error> {
        let one_to_one = matches!(self.matching.cardinality, Cardinality::OneToOne);
        let mut taken = vec![false; if one_to_one { steps } else { 0 }];
        for member in members {
            for candidate in candidates {
                let labels = self.labels(&member.labels, &candidate.labels);
                let place = self.out.place(labels, steps);
                for (step, pair) in member.values.iter().zip(&candidate.values).enumerate() {
                    let (Some(m), Some(c)) = pair else { continue };
                    if one_to_one && std::mem::replace(&mut taken[step], true) {
                        return Err(Error::Execution(MANY_TO_ONE.to_owned()));
                    }
                    if std::mem::replace(&mut self.out.matched[place][step], true) {
                        let twice = || Error::Execution(NOT_UNIQUE.to_owned());
                        return Err(if one_to_one { duplicate_labels() } else { twice() });
                    }
                    self.out.rows[place].values[step] = self.value(*m, *c);
                }
            }
        }
        Ok(())
    }

    fn value(&self, many: f64, one: f64) -> Option<f64> {
        let (l, r) = if self.swapped { (one, many) } else { (many, one) };
        let result = compute(self.op, l, r);
        if self.filters { (result == 1.0).then_some(l) } else { Some(result) }
    }

    /// Filters keep the name; everything else drops it. One to one keeps the labels that were compared, many to one
    /// all of the many side, with the listed ones as the one side has them.
    fn labels(&self, many: &Labels, one: &Labels) -> Labels {
        let kept = if self.filters { many.clone() } else { many.without_metric_name() };
        let include = match &self.matching.cardinality {
            Cardinality::OneToOne => {
                return match &self.matching.labels {
                    MatchLabels::On(names) => kept.filter(|n| names.iter().any(|on| on == n)),
                    MatchLabels::Ignoring(names) => kept.filter(|n| !names.iter().any(|i| i == n)),
                };
            }
            Cardinality::ManyToOne(include) | Cardinality::OneToMany(include) => include,
        };
        let mut builder = kept.to_builder();
        for name in include {
            // An empty value removes the label.
            builder.push(&**name, one.get(name));
        }
        builder.build()
    }
}

//! Arithmetic and comparison between series that meet.

use std::collections::BTreeMap;

use aio_types::Labels;

use super::element;
use super::{Series, Values};
use crate::error::Error;
use crate::parse::ast::{Many, Matching};
use crate::plan::Join;

/// The labels by which series meet.
pub(super) fn meeting(labels: &Labels, matching: &Matching) -> Labels {
    labels.filter(|name| matching.labels.iter().any(|l| l == name) == matching.on)
}

/// Series of both sides that meet.
#[derive(Default)]
struct Group {
    many: Vec<(Labels, Values)>,
    one: Vec<(Labels, Values)>,
}

/// Joins series. What occurs twice where it must not is an error at the first step where it does.
pub(super) fn join(join: &Join, left: Series, right: Series, steps: usize) -> Result<Series, Error> {
    let is_swapped = join.matching.many == Many::Right;
    let (many, one) = if is_swapped { (right, left) } else { (left, right) };
    let mut groups: BTreeMap<Labels, Group> = BTreeMap::new();
    for (labels, values) in many {
        groups.entry(meeting(&labels, &join.matching)).or_default().many.push((labels, values));
    }
    for (labels, values) in one {
        groups.entry(meeting(&labels, &join.matching)).or_default().one.push((labels, values));
    }
    let mut out = Series::new();
    for group in groups.into_values() {
        for step in 0..steps {
            at_step(join, &group, step, steps, &mut out)?;
        }
    }
    Ok(out)
}

fn at_step(join: &Join, group: &Group, step: usize, steps: usize, out: &mut Series) -> Result<(), Error> {
    let matching = &join.matching;
    let mut ones = group.one.iter().filter_map(|(labels, values)| Some((labels, values[step]?)));
    let Some((one_labels, one)) = ones.next() else { return Ok(()) };
    if ones.next().is_some() {
        let side = if matching.many == Many::Right { "left" } else { "right" };
        return Err(Error::Matching(format!(
            "found duplicate series on the {side} hand-side;many-to-many matching not allowed: matching labels must be \
             unique on one side"
        )));
    }
    let mut made: Vec<Labels> = Vec::new();
    for (labels, values) in &group.many {
        let Some(many) = values[step] else { continue };
        if matching.many == Many::None && !made.is_empty() {
            return Err(Error::Matching(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                    .to_owned(),
            ));
        }
        let result = result_labels(labels, one_labels, matching);
        if made.contains(&result) {
            return Err(Error::Matching(
                "multiple matches for labels: grouping labels must ensure unique matches".to_owned(),
            ));
        }
        let (left, right) = if matching.many == Many::Right { (one, many) } else { (many, one) };
        if let Some(value) = element::value(join, left, right, left) {
            out.entry(result.clone()).or_insert_with(|| vec![None; steps])[step] = Some(value);
        }
        made.push(result);
    }
    Ok(())
}

fn result_labels(many: &Labels, one: &Labels, matching: &Matching) -> Labels {
    if matching.many == Many::None {
        return meeting(many, matching);
    }
    if matching.include.is_empty() {
        return many.clone();
    }
    let mut labels = many.to_builder();
    for name in &matching.include {
        labels.push(name.as_str(), one.get(name));
    }
    labels.build()
}

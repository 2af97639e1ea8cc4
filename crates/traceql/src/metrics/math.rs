//! Two sets of series, those with equal labels together. One without labels goes with all.

use std::collections::HashMap;

use super::second::apply;
use super::{Exemplar, Series, group};
use crate::ast::{ArithmeticOp, Static};

const NAME: &str = "__name__";

pub(super) fn math(op: ArithmeticOp, left: &[Series], right: &[Series]) -> Vec<Series> {
    let (on_left, on_right) = (by_key(left), by_key(right));
    let target = if on_right.contains_key("") { left } else { right };
    let pair = |series: &Series| {
        let key = key(series);
        let find = |of: &HashMap<String, &'_ Series>| {
            of.get(&key).map(|series| (false, (*series).clone())).or_else(|| of.get("").map(|s| (true, (*s).clone())))
        };
        let ((left_is_bare, left), (right_is_bare, right)) = (find(&on_left)?, find(&on_right)?);
        let exemplars = match (left_is_bare, right_is_bare) {
            (true, false) => right.exemplars.clone(),
            (false, true) => left.exemplars.clone(),
            _ => [left.exemplars.clone(), right.exemplars.clone()].concat(),
        };
        let values = left.values.iter().zip(&right.values).map(|(a, b)| apply(op, *a, *b)).collect();
        let of_result = |exemplar: Exemplar| Exemplar { value: f64::NAN, ..exemplar };
        let exemplars = exemplars.into_iter().map(of_result).collect();
        Some(Series { labels: merged(op, &left.labels, &right.labels), values, exemplars })
    };
    target.iter().filter_map(pair).collect()
}

fn by_key(series: &[Series]) -> HashMap<String, &Series> {
    series.iter().map(|series| (key(series), series)).collect()
}

/// Labels but for the name.
fn key(series: &Series) -> String {
    let labels: Vec<_> = series.labels.iter().filter(|(name, _)| name != NAME).cloned().collect();
    group::text(&labels)
}

/// Those of both; the name tells the operation where both have one.
fn merged(op: ArithmeticOp, left: &[(String, Static)], right: &[(String, Static)]) -> Vec<(String, Static)> {
    let name = |of: &[(String, Static)]| of.iter().find(|(name, _)| name == NAME).map(|(_, value)| value.clone());
    let mut out: Vec<_> = left.iter().filter(|(name, _)| name != NAME).cloned().collect();
    for (label, value) in right.iter().filter(|(name, _)| name != NAME) {
        if out.iter().all(|(known, _)| known != label) {
            out.push((label.clone(), value.clone()));
        }
    }
    if let (Some(Static::String(left)), Some(Static::String(right))) = (name(left), name(right)) {
        out.insert(0, (NAME.to_owned(), Static::String(format!("({left} {} {right})", op.text()).into())));
    }
    out
}

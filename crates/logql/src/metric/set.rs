//! `and`, `or` and `unless`, step by step.

use std::collections::BTreeMap;

use aio_types::Labels;

use super::join::meeting;
use super::{Series, Values};
use crate::parse::ast::BinaryOp;
use crate::plan::Join;

/// At which steps some series of a meeting has a value.
type Present = BTreeMap<Labels, Vec<bool>>;

fn present(series: &Series, join: &Join) -> Present {
    let mut out = Present::new();
    for (labels, values) in series {
        let steps = out.entry(meeting(labels, &join.matching)).or_insert_with(|| vec![false; values.len()]);
        steps.iter_mut().zip(values).for_each(|(step, value)| *step |= value.is_some());
    }
    out
}

pub(super) fn join(join: &Join, left: Series, right: Series) -> Series {
    match join.op {
        BinaryOp::And => kept(left, &present(&right, join), join, true),
        BinaryOp::Unless => kept(left, &present(&right, join), join, false),
        _ => {
            let there = present(&left, join);
            let mut out = left;
            for (labels, values) in kept(right, &there, join, false) {
                match out.get_mut(&labels) {
                    Some(of_left) => of_left.iter_mut().zip(values).for_each(|(l, r)| *l = l.or(r)),
                    None => {
                        out.insert(labels, values);
                    }
                }
            }
            out
        }
    }
}

/// The values of steps at which the other side has something, or has nothing.
fn kept(series: Series, other: &Present, join: &Join, wanted: bool) -> Series {
    let keep = |(labels, values): (Labels, Values)| {
        let there = other.get(&meeting(&labels, &join.matching));
        let is_there = |i: usize| there.is_some_and(|steps| steps[i]);
        let values = values.into_iter().enumerate().map(|(i, v)| v.filter(|_| is_there(i) == wanted)).collect();
        (labels, values)
    };
    series.into_iter().map(keep).collect()
}

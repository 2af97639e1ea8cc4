//! Structural operators: by where spans are in the tree of their trace. Spans below a missing parent are a tree as well.

use std::collections::HashMap;

use aio_types::SpanId;

use super::Trace;
use crate::ast::{Relation, Which};

/// The spans of a structural operator's result, ascending. `left` and `right` ascend.
pub(super) fn related(
    trace: &Trace<'_>,
    relation: Relation,
    which: Which,
    left: &[usize],
    right: &[usize],
) -> Vec<usize> {
    let to_left = relating(trace, relation, left);
    match which {
        Which::Right => right.iter().copied().filter(|at| to_left[*at]).collect(),
        Which::Unrelated => right.iter().copied().filter(|at| !to_left[*at]).collect(),
        Which::Both => {
            let to_right = relating(trace, opposite(relation), right);
            let mut both: Vec<usize> = right.iter().copied().filter(|at| to_left[*at]).collect();
            both.extend(left.iter().copied().filter(|at| to_right[*at]));
            both.sort_unstable();
            both.dedup();
            both
        }
    }
}

fn opposite(relation: Relation) -> Relation {
    match relation {
        Relation::Child => Relation::Parent,
        Relation::Parent => Relation::Child,
        Relation::Descendant => Relation::Ancestor,
        Relation::Ancestor => Relation::Descendant,
        Relation::Sibling => Relation::Sibling,
    }
}

/// For each span of the trace whether it is that to one of `to`.
fn relating(trace: &Trace<'_>, relation: Relation, to: &[usize]) -> Vec<bool> {
    let tree = trace.tree();
    let mut is_in = vec![false; trace.spans.len()];
    to.iter().for_each(|at| is_in[*at] = true);
    let mut found = vec![false; trace.spans.len()];
    match relation {
        Relation::Child => {
            for (at, parent) in tree.parents.iter().enumerate() {
                found[at] = parent.is_some_and(|parent| is_in[parent]);
            }
        }
        Relation::Parent => to.iter().filter_map(|at| tree.parents[*at]).for_each(|parent| found[parent] = true),
        Relation::Descendant => {
            for at in &tree.order {
                found[*at] = tree.parents[*at].is_some_and(|parent| is_in[parent] || found[parent]);
            }
        }
        Relation::Ancestor => {
            for at in tree.order.iter().rev().copied() {
                if let Some(parent) = tree.parents[at].filter(|_| is_in[at] || found[at]) {
                    found[parent] = true;
                }
            }
        }
        Relation::Sibling => siblings(trace, to, &is_in, &mut found),
    }
    found
}

/// Roots are siblings of each other, and so are spans whose missing parent is the same.
fn siblings(trace: &Trace<'_>, to: &[usize], is_in: &[bool], found: &mut [bool]) {
    let parents = &trace.tree().parents;
    let above = |at: usize| match parents[at] {
        Some(parent) => (Some(parent), SpanId::default()),
        None => (None, trace.spans[at].parent_span_id),
    };
    let mut counts: HashMap<(Option<usize>, SpanId), usize> = HashMap::new();
    for at in to {
        *counts.entry(above(*at)).or_default() += 1;
    }
    for (at, found) in found.iter_mut().enumerate() {
        *found = counts.get(&above(at)).is_some_and(|count| *count > usize::from(is_in[at]));
    }
}

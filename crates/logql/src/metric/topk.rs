//! `topk` and `bottomk`: at every step those of each group that come first; all labels stay.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use aio_types::Labels;

use super::{Series, grouped};
use crate::parse::ast::Grouping;

pub(super) fn select(k: u32, is_top: bool, grouping: &Grouping, series: Series) -> Series {
    let mut groups: BTreeMap<Labels, Vec<(Labels, super::Values)>> = BTreeMap::new();
    for (labels, values) in series {
        groups.entry(grouped(&labels, grouping)).or_default().push((labels, values));
    }
    let k = usize::try_from(k).unwrap_or(usize::MAX);
    let mut out = Series::new();
    for (_, mut members) in groups {
        let steps = members.first().map_or(0, |(_, values)| values.len());
        for i in 0..steps {
            keep_first(&mut members, i, k, is_top);
        }
        out.extend(members);
    }
    out
}

fn keep_first(members: &mut [(Labels, super::Values)], step: usize, k: usize, is_top: bool) {
    let value = |(at, (_, values)): (usize, &(Labels, super::Values))| Some((at, values[step]?));
    let mut present: Vec<(usize, f64)> = members.iter().enumerate().filter_map(value).collect();
    if present.len() <= k {
        return;
    }
    // Stable: of equal values the first by labels stays. NaN comes last either way.
    present.sort_by(|(_, a), (_, b)| match (a.is_nan(), b.is_nan()) {
        (false, false) if is_top => b.partial_cmp(a).unwrap_or(Ordering::Equal),
        (false, false) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (a, b) => a.cmp(&b),
    });
    for (at, _) in &present[k..] {
        members[*at].1[step] = None;
    }
}

//! Series joined by labels, step by step.

use std::collections::BTreeMap;

use aio_types::Labels;

use super::samples::variance;
use super::{Series, Values, grouped, topk};
use crate::parse::ast::{AggregateOp, Grouping};

/// What series come to. `k` is that of `topk` and its kin.
pub(super) fn aggregate(op: AggregateOp, k: u32, grouping: &Grouping, series: Series) -> Series {
    match op {
        // Series have no order; an instant query gives its answer one.
        AggregateOp::Sort | AggregateOp::SortDesc => series,
        AggregateOp::TopK | AggregateOp::ApproxTopK => topk::select(k, true, grouping, series),
        AggregateOp::BottomK => topk::select(k, false, grouping, series),
        _ => {
            let mut groups: BTreeMap<Labels, Vec<Values>> = BTreeMap::new();
            for (labels, values) in series {
                groups.entry(grouped(&labels, grouping)).or_default().push(values);
            }
            groups.into_iter().map(|(labels, members)| (labels, joined(op, members))).collect()
        }
    }
}

fn joined(op: AggregateOp, mut members: Vec<Values>) -> Values {
    let is_itself = matches!(op, AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Min | AggregateOp::Max);
    if members.len() == 1 && is_itself {
        return members.pop().unwrap_or_default();
    }
    let steps = members.first().map_or(0, Vec::len);
    (0..steps).map(|i| join(op, members.iter().filter_map(|m| m[i]))).collect()
}

fn join(op: AggregateOp, values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let first = values.clone().next()?;
    #[expect(clippy::cast_precision_loss, reason = "results are floats")]
    Some(match op {
        AggregateOp::Count => values.count() as f64,
        AggregateOp::Avg => {
            let mut count = 0.0;
            values.fold(0.0, |mean, v| {
                count += 1.0;
                mean + (v - mean) / count
            })
        }
        AggregateOp::Min => values.fold(first, |least, v| if v < least || least.is_nan() { v } else { least }),
        AggregateOp::Max => values.fold(first, |most, v| if v > most || most.is_nan() { v } else { most }),
        AggregateOp::Stdvar => variance(values),
        AggregateOp::Stddev => variance(values).sqrt(),
        _ => values.sum(),
    })
}

//! Series joined by labels, step by step.

use std::collections::BTreeMap;

use aio_types::Labels;

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
        AggregateOp::Avg => mean(first, values.skip(1)),
        AggregateOp::Min => values.fold(first, |least, v| if v < least || least.is_nan() { v } else { least }),
        AggregateOp::Max => values.fold(first, |most, v| if v > most || most.is_nan() { v } else { most }),
        AggregateOp::Stdvar => variance(first, values.skip(1)),
        AggregateOp::Stddev => variance(first, values.skip(1)).sqrt(),
        _ => values.sum(),
    })
}

/// An infinity stays one, whatever finite values follow.
fn mean(first: f64, others: impl Iterator<Item = f64>) -> f64 {
    let mut count = 1.0;
    others.fold(first, |mean, v| {
        count += 1.0;
        let stays = mean.is_infinite() && (v.is_finite() || v == mean);
        if stays { mean } else { mean + (v - mean) / count }
    })
}

/// By Welford, from the first value on: so one series, even of an infinity, does not vary.
fn variance(first: f64, others: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut mean, mut squares) = (1.0, first, 0.0);
    for v in others {
        count += 1.0;
        let delta = v - mean;
        mean += delta / count;
        squares += delta * (v - mean);
    }
    squares / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinities_are_averaged_and_vary_as_in_loki() {
        use AggregateOp::{Avg, Stddev, Stdvar};
        let inf = f64::INFINITY;
        for (op, values, want) in [
            (Avg, vec![1.0, 2.0, 6.0], 3.0),
            (Avg, vec![inf, 1.0], inf),
            (Avg, vec![1.0, inf, 2.0, inf], inf),
            (Avg, vec![inf, -inf], f64::NAN),
            (Avg, vec![inf, f64::NAN], f64::NAN),
            (Stdvar, vec![inf], 0.0),
            (Stddev, vec![f64::NAN], 0.0),
            (Stdvar, vec![1.0, inf], f64::NAN),
            (Stdvar, vec![1.0, 3.0], 1.0),
            (Stddev, vec![2.0, 6.0], 2.0),
        ] {
            let found = join(op, values.iter().copied()).expect("some");
            assert!(found == want || (found.is_nan() && want.is_nan()), "{op:?} {values:?}: {found}");
        }
        assert_eq!(join(Avg, std::iter::empty()), None);
    }
}

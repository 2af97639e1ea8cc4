//! Aggregations: many series to one per group.

use std::collections::BTreeMap;

use aio_types::{Labels, METRIC_NAME};

use crate::Error;
use crate::eval::Row;
use crate::plan::{AggregateOp, Grouping};
use crate::range::{average, count, kahan_sum};

pub(crate) fn eval(
    op: AggregateOp,
    rows: &[Row],
    param: Option<&[f64]>,
    grouping: &Grouping,
    steps: usize,
) -> Result<Vec<Row>, Error> {
    let mut groups: BTreeMap<Labels, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(group_labels(&row.labels, grouping)).or_default().push(row);
    }
    if matches!(op, AggregateOp::Topk | AggregateOp::Bottomk) {
        return Ok(groups
            .into_values()
            .flat_map(|members| extremes(op, &members, param.unwrap_or_default()))
            .collect());
    }
    let of_group = |(labels, members): (Labels, Vec<&Row>)| {
        let at = |i: usize| {
            let present: Vec<f64> = members.iter().filter_map(|row| row.values[i]).collect();
            (!present.is_empty()).then(|| reduce(op, present, param.map(|p| p[i])))
        };
        Row { labels, values: (0..steps).map(at).collect() }
    };
    Ok(groups.into_iter().map(of_group).collect())
}

fn group_labels(labels: &Labels, grouping: &Grouping) -> Labels {
    match grouping {
        Grouping::By(names) => labels.filter(|n| names.iter().any(|by| by == n)),
        Grouping::Without(names) => labels.filter(|n| n != METRIC_NAME && !names.iter().any(|w| w == n)),
    }
}

fn reduce(op: AggregateOp, values: Vec<f64>, param: Option<f64>) -> f64 {
    use AggregateOp as A;
    let iter = values.iter().copied();
    match op {
        A::Sum => kahan_sum(iter),
        A::Avg => average(iter),
        A::Min => iter.reduce(|a, b| if b < a || a.is_nan() { b } else { a }).unwrap_or(f64::NAN),
        A::Max => iter.reduce(|a, b| if b > a || a.is_nan() { b } else { a }).unwrap_or(f64::NAN),
        A::Count => count(values.len()),
        A::Stdvar => variance(&values),
        A::Stddev => variance(&values).sqrt(),
        A::Quantile => quantile(param.unwrap_or(f64::NAN), values),
        A::Group | A::Topk | A::Bottomk => 1.0,
    }
}

/// Population variance, streaming (Welford).
fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut sum) = (0.0, 0.0);
    for (i, v) in values.iter().enumerate() {
        let delta = v - mean;
        mean += delta / count(i + 1);
        sum += delta * (v - mean);
    }
    sum / count(values.len())
}

/// Linear between ranks; out of range is infinite.
pub(crate) fn quantile(q: f64, mut values: Vec<f64>) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    // NaN sorts lowest.
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())));
    let rank = q * (count(values.len()) - 1.0);
    let weight = rank - rank.floor();
    let at = |rank: f64| values.iter().enumerate().find(|(i, _)| count(*i) >= rank).map_or(f64::NAN, |(_, v)| *v);
    at(rank.floor()) * (1.0 - weight) + at(rank.floor() + 1.0).pipe_nan_to(at(rank.floor())) * weight
}

trait NanTo {
    /// The last rank has no upper neighbour: the value itself stands in, with weight 0.
    fn pipe_nan_to(self, other: f64) -> f64;
}

impl NanTo for f64 {
    fn pipe_nan_to(self, other: f64) -> f64 {
        if self.is_nan() { other } else { self }
    }
}

/// `topk` and `bottomk`: per step, with labels kept; NaN ranks last in both.
fn extremes(op: AggregateOp, members: &[&Row], param: &[f64]) -> Vec<Row> {
    let mut kept: Vec<Row> =
        members.iter().map(|row| Row { labels: row.labels.clone(), values: vec![None; row.values.len()] }).collect();
    for (i, k) in param.iter().enumerate() {
        let mut present: Vec<(usize, f64)> =
            members.iter().enumerate().filter_map(|(m, row)| Some((m, row.values[i]?))).collect();
        present.sort_by(|(_, a), (_, b)| {
            let (a, b) = if op == AggregateOp::Topk { (-a, -b) } else { (*a, *b) };
            a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
        });
        for (rank, (member, v)) in present.into_iter().enumerate() {
            if count(rank + 1) <= *k {
                kept[member].values[i] = Some(v);
            }
        }
    }
    kept.retain(|row| row.values.iter().any(Option::is_some));
    if let [_] = param {
        // An instant query lists its answer by value.
        kept.sort_by(|a, b| {
            let of = |row: &Row| row.values[0].unwrap_or(f64::NAN) * if op == AggregateOp::Topk { -1.0 } else { 1.0 };
            of(a).partial_cmp(&of(b)).unwrap_or_else(|| of(a).is_nan().cmp(&of(b).is_nan()))
        });
    }
    kept
}

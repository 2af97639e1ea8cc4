//! Aggregations: many series to one per group.

use std::collections::BTreeMap;

use aio_types::{Labels, METRIC_NAME};

use crate::Error;
use crate::eval::{Context, Grown, Row};
use crate::plan::{AggregateOp, Grouping};
use crate::sum::{average, count, kahan_sum, variance};

pub(crate) fn eval(
    context: &Context<'_>,
    op: AggregateOp,
    rows: &[Row],
    param: Option<Grown>,
    grouping: &Grouping,
) -> Result<Vec<Row>, Error> {
    let mut groups: BTreeMap<Labels, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(group_labels(&row.labels, grouping)).or_default().push(row);
    }
    if op == AggregateOp::CountValues {
        let Some(Grown::Text(label)) = param else {
            return Err(Error::Parse("parse error: expected type string in aggregation expression".to_owned()));
        };
        return Ok(count_values(&label, groups, context.grid.steps));
    }
    let param = param.map(|p| p.scalar("aggregation parameter")).transpose()?.unwrap_or_default();
    if matches!(op, AggregateOp::Topk | AggregateOp::Bottomk) {
        param.iter().try_for_each(|k| check_k(*k))?;
        return Ok(groups.into_values().flat_map(|members| extremes(op, &members, &param)).collect());
    }
    if op == AggregateOp::Quantile {
        param.iter().for_each(|q| context.query.notes.check_quantile(*q, "quantile"));
    }
    let of_group = |(labels, members): (Labels, Vec<&Row>)| {
        let at = |i: usize| {
            let present: Vec<f64> = members.iter().filter_map(|row| row.values[i]).collect();
            (!present.is_empty()).then(|| reduce(op, present, param.get(i).copied()))
        };
        Row { labels, values: (0..context.grid.steps).map(at).collect() }
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
        A::Stdvar => variance(iter),
        A::Stddev => variance(iter).sqrt(),
        A::Quantile => quantile(param.unwrap_or(f64::NAN), values),
        A::Group | A::Topk | A::Bottomk | A::CountValues => 1.0,
    }
}

/// Linear between ranks; out of range is infinite.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank lies between 0 and the length")]
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
    let lower = (rank.floor() as usize).min(values.len() - 1);
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}

fn check_k(k: f64) -> Result<(), Error> {
    if k.is_nan() {
        return Err(Error::Execution("Parameter value is NaN".to_owned()));
    }
    if k.abs() >= 9_223_372_036_854_775_808.0 {
        return Err(Error::Execution(format!("Scalar value {} overflows int64", crate::format_float(k, true))));
    }
    Ok(())
}

/// `topk` and `bottomk`: per step, with labels kept; NaN ranks last in both.
fn extremes(op: AggregateOp, members: &[&Row], param: &[f64]) -> Vec<Row> {
    let descending = op == AggregateOp::Topk;
    let mut kept: Vec<Row> =
        members.iter().map(|row| Row { labels: row.labels.clone(), values: vec![None; row.values.len()] }).collect();
    for (i, k) in param.iter().enumerate() {
        let mut present: Vec<(usize, f64)> =
            members.iter().enumerate().filter_map(|(m, row)| Some((m, row.values[i]?))).collect();
        present.sort_by(|(_, a), (_, b)| {
            let ordered = if descending { b.partial_cmp(a) } else { a.partial_cmp(b) };
            ordered.unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
        });
        for (rank, (member, v)) in present.into_iter().enumerate() {
            if count(rank + 1) <= *k {
                kept[member].values[i] = Some(v);
            }
        }
    }
    kept.retain(Row::has_any);
    if let [_] = param {
        // An instant query lists its answer by value.
        crate::functions::sort(&mut kept, descending);
    }
    kept
}

/// One series per distinct value, named by it in plain decimal.
fn count_values(label: &str, groups: BTreeMap<Labels, Vec<&Row>>, steps: usize) -> Vec<Row> {
    let mut counted: BTreeMap<Labels, Vec<Option<f64>>> = BTreeMap::new();
    for (labels, members) in groups {
        for row in members {
            for (i, v) in row.values.iter().enumerate() {
                let Some(v) = v else { continue };
                let mut builder = labels.to_builder();
                builder.push(label, crate::format_float(*v, false));
                let values = counted.entry(builder.build()).or_insert_with(|| vec![None; steps]);
                values[i] = Some(values[i].unwrap_or(0.0) + 1.0);
            }
        }
    }
    counted.into_iter().map(|(labels, values)| Row { labels, values }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_ranks() {
        for (q, values, expected) in [
            (0.5, vec![3.0, 1.0, 2.0], 2.0),
            (0.75, vec![1.0, 2.0], 1.75),
            (1.0, vec![1.0, 2.0], 2.0),
            (-0.1, vec![1.0], f64::NEG_INFINITY),
            (1.1, vec![1.0], f64::INFINITY),
            (1.0, vec![f64::NAN, 5.0], 5.0),
        ] {
            assert_eq!(quantile(q, values.clone()), expected, "{q} {values:?}");
        }
        assert!(quantile(0.0, vec![1.0, f64::NAN]).is_nan());
    }

    #[test]
    fn k_must_be_a_number_that_fits() {
        assert!(check_k(3.0).is_ok() && check_k(-1.0).is_ok());
        assert!(check_k(f64::NAN).is_err() && check_k(1e30).is_err() && check_k(f64::INFINITY).is_err());
    }
}

//! `histogram_quantile` over classic buckets.

use std::collections::BTreeMap;

use aio_types::Labels;

use crate::eval::{Context, Row};
use crate::notes::Near;

/// Differences below this part of a count are taken for float noise.
const NOISE: f64 = 1e-12;

/// Per group of labels without `le`: the quantile at each step. Series without a readable `le` are passed over.
pub(crate) fn quantile(context: &Context<'_>, q: &[f64], rows: &[Row]) -> Vec<Row> {
    let notes = &context.query.notes;
    q.iter().for_each(|q| notes.check_quantile(*q, "histogram_quantile"));
    let mut groups: BTreeMap<Labels, Vec<(f64, &Row)>> = BTreeMap::new();
    for row in rows {
        let le = row.labels.get("le");
        let Some(bound) = bound(le) else {
            let why = format!("bucket label \"le\" is missing or has a malformed value of {le:?}");
            notes.warn(&(why + &for_metric(&row.labels)), Near::Argument("histogram_quantile", 1));
            continue;
        };
        let labels = row.labels.filter(|n| n != "le" && n != aio_types::METRIC_NAME);
        groups.entry(labels).or_default().push((bound, row));
    }
    let mut falls = false;
    let mut of_group = |(labels, mut buckets): (Labels, Vec<(f64, &Row)>)| {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut at = |i: usize| {
            let present: Vec<(f64, f64)> = buckets.iter().filter_map(|(le, row)| Some((*le, row.values[i]?))).collect();
            (!present.is_empty()).then(|| bucket_quantile(q[i], present, &mut falls))
        };
        Row { labels, values: (0..context.grid.steps).map(&mut at).collect() }
    };
    let out = groups.into_iter().map(&mut of_group).collect();
    if falls {
        let why = "input to histogram_quantile needed to be fixed for monotonicity \
                   (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
        let name = rows.first().map(|row| for_metric(&row.labels)).unwrap_or_default();
        notes.inform(&format!("{why}{name}"), Near::Argument("histogram_quantile", 1));
    }
    out
}

fn for_metric(labels: &Labels) -> String {
    let name = labels.metric_name();
    if name.is_empty() { String::new() } else { format!(" for metric name {name:?}") }
}

fn bound(le: &str) -> Option<f64> {
    le.parse().ok().filter(|b: &f64| !b.is_nan())
}

/// As Prometheus' `bucketQuantile`: cumulative counts, linear inside a bucket, the second highest bound for a rank in
/// the last bucket. `falls` is set where counts went down by more than noise.
fn bucket_quantile(q: f64, buckets: Vec<(f64, f64)>, falls: &mut bool) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let mut merged: Vec<(f64, f64)> = Vec::with_capacity(buckets.len());
    for (le, count) in buckets {
        match merged.last_mut() {
            Some(last) if last.0 == le => last.1 += count,
            _ => merged.push((le, count)),
        }
    }
    if merged.last().is_none_or(|last| last.0 != f64::INFINITY) {
        return f64::NAN;
    }
    *falls |= hold(&mut merged);
    let [.., before_last, last] = merged.as_slice() else { return f64::NAN };
    if last.1 == 0.0 || last.1.is_nan() {
        return f64::NAN;
    }
    let rank = q * last.1;
    let at = merged.iter().position(|(_, count)| *count >= rank).unwrap_or(merged.len() - 1);
    if at == merged.len() - 1 {
        return before_last.0;
    }
    let (end, count) = merged[at];
    if at == 0 && end <= 0.0 {
        return end;
    }
    let (start, below) = if at == 0 { (0.0, 0.0) } else { merged[at - 1] };
    start + (end - start) * ((rank - below) / (count - below))
}

/// Counts that fall are an artefact of scrapes and float error: holds the previous count, and says whether one fell by
/// more than noise.
fn hold(buckets: &mut [(f64, f64)]) -> bool {
    let mut falls = false;
    let mut previous = buckets.first().map_or(0.0, |b| b.1);
    for bucket in buckets.iter_mut().skip(1) {
        let noise = (bucket.1 - previous).abs() <= NOISE * bucket.1.abs().max(previous.abs());
        if noise || bucket.1 < previous {
            falls |= !noise;
            bucket.1 = previous;
        } else {
            previous = bucket.1;
        }
    }
    falls
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn quantiles_of_classic_buckets() {
        for (q, buckets, expected, fell) in [
            (0.5, vec![(1.0, 5.0), (2.0, 10.0), (INF, 10.0)], 1.0, false),
            (0.75, vec![(1.0, 5.0), (2.0, 10.0), (INF, 10.0)], 1.5, false),
            (0.9, vec![(1.0, 5.0), (INF, 10.0)], 1.0, false),
            (0.1, vec![(-1.0, 5.0), (INF, 10.0)], -1.0, false),
            (0.25, vec![(1.0, 5.0), (INF, 10.0)], 0.5, false),
            (0.9, vec![(1.0, 5.0), (2.0, 4.0), (INF, 10.0)], 2.0, true),
            (0.5, vec![(1.0, 5.0), (1.0, 5.0), (INF, 10.0)], 0.5, false),
            (0.5, vec![(1.0, 5.0), (2.0, 5.0 - 1e-14), (INF, 5.0)], 0.5, false),
        ] {
            let mut falls = false;
            let got = bucket_quantile(q, buckets.clone(), &mut falls);
            assert_eq!((got, falls), (expected, fell), "{q} {buckets:?}");
        }
        for buckets in [vec![(INF, 3.0)], vec![(1.0, 3.0)], vec![(1.0, 0.0), (INF, 0.0)]] {
            assert!(bucket_quantile(0.5, buckets.clone(), &mut false).is_nan(), "{buckets:?}");
        }
    }
}

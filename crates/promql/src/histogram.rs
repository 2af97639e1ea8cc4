//! `histogram_quantile` over classic buckets.

use std::collections::BTreeMap;

use aio_types::Labels;

use crate::eval::Row;

/// Per group of labels without `le`: the quantile at each step. Series without a readable `le` are passed over.
pub(crate) fn quantile(q: &[f64], rows: &[Row], steps: usize) -> Vec<Row> {
    let mut groups: BTreeMap<Labels, Vec<(f64, &Row)>> = BTreeMap::new();
    for row in rows {
        let Some(bound) = bound(row.labels.get("le")) else { continue };
        let labels = row.labels.filter(|n| n != "le" && n != aio_types::METRIC_NAME);
        groups.entry(labels).or_default().push((bound, row));
    }
    let of_group = |(labels, mut buckets): (Labels, Vec<(f64, &Row)>)| {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let at = |i: usize| {
            let present: Vec<(f64, f64)> = buckets.iter().filter_map(|(le, row)| Some((*le, row.values[i]?))).collect();
            (!present.is_empty()).then(|| bucket_quantile(q[i], present))
        };
        Row { labels, values: (0..steps).map(at).collect() }
    };
    groups.into_iter().map(of_group).collect()
}

fn bound(le: &str) -> Option<f64> {
    match le {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        _ => le.parse().ok().filter(|b: &f64| !b.is_nan()),
    }
}

/// As Prometheus' `bucketQuantile`: cumulative counts, linear inside a bucket, the second highest bound for a rank in
/// the last bucket.
fn bucket_quantile(q: f64, buckets: Vec<(f64, f64)>) -> f64 {
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
    // Counts that fall are an artefact of scrapes and float error: hold the previous count.
    for i in 1..merged.len() {
        merged[i].1 = merged[i].1.max(merged[i - 1].1);
    }
    let [.., before_last, last] = merged.as_slice() else { return f64::NAN };
    if last.0 != f64::INFINITY || last.1 == 0.0 || last.1.is_nan() {
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

//! Histograms with explicit bounds: classic series, or native histograms with custom buckets.

use std::sync::Arc;

use aio_types::{CUSTOM_BUCKETS_SCHEMA, Exemplar, Histogram};
use opentelemetry_proto::tonic::metrics::v1::{Histogram as Metric, HistogramDataPoint};

use super::buckets;
use super::fault::Fault;
use super::metric::{Common, Context, Family};
use super::number::of_count;
use super::point::{Shared, Spread, Value};
use crate::otlp::value::number;

/// Most buckets of one point.
pub(super) const BUCKETS_MAX: usize = 10_000;

/// What was observed, by bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Explicit {
    /// Ascending upper bounds of all buckets but the last, which has none; never +Inf.
    pub bounds: Arc<[f64]>,
    /// Observations by bucket, one more than there are bounds.
    pub counts: Vec<f64>,
    /// All observations.
    pub count: f64,
    /// Their sum, where it is known.
    pub sum: Option<f64>,
    /// Whether it is kept as one native histogram.
    pub is_native: bool,
}

/// Takes all points of one metric.
pub(super) fn translate(context: &mut Context<'_>, family: &Family, metric: &Metric) {
    for point in &metric.data_points {
        let common = Common {
            attributes: &point.attributes,
            time_unix_nano: point.time_unix_nano,
            start_time_unix_nano: point.start_time_unix_nano,
            flags: point.flags,
            exemplars: &point.exemplars,
        };
        let value = read(point, context.translation().custom_buckets, common.is_stale());
        context.point(family, &common, value.map(Value::Explicit));
    }
}

/// Checks and takes a point's buckets. A point without buckets has one for everything.
fn read(point: &HistogramDataPoint, is_native: bool, is_stale: bool) -> Result<Explicit, Fault> {
    let (bounds, counts) = (&point.explicit_bounds, &point.bucket_counts);
    if !counts.is_empty() && counts.len() != bounds.len() + 1 {
        return Err(Fault::Buckets { bounds: bounds.len(), buckets: counts.len() });
    }
    if bounds.iter().any(|b| b.is_nan()) || bounds.windows(2).any(|w| w[0] >= w[1]) {
        return Err(Fault::Unordered);
    }
    if counts.len() > BUCKETS_MAX {
        return Err(Fault::TooManyBuckets(counts.len()));
    }
    if is_native && !is_stale && !counts.is_empty() {
        check_count(counts.iter().copied(), point.count, point.sum)?;
    }
    let (bounds, counts) =
        if counts.is_empty() { (Arc::default(), vec![of_count(point.count)]) } else { finite(bounds, counts) };
    Ok(Explicit { bounds, counts, count: of_count(point.count), sum: point.sum, is_native })
}

/// Native histograms hold as many observations as they say. A sum that is no number betrays observations that are none
/// and lie in no bucket.
pub(super) fn check_count(buckets: impl Iterator<Item = u64>, count: u64, sum: Option<f64>) -> Result<(), Fault> {
    let buckets = buckets.fold(0, u64::saturating_add);
    let fits = if sum.is_some_and(f64::is_nan) { buckets <= count } else { buckets == count };
    if fits { Ok(()) } else { Err(Fault::Count { buckets, count }) }
}

/// The bucket without end follows the last finite bound, whether or not its bound is spelled out.
fn finite(bounds: &[f64], counts: &[u64]) -> (Arc<[f64]>, Vec<f64>) {
    let mut counts: Vec<f64> = counts.iter().copied().map(of_count).collect();
    let finite = bounds.strip_suffix(&[f64::INFINITY]).unwrap_or(bounds);
    if finite.len() < bounds.len()
        && let Some(beyond) = counts.pop()
        && let Some(last) = counts.last_mut()
    {
        *last += beyond;
    }
    (finite.into(), counts)
}

impl Explicit {
    /// One native histogram of the same buckets.
    pub(super) fn into_native(self) -> Histogram {
        let indexed = (0_i32..).zip(self.counts);
        let (positive_spans, positive_buckets) = buckets::spans(indexed);
        Histogram {
            schema: CUSTOM_BUCKETS_SCHEMA,
            count: self.count,
            sum: self.sum.unwrap_or_default(),
            positive_spans,
            positive_buckets,
            custom_bounds: self.bounds,
            ..Histogram::default()
        }
    }

    /// Classic series: count, sum, and cumulative buckets. Exemplars go to the buckets they lie in.
    pub(super) fn spread(&self, shared: &Shared, mut exemplars: Vec<Exemplar>, out: &mut Spread<'_>) {
        out.float(shared, shared.named("_count", None), self.count, Vec::new());
        if let Some(sum) = self.sum {
            out.float(shared, shared.named("_sum", None), sum, Vec::new());
        }
        exemplars.sort_by(|a, b| a.sample.v.total_cmp(&b.sample.v));
        let mut exemplars = exemplars.into_iter().peekable();
        let mut cumulative = 0.0;
        for (bound, count) in self.bounds.iter().zip(&self.counts) {
            cumulative += count;
            let inside = std::iter::from_fn(|| exemplars.next_if(|e| e.sample.v <= *bound)).collect();
            self.bucket(shared, *bound, cumulative, inside, out);
        }
        self.bucket(shared, f64::INFINITY, self.count, exemplars.collect(), out);
    }

    fn bucket(&self, shared: &Shared, bound: f64, v: f64, exemplars: Vec<Exemplar>, out: &mut Spread<'_>) {
        out.float(shared, shared.named("_bucket", Some(("le", number(bound)))), v, exemplars);
    }
}

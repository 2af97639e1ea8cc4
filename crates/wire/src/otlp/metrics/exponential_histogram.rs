//! Exponential histograms as native ones.
//!
//! Both have buckets between powers of `2^(2^-scale)`. OTLP calls the one above 1 number 0, native histograms number 1;
//! resolutions past 8 are merged down to it, those below -4 native histograms do not have.

use aio_types::Histogram;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogram, ExponentialHistogramDataPoint};

use super::buckets;
use super::fault::Fault;
use super::histogram::{BUCKETS_MAX, check_count};
use super::metric::{Common, Context, Family};
use super::number::of_count;
use super::point::Value;

pub(super) const SCHEMA_MIN: i32 = -4;
const SCHEMA_MAX: i32 = 8;
/// Where the sender names none: so narrow that only zero lies inside.
const ZERO_THRESHOLD: f64 = 1e-128;
/// No float lies in a bucket further out, at any resolution.
const INDEX_MAX: i64 = 1 << 20;

/// What was observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Exponential {
    /// The observations.
    pub histogram: Box<Histogram>,
    /// Whether their sum is known.
    pub has_sum: bool,
}

impl Exponential {
    pub(super) fn bytes(&self) -> usize {
        let h = &self.histogram;
        let (buckets, spans) = ([&h.positive_buckets, &h.negative_buckets], [&h.positive_spans, &h.negative_spans]);
        size_of::<Histogram>()
            + 8 * (buckets.map(Vec::len).iter().sum::<usize>() + spans.map(Vec::len).iter().sum::<usize>())
    }
}

/// Takes all points of one metric.
pub(super) fn translate(context: &mut Context<'_>, family: &Family, metric: &ExponentialHistogram) {
    for point in &metric.data_points {
        let common = Common {
            attributes: &point.attributes,
            time_unix_nano: point.time_unix_nano,
            start_time_unix_nano: point.start_time_unix_nano,
            flags: point.flags,
            exemplars: &point.exemplars,
        };
        let value = read(point, common.is_stale());
        context.point(family, &common, value.map(Value::Exponential));
    }
}

/// Checks and takes a point's buckets. Least and largest observation have no place in a native histogram.
fn read(point: &ExponentialHistogramDataPoint, is_stale: bool) -> Result<Exponential, Fault> {
    if is_stale {
        return Ok(Exponential { histogram: Histogram::stale().into(), has_sum: point.sum.is_some() });
    }
    if point.scale < SCHEMA_MIN {
        return Err(Fault::Scale(point.scale));
    }
    check_observations(point)?;
    let halvings = point.scale.saturating_sub(SCHEMA_MAX).max(0).unsigned_abs();
    let [positive, negative] = [&point.positive, &point.negative].map(|side| side_of(side.as_ref(), halvings));
    let ((positive_spans, positive_buckets), (negative_spans, negative_buckets)) = (positive?, negative?);
    let histogram = Histogram {
        schema: point.scale.min(SCHEMA_MAX),
        zero_threshold: zero_threshold(point.zero_threshold)?,
        zero_count: of_count(point.zero_count),
        count: of_count(point.count),
        sum: point.sum.unwrap_or_default(),
        positive_spans,
        negative_spans,
        positive_buckets,
        negative_buckets,
        ..Histogram::default()
    };
    Ok(Exponential { histogram: histogram.into(), has_sum: point.sum.is_some() })
}

fn zero_threshold(given: f64) -> Result<f64, Fault> {
    match given {
        0.0 => Ok(ZERO_THRESHOLD),
        v if v > 0.0 && v.is_finite() => Ok(v),
        v => Err(Fault::ZeroThreshold(v)),
    }
}

fn check_observations(point: &ExponentialHistogramDataPoint) -> Result<(), Fault> {
    let sides = [&point.positive, &point.negative].into_iter().flatten().flat_map(|side| &side.bucket_counts);
    check_count(sides.copied().chain([point.zero_count]), point.count, point.sum)
}

type Side = (Vec<aio_types::BucketSpan>, Vec<f64>);

fn side_of(side: Option<&Buckets>, halvings: u32) -> Result<Side, Fault> {
    let Some(side) = side else { return Ok(Side::default()) };
    let indexed = (i64::from(side.offset) + 1..).zip(&side.bucket_counts).filter(|(_, count)| **count > 0);
    let mut sparse = Vec::new();
    for (index, count) in indexed {
        let index = buckets::halved(index, halvings);
        let narrow = i32::try_from(index).ok().filter(|_| index.abs() <= INDEX_MAX).ok_or(Fault::Index(index))?;
        sparse.push((narrow, of_count(*count)));
    }
    let side = buckets::spans(buckets::merged(sparse));
    if side.1.len() > BUCKETS_MAX { Err(Fault::TooManyBuckets(side.1.len())) } else { Ok(side) }
}

#[cfg(test)]
mod tests;

//! The messages, as far as something here writes them. Presence is told as upstream tells it: what was set is written
//! even where it is zero.

use prost::{Enumeration, Message};

/// What the metrics of a family are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)]
#[repr(i32)]
pub enum MetricType {
    /// Only ever goes up.
    Counter = 0,
    /// Goes up and down.
    Gauge = 1,
    /// Quantiles, a count and a sum.
    Summary = 2,
    /// Nobody said.
    Untyped = 3,
    /// Buckets, a count and a sum.
    Histogram = 4,
    /// A histogram whose counts go down, too.
    GaugeHistogram = 5,
}

/// Metrics of one name.
#[derive(Clone, PartialEq, Message)]
pub struct MetricFamily {
    /// Their name.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// What they are.
    #[prost(enumeration = "MetricType", optional, tag = "3")]
    pub r#type: Option<i32>,
    /// The metrics.
    #[prost(message, repeated, tag = "4")]
    pub metric: Vec<Metric>,
}

/// One sample of one series.
#[derive(Clone, PartialEq, Message)]
pub struct Metric {
    /// Its labels, the name not among them.
    #[prost(message, repeated, tag = "1")]
    pub label: Vec<LabelPair>,
    /// The value where the family is untyped.
    #[prost(message, optional, tag = "5")]
    pub untyped: Option<Untyped>,
    /// The value where the family is one of histograms.
    #[prost(message, optional, tag = "7")]
    pub histogram: Option<Histogram>,
    /// When, in milliseconds since 1970.
    #[prost(int64, optional, tag = "6")]
    pub timestamp_ms: Option<i64>,
}

/// A label.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct LabelPair {
    /// Its name.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// Its value.
    #[prost(string, optional, tag = "2")]
    pub value: Option<String>,
}

/// A value of no known type.
#[derive(Clone, PartialEq, Message)]
pub struct Untyped {
    /// The value.
    #[prost(double, optional, tag = "1")]
    pub value: Option<f64>,
}

/// A histogram of float counts: classic where it has `bucket`s, native where it has a schema.
#[derive(Clone, PartialEq, Message)]
pub struct Histogram {
    /// Sum of all observations.
    #[prost(double, optional, tag = "2")]
    pub sample_sum: Option<f64>,
    /// Classic buckets, ascending, the one to +Inf left out.
    #[prost(message, repeated, tag = "3")]
    pub bucket: Vec<Bucket>,
    /// All observations.
    #[prost(double, optional, tag = "4")]
    pub sample_count_float: Option<f64>,
    /// Resolution of native buckets.
    #[prost(sint32, optional, tag = "5")]
    pub schema: Option<i32>,
    /// Half the width of the zero bucket.
    #[prost(double, optional, tag = "6")]
    pub zero_threshold: Option<f64>,
    /// Observations in the zero bucket.
    #[prost(double, optional, tag = "8")]
    pub zero_count_float: Option<f64>,
    /// Where the negative buckets lie.
    #[prost(message, repeated, tag = "9")]
    pub negative_span: Vec<BucketSpan>,
    /// Observations by negative bucket.
    #[prost(double, repeated, packed = "false", tag = "11")]
    pub negative_count: Vec<f64>,
    /// Where the positive buckets lie.
    #[prost(message, repeated, tag = "12")]
    pub positive_span: Vec<BucketSpan>,
    /// Observations by positive bucket.
    #[prost(double, repeated, packed = "false", tag = "14")]
    pub positive_count: Vec<f64>,
}

/// A classic bucket.
#[derive(Clone, PartialEq, Message)]
pub struct Bucket {
    /// Its upper bound.
    #[prost(double, optional, tag = "2")]
    pub upper_bound: Option<f64>,
    /// Observations up to the bound.
    #[prost(double, optional, tag = "4")]
    pub cumulative_count_float: Option<f64>,
}

/// A run of consecutive native buckets.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct BucketSpan {
    /// The first one's index, or the gap to the span before.
    #[prost(sint32, optional, tag = "1")]
    pub offset: Option<i32>,
    /// How many.
    #[prost(uint32, optional, tag = "2")]
    pub length: Option<u32>,
}

impl From<&aio_types::Histogram> for Histogram {
    /// Native, but for custom buckets: these have no place among native ones here and become classic.
    fn from(h: &aio_types::Histogram) -> Self {
        let common = Self { sample_count_float: Some(h.count), sample_sum: Some(h.sum), ..Self::default() };
        if h.uses_custom_buckets() {
            let bucket = |(bound, count)| Bucket { upper_bound: Some(bound), cumulative_count_float: Some(count) };
            return Self { bucket: cumulative_buckets(h).into_iter().map(bucket).collect(), ..common };
        }
        Self {
            schema: Some(h.schema),
            zero_threshold: Some(h.zero_threshold),
            zero_count_float: Some(h.zero_count),
            negative_span: spans(&h.negative_spans),
            negative_count: h.negative_buckets.clone(),
            positive_span: spans(&h.positive_spans),
            positive_count: h.positive_buckets.clone(),
            ..common
        }
    }
}

fn spans(spans: &[aio_types::BucketSpan]) -> Vec<BucketSpan> {
    spans.iter().map(|span| BucketSpan { offset: Some(span.offset), length: Some(span.length) }).collect()
}

/// The custom buckets of a histogram as classic ones: every bound but +Inf, and the observations up to it.
#[must_use]
pub fn cumulative_buckets(h: &aio_types::Histogram) -> Vec<(f64, f64)> {
    let mut filled = vec![0.0; h.custom_bounds.len()];
    let mut position = 0_i64;
    let mut counts = h.positive_buckets.iter();
    for span in &h.positive_spans {
        position = position.saturating_add(i64::from(span.offset));
        for _ in 0..span.length {
            let count = counts.next().copied().unwrap_or_default();
            if let Some(bucket) = usize::try_from(position).ok().and_then(|at| filled.get_mut(at)) {
                *bucket = count;
            }
            position = position.saturating_add(1);
        }
    }
    let cumulative = filled.iter().scan(0.0, |sum, count| {
        *sum += count;
        Some(*sum)
    });
    h.custom_bounds.iter().copied().zip(cumulative).collect()
}

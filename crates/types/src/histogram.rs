//! Native histograms: observations counted in sparse buckets of one layout.
//!
//! Exponential layouts have a schema `s` in -4..=8: bucket `i` covers `(2^((i-1)·2^-s), 2^(i·2^-s)]`, the negative side
//! mirrors it, and the zero bucket covers `[-zero_threshold, zero_threshold]`. The layout of custom buckets has schema
//! [`CUSTOM_BUCKETS_SCHEMA`]: bucket `i` ends at `custom_bounds[i]`, the last one at +Inf, and there is neither a zero
//! bucket nor a negative side. Source: Prometheus' native histogram specification.

use std::sync::Arc;

use crate::{TimestampMs, is_stale, stale_nan};

/// The schema of histograms with explicit bounds.
pub const CUSTOM_BUCKETS_SCHEMA: i32 = -53;

/// A run of consecutive buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSpan {
    /// Of the first span, its first bucket's index; of later ones, the number of buckets left out before it.
    pub offset: i32,
    /// How many buckets.
    pub length: u32,
}

/// What is known about a counter's reset between a histogram and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResetHint {
    /// To be found out by comparing.
    #[default]
    Unknown,
    /// There was one.
    Reset,
    /// There was none.
    NotReset,
    /// A gauge histogram, which has none.
    Gauge,
}

/// One native histogram. Counts are absolute floats; those of integer histograms are whole numbers.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// Resolution, or [`CUSTOM_BUCKETS_SCHEMA`].
    pub schema: i32,
    /// About the reset before this histogram.
    pub reset_hint: ResetHint,
    /// Half the width of the zero bucket.
    pub zero_threshold: f64,
    /// Observations in the zero bucket.
    pub zero_count: f64,
    /// All observations, NaN ones included.
    pub count: f64,
    /// Sum of all observations; the stale marker's bits make the whole histogram one.
    pub sum: f64,
    /// Where the positive buckets lie.
    pub positive_spans: Vec<BucketSpan>,
    /// Where the negative buckets lie.
    pub negative_spans: Vec<BucketSpan>,
    /// Observations by positive bucket, one per bucket of the spans.
    pub positive_buckets: Vec<f64>,
    /// Observations by negative bucket, one per bucket of the spans.
    pub negative_buckets: Vec<f64>,
    /// Ascending upper bounds of custom buckets, without +Inf; shared by the histograms of a series.
    pub custom_bounds: Arc<[f64]>,
}

impl Histogram {
    /// A stale marker: a histogram that says that its series ended.
    #[must_use]
    pub fn stale() -> Self {
        Self { sum: stale_nan(), ..Self::default() }
    }

    /// Whether this is a stale marker.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        is_stale(self.sum)
    }

    /// Whether bounds are explicit.
    #[must_use]
    pub fn uses_custom_buckets(&self) -> bool {
        self.schema == CUSTOM_BUCKETS_SCHEMA
    }
}

impl PartialEq for Histogram {
    /// Equal layouts and equal bits of every number; what is known about resets does not matter.
    fn eq(&self, other: &Self) -> bool {
        let bits = |h: &Self| [h.zero_threshold, h.zero_count, h.count, h.sum].map(f64::to_bits);
        let same = |a: &[f64], b: &[f64]| a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits()));
        self.schema == other.schema
            && bits(self) == bits(other)
            && self.positive_spans == other.positive_spans
            && self.negative_spans == other.negative_spans
            && same(&self.positive_buckets, &other.positive_buckets)
            && same(&self.negative_buckets, &other.negative_buckets)
            && same(&self.custom_bounds, &other.custom_bounds)
    }
}

/// One histogram at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramSample {
    /// When it was observed.
    pub t: TimestampMs,
    /// Since when it counts; zero where that is not known.
    pub start: TimestampMs,
    /// The observations.
    pub h: Arc<Histogram>,
}

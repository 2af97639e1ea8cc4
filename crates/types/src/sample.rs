//! What a series is made of.

use crate::{Labels, TimestampMs};

/// The bits of Prometheus' staleness marker: a NaN of its own, distinct from an ordinary NaN.
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The staleness marker as a float.
#[must_use]
pub fn stale_nan() -> f64 {
    f64::from_bits(STALE_NAN_BITS)
}

/// Whether `v` is the staleness marker; compares bits, since NaN equals nothing.
#[must_use]
pub fn is_stale(v: f64) -> bool {
    v.to_bits() == STALE_NAN_BITS
}

/// One float sample.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// When it was observed.
    pub t: TimestampMs,
    /// The value; NaN payloads are kept.
    pub v: f64,
}

impl PartialEq for Sample {
    /// Equal times and equal value bits, so that NaN equals itself and a stale marker is no ordinary NaN.
    fn eq(&self, other: &Self) -> bool {
        self.t == other.t && self.v.to_bits() == other.v.to_bits()
    }
}

/// An example observation behind a sample, usually carrying a `trace_id` label.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// Labels of the exemplar itself, not of its series.
    pub labels: Labels,
    /// When and how much.
    pub sample: Sample,
}

/// The type of a metric as its instrumentation declared it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MetricKind {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Buckets, sum and count.
    Histogram,
    /// A gauge histogram of OpenMetrics.
    GaugeHistogram,
    /// Quantiles, sum and count.
    Summary,
    /// A constant 1 with labels.
    Info,
    /// A set of booleans.
    StateSet,
    /// Not declared.
    #[default]
    Unknown,
}

impl MetricKind {
    /// The name the Prometheus metadata API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known of a metric family.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Metadata {
    /// Declared type.
    pub kind: MetricKind,
    /// Free text.
    pub help: String,
    /// Unit, may be empty.
    pub unit: String,
}

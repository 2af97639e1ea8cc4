//! What a query answers with.

use std::sync::Arc;

use aio_types::{Histogram, Labels, Sample, Samples, TimestampMs};

/// One series of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Ascending in time, never empty, without start times.
    pub samples: Samples,
}

/// One series of a vector.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorSample {
    /// Its labels.
    pub labels: Labels,
    /// The time of evaluation.
    pub t: TimestampMs,
    /// Its value.
    pub value: Instant,
}

/// A value at one moment.
#[derive(Debug, Clone)]
pub enum Instant {
    /// A plain one.
    Float(f64),
    /// A native histogram.
    Histogram(Arc<Histogram>),
}

impl PartialEq for Instant {
    /// Equal bits, so that NaN equals itself.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Histogram(a), Self::Histogram(b)) => a == b,
            _ => false,
        }
    }
}

impl Instant {
    /// The plain value, if it is one.
    #[must_use]
    pub fn float(&self) -> Option<f64> {
        match self {
            Self::Float(v) => Some(*v),
            Self::Histogram(_) => None,
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// One number.
    Scalar(Sample),
    /// One text.
    String(TimestampMs, String),
    /// One sample per series.
    Vector(Vec<VectorSample>),
    /// Many samples per series, sorted by labels.
    Matrix(Vec<Series>),
}

/// An answer with what is to be said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The answer.
    pub value: Value,
    /// Likely mistakes.
    pub warnings: Vec<String>,
    /// Remarks.
    pub infos: Vec<String>,
    /// What it took.
    pub stats: Stats,
}

/// What a query took, counted in samples; a histogram counts as several.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Looked at, those of a window again at every step.
    pub samples: u64,
    /// Read from the source.
    pub samples_read: u64,
    /// Most that were held at once.
    pub samples_peak: usize,
    /// `samples` by step, where [`crate::Options::per_step_stats`] asks for it.
    pub samples_per_step: Option<Vec<u64>>,
}

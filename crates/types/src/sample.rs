//! What a series is made of.

use crate::{HistogramSample, Labels, TimeRange, TimestampMs};

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

/// The samples of one series, floats and native histograms apart. A moment has one or the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples {
    /// Plain values.
    pub floats: Vec<Sample>,
    /// Since when the float of the same position counts, zero where that is not known. Empty where none is known,
    /// else as long as `floats`.
    pub starts: Vec<TimestampMs>,
    /// Native histograms.
    pub histograms: Vec<HistogramSample>,
}

impl Samples {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.floats.len() + self.histograms.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all of them, and keeps the memory.
    pub fn clear(&mut self) {
        self.floats.clear();
        self.starts.clear();
        self.histograms.clear();
    }

    /// Adds a float that counts since `start`, zero where that is not known.
    #[inline]
    pub fn push_float(&mut self, sample: Sample, start: TimestampMs) {
        if start != TimestampMs(0) || !self.starts.is_empty() {
            self.starts.resize(self.floats.len(), TimestampMs(0));
            self.starts.push(start);
        }
        self.floats.push(sample);
    }

    /// Since when the float at `position` counts; zero where that is not known.
    #[must_use]
    pub fn start_of(&self, position: usize) -> TimestampMs {
        self.borrowed().start_of(position)
    }

    /// The times of all, floats first.
    pub fn times(&self) -> impl Iterator<Item = TimestampMs> {
        self.borrowed().times()
    }

    /// The same samples, without owning them.
    #[must_use]
    pub fn borrowed(&self) -> SamplesRef<'_> {
        SamplesRef { floats: &self.floats, starts: &self.starts, histograms: &self.histograms }
    }

    /// Keeps what lies in `range`.
    pub fn retain_range(&mut self, range: TimeRange) {
        if !self.starts.is_empty() {
            let mut times = self.floats.iter().map(|s| s.t);
            self.starts.retain(|_| times.next().is_some_and(|t| range.contains(t)));
        }
        self.floats.retain(|s| range.contains(s.t));
        self.histograms.retain(|s| range.contains(s.t));
    }
}

/// The samples of one series in memory that others own; see [`Samples`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SamplesRef<'a> {
    /// Plain values.
    pub floats: &'a [Sample],
    /// Since when they count; empty, or as long as `floats`.
    pub starts: &'a [TimestampMs],
    /// Native histograms.
    pub histograms: &'a [HistogramSample],
}

impl<'a> SamplesRef<'a> {
    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.floats.len() + self.histograms.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Since when the float at `position` counts; zero where that is not known.
    #[must_use]
    pub fn start_of(self, position: usize) -> TimestampMs {
        self.starts.get(position).copied().unwrap_or_default()
    }

    /// The times of all, floats first.
    pub fn times(self) -> impl Iterator<Item = TimestampMs> + use<'a> {
        self.floats.iter().map(|s| s.t).chain(self.histograms.iter().map(|s| s.t))
    }

    /// Samples of their own.
    #[must_use]
    pub fn to_samples(self) -> Samples {
        Samples { floats: self.floats.to_vec(), starts: self.starts.to_vec(), histograms: self.histograms.to_vec() }
    }
}

impl From<Vec<Sample>> for Samples {
    fn from(floats: Vec<Sample>) -> Self {
        Self { floats, ..Self::default() }
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

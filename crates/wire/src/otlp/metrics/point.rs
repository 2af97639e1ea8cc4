//! One data point between OTLP and series: cumulative ones are spread to series at once, deltas are added up first.

use aio_types::{
    Exemplar, Histogram, HistogramSample, Labels, METRIC_NAME, MetricsWrite, Sample, TimestampMs, stale_nan,
};

use super::exponential_histogram::Exponential;
use super::histogram::Explicit;
use super::summary::Summary;

/// One data point.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// All labels its series share, with the name of the family.
    pub labels: Labels,
    /// When it was observed.
    pub t: TimestampMs,
    /// Since when it counts; zero where that is not known.
    pub start: TimestampMs,
    /// What was observed.
    pub value: Value,
    /// The sender has nothing to say: its series end here.
    pub is_stale: bool,
    /// In any order.
    pub exemplars: Vec<Exemplar>,
    /// Which of the request it is.
    pub number: u32,
}

/// What was observed.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of gauges and sums.
    Number(f64),
    /// Of histograms with explicit bounds.
    Explicit(Explicit),
    /// Of exponential histograms.
    Exponential(Exponential),
    /// Of summaries.
    Summary(Summary),
}

impl Value {
    /// Bytes of memory, roughly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let lists = match self {
            Self::Number(_) => 0,
            Self::Explicit(value) => 8 * (value.bounds.len() + value.counts.len()),
            Self::Exponential(value) => value.bytes(),
            Self::Summary(value) => 16 * value.quantiles.len(),
        };
        size_of::<Self>() + lists
    }

    /// How many series it becomes.
    pub(super) fn series(&self) -> usize {
        match self {
            Self::Number(_) | Self::Exponential(_) => 1,
            Self::Explicit(value) if value.is_native => 1,
            Self::Explicit(value) => 3 + value.bounds.len(),
            Self::Summary(value) => 2 + value.quantiles.len(),
        }
    }
}

/// Collects the series of points.
pub(super) struct Spread<'w> {
    pub(super) write: &'w mut MetricsWrite,
    pub(super) points: &'w mut Vec<Option<u32>>,
}

/// What the series of one point share.
pub(super) struct Shared {
    pub(super) labels: Labels,
    t: TimestampMs,
    start: TimestampMs,
    is_stale: bool,
    number: u32,
}

impl Spread<'_> {
    /// Adds the series of a point.
    pub(super) fn point(&mut self, point: Point) {
        let Point { labels, t, start, value, is_stale, exemplars, number } = point;
        let shared = Shared { labels, t, start, is_stale, number };
        match value {
            Value::Number(v) => self.float(&shared, shared.labels.clone(), v, exemplars),
            Value::Exponential(value) => self.histogram(shared, *value.histogram, exemplars),
            Value::Explicit(value) if value.is_native => self.histogram(shared, value.into_native(), exemplars),
            Value::Explicit(value) => value.spread(&shared, exemplars, self),
            Value::Summary(value) => value.spread(&shared, self),
        }
    }

    pub(super) fn float(&mut self, shared: &Shared, labels: Labels, v: f64, exemplars: Vec<Exemplar>) {
        let v = if shared.is_stale { stale_nan() } else { v };
        self.write.push_float(Sample { t: shared.t, v }, shared.start);
        self.finish(shared, &labels, exemplars);
    }

    fn histogram(&mut self, shared: Shared, histogram: Histogram, exemplars: Vec<Exemplar>) {
        let h = if shared.is_stale { Histogram::stale() } else { histogram };
        self.write.push_histogram(HistogramSample { t: shared.t, start: shared.start, h: h.into() });
        self.finish(&shared, &shared.labels, exemplars);
    }

    /// Finishes the series under way.
    fn finish(&mut self, shared: &Shared, labels: &Labels, exemplars: Vec<Exemplar>) {
        exemplars.into_iter().for_each(|exemplar| self.write.push_exemplar(exemplar));
        self.write.finish(labels.borrowed());
        self.points.push(Some(shared.number));
    }
}

impl Shared {
    /// The labels with something behind the family's name, and one label more.
    pub(super) fn named(&self, suffix: &str, extra: Option<(&str, String)>) -> Labels {
        let mut builder = self.labels.to_builder();
        if !suffix.is_empty() {
            builder.push(METRIC_NAME, format!("{}{suffix}", self.labels.metric_name()));
        }
        if let Some((name, value)) = extra {
            builder.push(name, value);
        }
        builder.build()
    }
}

//! Windows for tests.

use std::sync::Arc;

use aio_types::{HistogramSample, Sample, TimestampMs};

use super::{Outcome, Value, Window};
use crate::histogram::notation;

/// The samples of a series, times in seconds.
#[derive(Debug, Default)]
pub(super) struct Series {
    floats: Vec<Sample>,
    starts: Vec<TimestampMs>,
    histograms: Vec<HistogramSample>,
}

impl Series {
    pub(super) fn floats(points: &[(i64, f64)]) -> Self {
        let floats = points.iter().map(|&(s, v)| Sample { t: TimestampMs(s * 1000), v }).collect();
        Self { floats, ..Self::default() }
    }

    /// With start timestamps in seconds.
    pub(super) fn started(mut self, starts: &[i64]) -> Self {
        self.starts = starts.iter().map(|s| TimestampMs(s * 1000)).collect();
        for (sample, start) in self.histograms.iter_mut().zip(&self.starts) {
            sample.start = *start;
        }
        self
    }

    /// In the notation of test scripts, without its braces.
    pub(super) fn and_histograms(mut self, points: &[(i64, &str)]) -> Self {
        self.histograms = points.iter().map(|(s, text)| sample(*s, text)).collect();
        self
    }

    pub(super) fn histograms(points: &[(i64, &str)]) -> Self {
        Self::default().and_histograms(points)
    }

    /// The range from `start` to `end`, with all samples.
    pub(super) fn around(&self, start: i64, end: i64) -> Window<'_> {
        Window {
            floats: &self.floats,
            starts: &self.starts,
            histograms: &self.histograms,
            uses_starts: true,
            start: TimestampMs(start * 1000),
            end: TimestampMs(end * 1000),
        }
    }
}

fn sample(s: i64, text: &str) -> HistogramSample {
    let h = notation::parse(&format!("{{{{{text}}}}}")).expect("valid notation").0.histogram;
    HistogramSample { t: TimestampMs(s * 1000), start: TimestampMs(0), h: Arc::new(h) }
}

/// Floats rounded to 9 digits, histograms in the notation of test scripts without braces and hint, which must be that of
/// a gauge.
pub(super) fn shown(outcome: &Outcome) -> Option<String> {
    outcome.value.as_ref().map(|value| match value {
        Value::Float(v) => format!("{}", (v * 1e9).round() / 1e9),
        Value::Histogram(h) => {
            let text = notation::print(h).replace("counter_reset_hint:gauge", "");
            text.trim_matches(['{', '}']).split_whitespace().collect::<Vec<_>>().join(" ")
        }
    })
}

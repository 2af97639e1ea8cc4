//! How series grow in a window: rates, increases, resets, changes.
//!
//! A [`Window`] holds the samples of one series and reaches from `start`, exclusively, to `end`. Stale markers are no
//! samples and must be left out. Source of all behaviour: `promql/functions.go` of Prometheus.

mod changes;
mod extended;
mod extended_floats;
mod extended_histograms;
mod extrapolate;
mod floats;
mod histograms;
mod instant;
mod merge;
mod resets;
mod smooth;
mod starts;

use aio_types::{Histogram, HistogramSample, Sample, TimestampMs};

use crate::{Remark, Remarks};

pub use changes::changes;
pub use extended::{Extension, extended, extended_floats};
pub use extrapolate::extrapolated;
pub use instant::{Instant, last_two};
pub use resets::resets;
pub use smooth::smoothed_at;

/// The samples of one series around a range of time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window<'a> {
    /// Floats, ascending.
    pub floats: &'a [Sample],
    /// Since when each float counts, or nothing where that is not known or does not matter.
    pub starts: &'a [TimestampMs],
    /// Histograms, ascending.
    pub histograms: &'a [HistogramSample],
    /// Whether it matters since when histograms count.
    pub uses_starts: bool,
    /// Where the range begins; what is at this moment is not part of it.
    pub start: TimestampMs,
    /// Where the range ends.
    pub end: TimestampMs,
}

impl Window<'_> {
    /// Since when the float at `i` counts; zero where that is not known.
    fn float_start(&self, i: usize) -> TimestampMs {
        if self.uses_starts { self.starts.get(i).copied().unwrap_or_default() } else { TimestampMs(0) }
    }

    /// Since when a histogram counts; zero where that is not known.
    fn histogram_start(&self, sample: &HistogramSample) -> TimestampMs {
        if self.uses_starts { sample.start } else { TimestampMs(0) }
    }

    /// The length of the range in seconds.
    fn seconds(&self) -> f64 {
        seconds(self.start, self.end)
    }
}

/// What to compute of how much a series grew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// Growth of a counter per second.
    Rate,
    /// Growth of a counter.
    Increase,
    /// Difference of a gauge.
    Delta,
}

impl Growth {
    fn is_counter(self) -> bool {
        self != Self::Delta
    }
}

/// What a series came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Float(f64),
    /// A histogram.
    Histogram(Histogram),
}

/// A value, if there is one, and what there is to tell besides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// What the series came to.
    pub value: Option<Value>,
    /// What there is to tell.
    pub remarks: Remarks,
}

impl Outcome {
    fn nothing(remarks: impl Into<Remarks>) -> Self {
        Self { value: None, remarks: remarks.into() }
    }

    fn float(v: f64, remarks: Remarks) -> Self {
        Self { value: Some(Value::Float(v)), remarks }
    }

    fn histogram(h: Histogram, remarks: Remarks) -> Self {
        Self { value: Some(Value::Histogram(h)), remarks }
    }
}

fn seconds(from: TimestampMs, to: TimestampMs) -> f64 {
    TimestampMs(to.0.saturating_sub(from.0)).as_secs_f64()
}

/// Adds `other` to `h`, and what there is to tell to `remarks`; collisions of resets are not, as windows contain them.
fn add(h: &mut Histogram, other: &Histogram, remarks: &mut Remarks) -> Result<(), Remark> {
    let combined = crate::histogram::add(h, other).map_err(|_| Remark::MixedLayouts)?;
    remarks.insert_if(combined.bounds_reconciled, Remark::BoundsReconciledAdding);
    Ok(())
}

/// As [`add`], but subtracts.
fn subtract(h: &mut Histogram, other: &Histogram, remarks: &mut Remarks) -> Result<(), Remark> {
    let combined = crate::histogram::subtract(h, other).map_err(|_| Remark::MixedLayouts)?;
    remarks.insert_if(combined.bounds_reconciled, Remark::BoundsReconciledSubtracting);
    Ok(())
}

#[cfg(test)]
mod fixtures;

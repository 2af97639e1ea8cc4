//! Taking samples out of a series.

use std::ops::AddAssign;

use aio_types::{Histogram, HistogramSample, ResetHint, Samples, TimestampMs};

/// How many samples, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    /// Plain values.
    pub floats: u64,
    /// Native histograms.
    pub histograms: u64,
}

impl Cut {
    /// How many there are.
    #[must_use]
    pub fn of(samples: &Samples) -> Self {
        Self { floats: samples.floats.len() as u64, histograms: samples.histograms.len() as u64 }
    }

    /// Of both kinds.
    #[must_use]
    pub fn total(self) -> u64 {
        self.floats + self.histograms
    }
}

impl AddAssign for Cut {
    fn add_assign(&mut self, other: Self) {
        self.floats += other.floats;
        self.histograms += other.histograms;
    }
}

/// Takes out the samples whose time is `unwanted`; returns how many these were. Of a histogram whose neighbour went
/// nothing is known about resets any more.
pub fn cut(samples: &mut Samples, unwanted: impl Fn(TimestampMs) -> bool) -> Cut {
    let before = Cut::of(samples);
    if !samples.starts.is_empty() {
        let mut times = samples.floats.iter().map(|sample| sample.t);
        samples.starts.retain(|_| times.next().is_some_and(|t| !unwanted(t)));
    }
    samples.floats.retain(|sample| !unwanted(sample.t));
    let mut has_gap = false;
    samples.histograms.retain_mut(|sample| {
        let is_wanted = !unwanted(sample.t);
        if is_wanted && has_gap {
            doubt(sample);
        }
        has_gap = !is_wanted;
        is_wanted
    });
    let after = Cut::of(samples);
    Cut { floats: before.floats - after.floats, histograms: before.histograms - after.histograms }
}

/// Forgets that there was no reset before a histogram.
pub(crate) fn doubt(sample: &mut HistogramSample) {
    if sample.h.reset_hint == ResetHint::NotReset {
        let unknown = Histogram { reset_hint: ResetHint::Unknown, ..(*sample.h).clone() };
        sample.h = unknown.into();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aio_types::Sample;

    use super::*;

    #[test]
    fn what_is_taken_out_leaves_doubt_about_resets() {
        let mut samples = Samples::default();
        for t in 0..6 {
            samples.push_float(Sample { t: TimestampMs(t), v: 1.0 }, TimestampMs(t));
            let h = Arc::new(Histogram { reset_hint: ResetHint::NotReset, ..Histogram::default() });
            samples.histograms.push(HistogramSample { t: TimestampMs(t), start: TimestampMs(0), h });
        }
        let gone = cut(&mut samples, |t| t.0 == 2 || t.0 == 3);
        assert_eq!(gone, Cut { floats: 2, histograms: 2 });
        assert_eq!(samples.starts.iter().map(|t| t.0).collect::<Vec<_>>(), [0, 1, 4, 5]);
        let hints: Vec<_> = samples.histograms.iter().map(|s| (s.t.0, s.h.reset_hint)).collect();
        let (no, unknown) = (ResetHint::NotReset, ResetHint::Unknown);
        assert_eq!(hints, [(0, no), (1, no), (4, unknown), (5, no)]);
    }
}

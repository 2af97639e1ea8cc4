//! Counting what comes in and what becomes of it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use aio_prometheus_tsdb::Cut;
use aio_store_metrics::ImportReport;
use serde::{Deserialize, Serialize};

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) series: u64,
    pub(super) samples: u64,
    pub(super) histograms: u64,
    pub(super) exemplars: u64,
}

impl Counts {
    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Without the series, which may be read and written and dropped in part.
    fn without_series(self) -> Self {
        Self { series: 0, ..self }
    }
}

impl From<Cut> for Counts {
    fn from(cut: Cut) -> Self {
        Self { samples: cut.floats, histograms: cut.histograms, ..Self::default() }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.series += other.series;
        self.samples += other.samples;
        self.histograms += other.histograms;
        self.exemplars += other.exemplars;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            (self.series, "series"),
            (self.samples, "samples"),
            (self.histograms, "histograms"),
            (self.exemplars, "exemplars"),
        ];
        let told = kinds.into_iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}"));
        let told: Vec<_> = told.collect();
        f.write_str(&if told.is_empty() { "nothing".to_owned() } else { told.join(", ") })
    }
}

/// What the store had already.
const REPEATED: &str = "repeated: there was a sample of that moment already";
/// What a series has too many of.
const SURPLUS: &str = "older than the exemplars that a series keeps";

/// What became of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) read: Counts,
    pub(super) written: Counts,
    /// By reason.
    pub(super) dropped: BTreeMap<String, Counts>,
    /// The sum over what was written.
    pub(super) checksum: u64,
    /// What is odd about the source, and no fault of it.
    pub(super) remarks: Vec<String>,
    /// Why it may not be all there was.
    pub(super) doubts: Vec<String>,
}

impl Tally {
    pub(super) fn drop(&mut self, reason: &str, counts: impl Into<Counts>) {
        let counts = counts.into();
        if !counts.is_empty() {
            *self.dropped.entry(reason.to_owned()).or_default() += counts;
        }
    }

    /// Takes in what the store says of it.
    pub(super) fn take(&mut self, report: ImportReport) {
        self.written = Counts {
            series: report.series,
            samples: report.floats,
            histograms: report.histograms,
            exemplars: report.exemplars,
        };
        let repeated = Counts {
            samples: report.repeated_floats,
            histograms: report.repeated_histograms,
            exemplars: report.repeated_exemplars,
            ..Counts::default()
        };
        self.drop(REPEATED, repeated);
        self.drop(SURPLUS, Counts { exemplars: report.surplus_exemplars, ..Counts::default() });
    }

    /// Whether everything that was read is written, or was dropped for a reason.
    pub(super) fn is_complete(&self) -> bool {
        let mut told = self.written.without_series();
        self.dropped.values().for_each(|counts| told += counts.without_series());
        told == self.read.without_series()
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.read += other.read;
        self.written += other.written;
        for (reason, counts) in &other.dropped {
            self.drop(reason, *counts);
        }
    }
}

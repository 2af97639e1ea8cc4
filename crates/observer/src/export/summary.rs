//! What became of everything.

use std::fmt::Write as _;
use std::path::Path;

use aio_types::{TimeRange, TimestampMs, TimestampNs};

/// Counts of what was written and of what was not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) families: u64,
    pub(super) series: u64,
    pub(super) samples: u64,
    pub(super) exemplars: u64,
    /// Of what was written; `None` of nothing.
    pub(super) range: Option<TimeRange>,
    /// Native histograms written as classic ones.
    pub(super) histograms: u64,
    /// Series with a name in quotes.
    pub(super) quoted_series: u64,
    pub(super) left_out: LeftOut,
}

/// What OpenMetrics has no place for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) stale: u64,
    pub(super) histograms: u64,
    /// Native histograms that are there as classic ones already, or have a label `le`.
    pub(super) histograms_twice: u64,
    pub(super) exemplars: u64,
    pub(super) starts: u64,
    /// Series that escaping gives the names of others, or of whose labels it makes two one.
    pub(super) ambiguous_series: u64,
    /// Families whose bounds or quantiles readers would respell if they knew the type.
    pub(super) types: u64,
}

impl Summary {
    /// Counts one sample written.
    pub(super) fn sample(&mut self, t: TimestampMs) {
        self.samples += 1;
        let range = self.range.get_or_insert(TimeRange { start: t, end: t });
        *range = TimeRange { start: range.start.min(t), end: range.end.max(t) };
    }

    /// In words, a line each.
    pub(super) fn told(&self, path: Option<&Path>) -> String {
        let Self { families, series, samples, exemplars, .. } = self;
        let path = path.map(|path| format!(" to {}", path.display())).unwrap_or_default();
        let mut out = format!(
            "written{path}: {families} families, {series} series, {samples} samples, {exemplars} exemplars{}\n",
            self.range.map(told_range).unwrap_or_default()
        );
        let notes = [
            (self.histograms, "native histograms are written as classic series, without what a classic one lacks"),
            (self.quoted_series, "series have quoted names, which readers before Prometheus 3 refuse: see --escaping"),
        ];
        for (count, what) in notes {
            line(&mut out, "note", count, what);
        }
        self.left_out.lines().into_iter().for_each(|(count, what)| line(&mut out, "left out", count, what));
        out
    }
}

fn line(out: &mut String, kind: &str, count: u64, what: &str) {
    if count > 0 {
        writeln!(out, "{kind}: {count} {what}").unwrap_or_default();
    }
}

impl LeftOut {
    fn lines(&self) -> [(u64, &'static str); 7] {
        [
            (self.histograms, "native histograms, which OpenMetrics cannot express: see --histograms"),
            (self.histograms_twice, "native histograms, since a classic series of that name is there"),
            (self.stale, "stale markers, which OpenMetrics cannot express: ended series look alive for 5 minutes more"),
            (self.exemplars, "exemplars: only samples of counters and buckets have one, and one each"),
            (self.starts, "start times of samples"),
            (self.ambiguous_series, "series whose names are others' once escaped"),
            (self.types, "TYPE lines of families with an le or quantile that readers would respell"),
        ]
    }
}

fn told_range(range: TimeRange) -> String {
    let told = |t| TimestampNs::from_ms(t).to_rfc3339();
    format!(", from {} to {}", told(range.start), told(range.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_there_is_is_told() {
        let mut summary = Summary { families: 1, series: 2, exemplars: 1, ..Summary::default() };
        assert_eq!(summary.told(None), "written: 1 families, 2 series, 0 samples, 1 exemplars\n");
        for t in [2_000, 1_000] {
            summary.sample(TimestampMs(t));
        }
        summary.left_out.starts = 4;
        let expected = "written to a.om: 1 families, 2 series, 2 samples, 1 exemplars, from 1970-01-01T00:00:01Z to \
                        1970-01-01T00:00:02Z\nleft out: 4 start times of samples\n";
        assert_eq!(summary.told(Some(Path::new("a.om"))), expected);
    }
}

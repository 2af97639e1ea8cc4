//! Which exemplar stands behind which sample.

use std::collections::HashMap;

use aio_source::{Error, MetricsSource};
use aio_types::{Exemplar, Labels, Matcher, TimeRange, TimestampMs};

/// Exemplars of the series of one metric.
#[derive(Debug, Default)]
pub(super) struct Exemplars {
    by_series: HashMap<Labels, Vec<Exemplar>>,
}

impl Exemplars {
    pub(super) fn read(
        source: &dyn MetricsSource,
        selections: &[Vec<Matcher>],
        range: TimeRange,
    ) -> Result<Self, Error> {
        let all = source.exemplars(selections, range)?;
        Ok(Self { by_series: all.into_iter().map(|found| (found.labels, found.exemplars)).collect() })
    }

    /// Those of one series, which are no longer here then.
    pub(super) fn take(&mut self, labels: &Labels) -> Pending {
        Pending { left: self.by_series.remove(labels).unwrap_or_default().into_iter().peekable(), passed_over: 0 }
    }

    /// How many are left here.
    pub(super) fn count(&self) -> u64 {
        self.by_series.values().map(|all| all.len() as u64).sum()
    }
}

/// Exemplars of one series, ascending by time.
pub(super) struct Pending {
    left: std::iter::Peekable<std::vec::IntoIter<Exemplar>>,
    passed_over: u64,
}

impl Pending {
    /// The newest one that was observed since the sample before and is not younger than the sample at `t`: a scrape
    /// brings samples with the time of the scrape, and exemplars with their own.
    pub(super) fn behind(&mut self, t: TimestampMs) -> Option<Exemplar> {
        let mut newest = None;
        while let Some(next) = self.left.next_if(|exemplar| exemplar.sample.t <= t) {
            self.passed_over += u64::from(newest.is_some());
            newest = Some(next);
        }
        newest
    }

    /// How many stand behind no sample.
    pub(super) fn left_out(self) -> u64 {
        self.passed_over + self.left.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use aio_types::Sample;

    use super::*;

    #[test]
    fn a_sample_has_the_newest_since_the_one_before() {
        let exemplar = |t: i64| Exemplar { labels: Labels::default(), sample: Sample { t: TimestampMs(t), v: 1.0 } };
        let labels = Labels::from_pairs([("a", "b")]);
        let by_series = HashMap::from([(labels.clone(), [1, 4, 5, 6, 20].map(exemplar).to_vec())]);
        let mut exemplars = Exemplars { by_series };
        assert_eq!(exemplars.count(), 5);
        let mut pending = exemplars.take(&labels);
        let behind: Vec<_> =
            [0, 3, 6, 9].map(|t| pending.behind(TimestampMs(t)).map(|found| found.sample.t.0)).to_vec();
        assert_eq!(behind, [None, Some(1), Some(6), None]);
        assert_eq!((pending.left_out(), exemplars.count()), (3, 0));
    }
}

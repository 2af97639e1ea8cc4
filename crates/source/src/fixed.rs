//! A source of metrics that holds what it was given: what tests and tools evaluate against.

use std::collections::{BTreeMap, BTreeSet};

use aio_types::{Labels, Matcher, Metadata, Samples, TimeRange};

use crate::{Error, MetricsSource, SeriesExemplars, SeriesReader};

/// Series by labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FixedMetrics {
    /// The series with their samples, which ascend by time.
    pub series: BTreeMap<Labels, Samples>,
}

struct FixedSeries<'a> {
    labels: &'a Labels,
    samples: &'a Samples,
}

impl SeriesReader for FixedSeries<'_> {
    fn labels(&self) -> &Labels {
        self.labels
    }

    fn read(&self, range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        for (position, sample) in self.samples.floats.iter().enumerate().filter(|(_, s)| range.contains(s.t)) {
            out.push_float(*sample, self.samples.start_of(position));
        }
        out.histograms.extend(self.samples.histograms.iter().filter(|s| range.contains(s.t)).cloned());
        Ok(())
    }
}

impl FixedMetrics {
    fn matching(&self, selections: &[Vec<Matcher>], range: TimeRange) -> impl Iterator<Item = &Labels> {
        let wanted = move |labels: &Labels| {
            selections.is_empty() || selections.iter().any(|all| all.iter().all(|m| m.matches_labels(labels)))
        };
        let inside = move |samples: &Samples| samples.times().any(|t| range.contains(t));
        self.series.iter().filter(move |(labels, samples)| wanted(labels) && inside(samples)).map(|(labels, _)| labels)
    }
}

impl MetricsSource for FixedMetrics {
    fn select<'a>(&'a self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<Box<dyn SeriesReader + 'a>>, Error> {
        let mut found: Vec<Box<dyn SeriesReader + 'a>> = Vec::new();
        for (labels, samples) in &self.series {
            let inside = samples.times().any(|t| range.contains(t));
            if inside && matchers.iter().all(|m| m.matches_labels(labels)) {
                found.push(Box::new(FixedSeries { labels, samples }));
            }
        }
        Ok(found)
    }

    fn series(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<Labels>, Error> {
        Ok(self.matching(selections, range).cloned().collect())
    }

    fn label_names(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        let names: BTreeSet<_> = self.matching(selections, range).flat_map(|l| l.iter().map(|(n, _)| n)).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    fn label_values(&self, name: &str, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        let values: BTreeSet<_> =
            self.matching(selections, range).map(|l| l.get(name)).filter(|v| !v.is_empty()).collect();
        Ok(values.into_iter().map(str::to_owned).collect())
    }

    fn exemplars(&self, _selections: &[Vec<Matcher>], _range: TimeRange) -> Result<Vec<SeriesExemplars>, Error> {
        Ok(Vec::new())
    }

    fn metadata(&self) -> Result<BTreeMap<String, Vec<Metadata>>, Error> {
        Ok(BTreeMap::new())
    }
}

//! One answer that is kept: a dense column for each series.

use std::ops::Range;

use aio_source::Mark;
use aio_types::{Labels, Sample};

use crate::Samples;
use crate::column::{ABSENT, is_absent};
use crate::outcome::Series;
use crate::plan::Times;

/// What a series takes beside labels and values.
const SERIES_BYTES: usize = 64;

/// An answer and of which moment it is.
#[derive(Debug)]
pub(crate) struct Kept {
    mark: Mark,
    times: Times,
    /// In order of labels.
    series: Vec<(Labels, Box<[f64]>)>,
    bytes: usize,
}

impl Kept {
    /// `None` where it is larger than `bytes_max`, or has histograms. Labels and values are those of a range query over
    /// `times`.
    pub(super) fn of(mark: Mark, times: Times, answer: &[Series], bytes_max: usize) -> Option<Self> {
        let bytes_of = |one: &Series| SERIES_BYTES + one.labels.memory() + times.steps * size_of::<f64>();
        let bytes: usize = answer.iter().map(bytes_of).sum();
        if bytes > bytes_max || answer.iter().any(|one| !one.samples.histograms.is_empty()) {
            return None;
        }
        let series = answer.iter().map(|one| (one.labels.clone(), column(&one.samples.floats, times)));
        Some(Self { mark, times, series: series.collect(), bytes })
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) fn times(&self) -> Times {
        self.times
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn series_count(&self) -> usize {
        self.series.len()
    }

    /// What is kept of some steps, and behind it the samples of others that come after those.
    pub(super) fn joined(&self, steps: Range<usize>, rest: Vec<Series>) -> Vec<Series> {
        let mut all = Vec::with_capacity(self.series.len().max(rest.len()));
        let mut rest = rest.into_iter().peekable();
        for (labels, column) in &self.series {
            while let Some(new) = rest.next_if(|one| one.labels < *labels) {
                all.push(new);
            }
            let more = rest.next_if(|one| one.labels == *labels).map(|one| one.samples.floats).unwrap_or_default();
            let mut floats = Vec::with_capacity(steps.len() + more.len());
            let known = steps.clone().map(|step| Sample { t: self.times.get(step), v: column[step] });
            floats.extend(known.filter(|sample| !is_absent(sample.v)));
            floats.extend(more);
            if !floats.is_empty() {
                all.push(Series { labels: labels.clone(), samples: Samples::from(floats) });
            }
        }
        all.extend(rest);
        all
    }
}

fn column(floats: &[Sample], times: Times) -> Box<[f64]> {
    let mut next = floats.iter().peekable();
    times.iter().map(|t| next.next_if(|sample| sample.t == t).map_or(ABSENT, |sample| sample.v)).collect()
}

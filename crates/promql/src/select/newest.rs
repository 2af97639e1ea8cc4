//! Instant selectors: the newest sample of `(t - lookback, t]` at every step. A stale marker ends a series at once.

use std::sync::Arc;

use aio_types::{HistogramSample, Labels, Sample, Samples, TimeRange, TimestampMs, is_stale};

use super::Read;
use super::prepare::remove_buckets;
use crate::Error;
use crate::budget::Counts;
use crate::column::{ABSENT, Column, Point, histogram_size, stored};
use crate::eval::Context;
use crate::plan::{Selector, Times};
use crate::row::Row;

/// A sample that a series has at a step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Newest<'a> {
    /// With its start time.
    Float(Sample, TimestampMs),
    Histogram(&'a HistogramSample),
}

impl Newest<'_> {
    pub(crate) fn time(&self) -> TimestampMs {
        match self {
            Self::Float(sample, _) => sample.t,
            Self::Histogram(sample) => sample.t,
        }
    }

    pub(crate) fn start(&self) -> TimestampMs {
        match self {
            Self::Float(_, start) => *start,
            Self::Histogram(sample) => sample.start,
        }
    }

    fn is_stale(&self) -> bool {
        match self {
            Self::Float(sample, _) => is_stale(sample.v),
            Self::Histogram(sample) => sample.h.is_stale(),
        }
    }

    fn point(&self) -> Point {
        match self {
            Self::Float(sample, _) => Point::Float(stored(sample.v)),
            Self::Histogram(sample) => Point::Histogram(Arc::clone(&sample.h)),
        }
    }
}

/// What to make of a series.
type MakeRow<'a> = &'a (dyn Fn(&Labels, &mut Samples) -> Result<Option<Row>, Error> + Sync);

/// Which samples are the newest ones, asked for at times that never go back.
struct Cursor<'a> {
    samples: &'a Samples,
    lookback_ms: i64,
    floats: usize,
    histograms: usize,
}

impl<'a> Cursor<'a> {
    fn new(samples: &'a Samples, lookback_ms: i64) -> Self {
        Self { samples, lookback_ms, floats: 0, histograms: 0 }
    }

    fn at(&mut self, t: TimestampMs) -> Option<Newest<'a>> {
        let Samples { floats, histograms, .. } = self.samples;
        while floats.get(self.floats).is_some_and(|s| s.t <= t) {
            self.floats += 1;
        }
        while histograms.get(self.histograms).is_some_and(|s| s.t <= t) {
            self.histograms += 1;
        }
        let float = self.floats.checked_sub(1).map(|i| Newest::Float(floats[i], self.samples.start_of(i)));
        let histogram = self.histograms.checked_sub(1).map(|i| Newest::Histogram(&histograms[i]));
        let newest = match (float, histogram) {
            (Some(f), Some(h)) => Some(if h.time() > f.time() { h } else { f }),
            (f, h) => f.or(h),
        };
        newest.filter(|n| n.time() > t.saturating_add(-self.lookback_ms) && !n.is_stale())
    }
}

/// The values of a series without histograms, and how many there are.
fn newest_floats(samples: &[Sample], times: Times, lookback_ms: i64) -> (Vec<f64>, usize) {
    let (mut cursor, mut present) = (0, 0);
    let mut at = |t: TimestampMs| {
        while samples.get(cursor).is_some_and(|s| s.t <= t) {
            cursor += 1;
        }
        match cursor.checked_sub(1).map(|i| samples[i]) {
            Some(newest) if newest.t > t.saturating_add(-lookback_ms) && !is_stale(newest.v) => {
                present += 1;
                stored(newest.v)
            }
            _ => ABSENT,
        }
    };
    let values = times.iter().map(&mut at).collect();
    (values, present)
}

impl Context<'_> {
    pub(crate) fn newest(&self, selector: &Selector) -> Result<Vec<Row>, Error> {
        if selector.smoothed {
            return self.smoothed(selector);
        }
        let mut out = Vec::new();
        self.newest_batches(selector, &mut |mut rows| {
            out.append(&mut rows);
            Ok(())
        })?;
        Ok(out)
    }

    pub(crate) fn newest_batches(
        &self,
        selector: &Selector,
        see: &mut dyn FnMut(Vec<Row>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let times = self.times.shifted(selector.shift);
        self.newest_of(selector, &|labels, samples| self.newest_row(selector, times, labels, samples), see)
    }

    /// Values made of the newest samples rather than theirs.
    pub(crate) fn newest_as(
        &self,
        selector: &Selector,
        value: &(dyn Fn(&Newest<'_>) -> Option<f64> + Sync),
    ) -> Result<Vec<Row>, Error> {
        let times = self.times.shifted(selector.shift);
        let make = |labels: &Labels, samples: &mut Samples| {
            let mut cursor = Cursor::new(samples, self.query.lookback_ms);
            let at = |t| cursor.at(t).and_then(|newest| value(&newest)).unwrap_or(ABSENT);
            self.row_of(labels, Column::of(times.iter().map(at).collect()))
        };
        let mut out = Vec::new();
        self.newest_of(selector, &make, &mut |mut rows| {
            out.append(&mut rows);
            Ok(())
        })?;
        Ok(out)
    }

    fn newest_of(
        &self,
        selector: &Selector,
        make: MakeRow<'_>,
        see: &mut dyn FnMut(Vec<Row>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.times.steps == 0 {
            return Ok(());
        }
        let times = self.times.shifted(selector.shift);
        let start = times.start.saturating_add(-self.query.lookback_ms).saturating_add(1);
        let span = TimeRange { start, end: times.end() };
        let read = if times.steps == 1 { Read::Newest } else { Read::All };
        for batch in self.select(&selector.matchers, span)?.chunks(self.batch_series()) {
            let rows = self.read_each(batch, span, read, make)?.into_iter().flatten().collect();
            see(self.held(rows)?)?;
        }
        Ok(())
    }

    fn newest_row(
        &self,
        selector: &Selector,
        times: Times,
        labels: &Labels,
        samples: &mut Samples,
    ) -> Result<Option<Row>, Error> {
        if selector.stats_only {
            remove_buckets(&mut samples.histograms);
        }
        let lookback_ms = self.query.lookback_ms;
        if samples.histograms.is_empty() && !self.query.budget.counts_steps() {
            let (values, present) = newest_floats(&samples.floats, times, lookback_ms);
            self.count(&Counts::of(present as u64));
            return Ok((present > 0).then(|| Row::new(labels.clone(), Column::of(values))));
        }
        let mut cursor = Cursor::new(samples, lookback_ms);
        let mut column = Column::absent(times.steps);
        for (step, t) in times.iter().enumerate() {
            if let Some(newest) = cursor.at(t) {
                column.set(step, newest.point());
            }
        }
        self.row_of(labels, column)
    }

    /// A row that has any value, counted.
    pub(super) fn row_of(&self, labels: &Labels, column: Column) -> Result<Option<Row>, Error> {
        if !column.has_any() {
            return Ok(None);
        }
        if self.query.budget.counts_steps() {
            let at = |step| column.histogram(step).map_or(usize::from(column.is_present(step)), |h| histogram_size(h));
            let mut counts = self.counts();
            (0..column.steps()).for_each(|step| counts.push(at(step) as u64));
            self.count(&counts);
        } else {
            self.count(&Counts::of(column.size() as u64));
        }
        Ok(Some(Row::new(labels.clone(), column)))
    }

    /// Rows of a batch, once what they were made of is let go.
    pub(crate) fn held(&self, rows: Vec<Row>) -> Result<Vec<Row>, Error> {
        self.query.budget.hold(rows.iter().map(Row::weight).sum())?;
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use aio_types::stale_nan;

    use super::*;

    fn floats(points: &[(i64, f64)]) -> Vec<Sample> {
        points.iter().map(|&(t, v)| Sample { t: TimestampMs(t), v }).collect()
    }

    #[test]
    fn the_newest_sample_counts_until_it_is_old_or_stale() {
        let samples = floats(&[(0, 1.0), (10, 2.0), (40, stale_nan()), (50, 5.0)]);
        let times = Times::until(TimestampMs(0), TimestampMs(60), 10);
        let (values, present) = newest_floats(&samples, times, 20);
        let shown: Vec<String> =
            values.iter().map(|v| if crate::column::is_absent(*v) { "_".to_owned() } else { v.to_string() }).collect();
        assert_eq!((shown.join(" ").as_str(), present), ("1 2 2 _ _ 5 5", 5));
        let all = Samples::from(samples);
        let mut cursor = Cursor::new(&all, 20);
        let same: Vec<bool> = times.iter().map(|t| cursor.at(t).is_some()).collect();
        assert_eq!(same, [true, true, true, false, false, true, true]);
    }
}

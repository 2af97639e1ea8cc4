//! Samples behind selectors and subqueries, and what is read off them at every step.

use std::collections::HashMap;

use aio_types::{Labels, Sample, TimeRange, TimestampMs, is_stale};

use crate::eval::{Context, Grid, Row, unique};
use crate::notes::Near;
use crate::plan::{Plan, Selector, Window, WindowSource};
use crate::range::{self, Frame, RangeFunction};
use crate::{Error, Series};

/// A subquery is evaluated by parts of this many steps, so that the values between its nodes stay small and a query that
/// is given up stops soon.
const SUBQUERY_PART_STEPS: usize = 1 << 16;

impl Context<'_> {
    /// Newest sample in `(t - lookback, t]` per step; a stale marker ends the series at once.
    pub(crate) fn instant(
        &self,
        selector: &Selector,
        value: impl Fn(Sample, TimestampMs) -> f64,
    ) -> Result<Vec<Row>, Error> {
        let (times, lookback) = (self.times(selector.shift), self.query.lookback_ms);
        let mut rows = Vec::new();
        for one in self.load(&selector.matchers, &times, lookback)? {
            let mut cursor = 0;
            let mut at = |&t: &TimestampMs| {
                while one.samples.get(cursor).is_some_and(|s| s.t <= t) {
                    cursor += 1;
                }
                let newest = cursor.checked_sub(1).map(|i| one.samples[i])?;
                let fresh = newest.t > t.saturating_add(-lookback) && !is_stale(newest.v);
                fresh.then(|| value(newest, t))
            };
            self.push(&mut rows, one.labels, times.iter().map(&mut at).collect())?;
        }
        Ok(rows)
    }

    pub(crate) fn over_range(
        &self,
        function: RangeFunction,
        window: &Window,
        param: Option<&[f64]>,
    ) -> Result<Vec<Row>, Error> {
        if function == RangeFunction::Quantile {
            let quantiles = param.into_iter().flatten();
            quantiles.for_each(|q| self.query.notes.check_quantile(*q, "quantile_over_time"));
        }
        let times = self.times(window.shift);
        let mut rows = Vec::new();
        for one in self.windowed(window, &times)? {
            if function.wants_counter() {
                self.note_no_counter(&one.labels);
            }
            let mut cut = Cut { samples: &one.samples, range_ms: window.range_ms, from: 0, to: 0 };
            let steps = times.iter().zip(self.grid.times()).enumerate();
            let values = steps.map(|(i, (&t, now))| range::apply(function, cut.at(t, now), param.map(|p| p[i])));
            let values = values.collect();
            let labels = if function.keeps_name() { one.labels } else { one.labels.without_metric_name() };
            self.push(&mut rows, labels, values)?;
        }
        unique(rows)
    }

    /// 1 at the steps in whose window no series has a sample.
    pub(crate) fn absent_over_time(&self, window: &Window, labels: &Labels) -> Result<Vec<Row>, Error> {
        let times = self.times(window.shift);
        let mut values = vec![Some(1.0); times.len()];
        for one in self.windowed(window, &times)? {
            let mut cut = Cut { samples: &one.samples, range_ms: window.range_ms, from: 0, to: 0 };
            for (value, &t) in values.iter_mut().zip(&times) {
                if !cut.at(t, t).samples.is_empty() {
                    *value = None;
                }
            }
        }
        let row = Row { labels: labels.clone(), values };
        Ok(if row.has_any() { vec![row] } else { Vec::new() })
    }

    /// The samples of a window at the only step of an instant query.
    pub(crate) fn raw(&self, window: &Window) -> Result<Vec<crate::Series>, Error> {
        let series = self.windowed(window, &self.times(window.shift))?;
        Ok(series.into_iter().filter(|s| !s.samples.is_empty()).collect())
    }

    /// Every series with the samples of all windows that end at `times`, without stale markers.
    fn windowed(&self, window: &Window, times: &[TimestampMs]) -> Result<Vec<Series>, Error> {
        match &window.source {
            WindowSource::Stored(matchers) => {
                let mut series = self.load(matchers, times, window.range_ms)?;
                series.iter_mut().for_each(|s| s.samples.retain(|s| !is_stale(s.v)));
                Ok(series)
            }
            WindowSource::Subquery { plan, step_ms } => {
                let step_ms = step_ms.unwrap_or(self.query.config.subquery_step_ms).max(1);
                self.subquery(plan, step_ms, window.range_ms, times)
            }
        }
    }

    /// Evaluates at the multiples of the step that lie in any window.
    fn subquery(&self, plan: &Plan, step_ms: i64, range_ms: i64, times: &[TimestampMs]) -> Result<Vec<Series>, Error> {
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return Ok(Vec::new()) };
        let before = first.0.saturating_sub(range_ms);
        let start = before.div_euclid(step_ms).saturating_add(1).saturating_mul(step_ms);
        let Ok(steps) = usize::try_from(last.0.saturating_sub(start).div_euclid(step_ms).saturating_add(1)) else {
            return Ok(Vec::new());
        };
        self.charge(steps)?;
        let mut joined = Joined::default();
        let mut grid = Grid { start: TimestampMs(start), step_ms, steps: 0 };
        let mut left = steps;
        while left > 0 {
            grid.steps = left.min(SUBQUERY_PART_STEPS);
            joined.append(self.subquery_part(plan, grid)?, grid);
            left -= grid.steps;
            let done = i64::try_from(grid.steps).unwrap_or(i64::MAX);
            grid.start = grid.start.saturating_add(step_ms.saturating_mul(done));
        }
        Ok(joined.series)
    }

    fn subquery_part(&self, plan: &Plan, grid: Grid) -> Result<Vec<Row>, Error> {
        let inner = Context { query: self.query, grid };
        match inner.eval(plan)? {
            crate::eval::Grown::Scalar(values) => {
                Ok(vec![Row { labels: Labels::default(), values: values.into_iter().map(Some).collect() }])
            }
            other => other.vector("subquery"),
        }
    }

    fn load(
        &self,
        matchers: &[aio_types::Matcher],
        times: &[TimestampMs],
        window_ms: i64,
    ) -> Result<Vec<Series>, Error> {
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return Ok(Vec::new()) };
        let range = TimeRange { start: first.saturating_add(-window_ms).saturating_add(1), end: *last };
        let mut left = self.query.budget.get();
        let mut series = Vec::new();
        for reader in self.query.source.select(matchers, range)? {
            let mut samples = aio_types::Samples::default();
            reader.read(range, &mut samples)?;
            let samples = samples.floats;
            left = left.checked_sub(samples.len()).ok_or(Error::TooManySamples)?;
            self.query.loaded.set(self.query.loaded.get().saturating_add(samples.len()));
            if !samples.is_empty() {
                series.push(Series { labels: reader.labels().clone(), samples });
            }
        }
        Ok(series)
    }

    /// Adds a row that has any value, against the budget.
    fn push(&self, rows: &mut Vec<Row>, labels: Labels, values: Vec<Option<f64>>) -> Result<(), Error> {
        self.check()?;
        let row = Row { labels, values };
        if row.has_any() {
            self.charge(row.values.len())?;
            rows.push(row);
        }
        Ok(())
    }

    fn note_no_counter(&self, labels: &Labels) {
        let name = labels.metric_name();
        let is_counter = ["_total", "_sum", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix));
        if !name.is_empty() && !is_counter {
            let why = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket";
            self.query.notes.inform(&format!("{why}: {name:?}"), Near::Word(name));
        }
    }
}

/// The series of a subquery, of which one part of its steps after the other is known.
#[derive(Default)]
struct Joined {
    series: Vec<Series>,
    places: HashMap<Labels, usize>,
}

impl Joined {
    fn append(&mut self, rows: Vec<Row>, grid: Grid) {
        for Row { labels, values } in rows {
            let place = *self.places.entry(labels).or_insert_with_key(|labels| {
                self.series.push(Series { labels: labels.clone(), samples: Vec::new() });
                self.series.len() - 1
            });
            let samples = grid.times().zip(values).filter_map(|(t, v)| v.map(|v| Sample { t, v }));
            self.series[place].samples.extend(samples);
        }
    }
}

/// Windows over one series, cut at times that never go back.
struct Cut<'a> {
    samples: &'a [Sample],
    range_ms: i64,
    from: usize,
    to: usize,
}

impl<'a> Cut<'a> {
    fn at(&mut self, end: TimestampMs, now: TimestampMs) -> Frame<'a> {
        let start = end.saturating_add(-self.range_ms);
        while self.samples.get(self.to).is_some_and(|s| s.t <= end) {
            self.to += 1;
        }
        while self.from < self.to && self.samples[self.from].t <= start {
            self.from += 1;
        }
        Frame { samples: &self.samples[self.from..self.to], start, end, now }
    }
}

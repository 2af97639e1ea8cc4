//! Evaluation over a grid of steps: every node yields one value per step, or nothing at that step.

use aio_source::MetricsSource;
use aio_types::{Labels, Sample, TimeRange, TimestampMs, is_stale};

use crate::error::duplicate_labels;
use crate::plan::{Plan, RangeFunction, Selector};
use crate::{Config, Error, aggregate, binary, functions, histogram, range};

/// The times at which a query is evaluated, ascending.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    pub(crate) start: TimestampMs,
    pub(crate) step_ms: i64,
    pub(crate) steps: usize,
}

impl Grid {
    pub(crate) fn times(self) -> impl Iterator<Item = TimestampMs> {
        std::iter::successors(Some(self.start), move |t| Some(t.saturating_add(self.step_ms))).take(self.steps)
    }

    fn last(self) -> TimestampMs {
        self.times().last().unwrap_or(self.start)
    }
}

/// One output series: a value per step.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) labels: Labels,
    pub(crate) values: Vec<Option<f64>>,
}

/// What a node yields.
#[derive(Debug)]
pub(crate) enum Grown {
    Scalar(Vec<f64>),
    Vector(Vec<Row>),
    Text(String),
}

impl Grown {
    pub(crate) fn vector(self, what: &str) -> Result<Vec<Row>, Error> {
        match self {
            Self::Vector(rows) => Ok(rows),
            _ => Err(Error::Parse(format!("parse error: expected type instant vector in {what}"))),
        }
    }

    pub(crate) fn scalar(self, what: &str) -> Result<Vec<f64>, Error> {
        match self {
            Self::Scalar(values) => Ok(values),
            _ => Err(Error::Parse(format!("parse error: expected type scalar in {what}"))),
        }
    }
}

/// One query under way.
pub(crate) struct Context<'a> {
    pub(crate) source: &'a dyn MetricsSource,
    pub(crate) config: &'a Config,
    pub(crate) grid: Grid,
    pub(crate) stop: &'a dyn Fn() -> bool,
}

impl Context<'_> {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if (self.stop)() { Err(Error::Timeout) } else { Ok(()) }
    }

    pub(crate) fn eval(&self, plan: &Plan) -> Result<Grown, Error> {
        self.check()?;
        Ok(match plan {
            Plan::Number(v) => Grown::Scalar(vec![*v; self.grid.steps]),
            Plan::Text(text) => Grown::Text(text.clone()),
            Plan::Time => Grown::Scalar(self.grid.times().map(TimestampMs::as_secs_f64).collect()),
            Plan::Selector(selector) => Grown::Vector(self.instant(selector)?),
            Plan::Range { .. } => {
                return Err(Error::Parse("parse error: a range vector is not allowed here".to_owned()));
            }
            Plan::OverRange { function, selector, range_ms, quantile } => {
                let quantile = quantile.as_deref().map(|q| self.eval(q)?.scalar("quantile_over_time")).transpose()?;
                Grown::Vector(self.over_range(*function, selector, *range_ms, quantile.as_deref())?)
            }
            Plan::Negate(input) => match self.eval(input)? {
                Grown::Scalar(values) => Grown::Scalar(values.into_iter().map(|v| -v).collect()),
                other => Grown::Vector(map_rows(other.vector("unary expression")?, |v| -v)?),
            },
            Plan::Binary { op, left, right, matching, return_bool } => {
                binary::eval(self, *op, self.eval(left)?, self.eval(right)?, matching, *return_bool)?
            }
            Plan::Aggregate { op, input, param, grouping } => {
                let param = param.as_deref().map(|p| self.eval(p)?.scalar("aggregation parameter")).transpose()?;
                let rows = self.eval(input)?.vector("aggregation expression")?;
                Grown::Vector(aggregate::eval(*op, &rows, param.as_deref(), grouping, self.grid.steps)?)
            }
            Plan::Math { function, args } => functions::math(self, *function, args)?,
            Plan::HistogramQuantile { quantile, input } => {
                let quantile = self.eval(quantile)?.scalar("histogram_quantile")?;
                let rows = self.eval(input)?.vector("histogram_quantile")?;
                Grown::Vector(histogram::quantile(&quantile, &rows, self.grid.steps))
            }
            Plan::Vector(input) => {
                let values = self.eval(input)?.scalar("vector")?.into_iter().map(Some).collect();
                Grown::Vector(vec![Row { labels: Labels::default(), values }])
            }
            Plan::Scalar(input) => {
                Grown::Scalar(functions::scalar(&self.eval(input)?.vector("scalar")?, self.grid.steps))
            }
            Plan::Absent { input, labels } => {
                Grown::Vector(functions::absent(&self.eval(input)?.vector("absent")?, labels, self.grid.steps))
            }
            Plan::LabelReplace { input, target, replacement, source, pattern } => {
                let rows = self.eval(input)?.vector("label_replace")?;
                Grown::Vector(functions::label_replace(rows, target, replacement, source, pattern)?)
            }
        })
    }

    /// Newest sample in `(t - lookback, t]` per step; a stale marker ends the series at once.
    fn instant(&self, selector: &Selector) -> Result<Vec<Row>, Error> {
        let lookback = self.config.lookback_ms;
        let at = |samples: &[Sample], t: TimestampMs, cursor: &mut usize| {
            while samples.get(*cursor).is_some_and(|s| s.t <= t) {
                *cursor += 1;
            }
            let newest = cursor.checked_sub(1).map(|i| samples[i])?;
            (newest.t > t.saturating_add(-lookback) && !is_stale(newest.v)).then_some(newest.v)
        };
        self.rows(selector, lookback, |samples, times| {
            let mut cursor = 0;
            times.map(|t| at(samples, t, &mut cursor)).collect()
        })
    }

    fn over_range(
        &self,
        function: RangeFunction,
        selector: &Selector,
        range_ms: i64,
        quantile: Option<&[f64]>,
    ) -> Result<Vec<Row>, Error> {
        let rows = self.rows(selector, range_ms, |samples, times| {
            let fresh: Vec<Sample> = samples.iter().filter(|s| !is_stale(s.v)).copied().collect();
            let (mut from, mut to) = (0, 0);
            let value = |(i, t): (usize, TimestampMs)| {
                let start = t.saturating_add(-range_ms);
                while fresh.get(to).is_some_and(|s| s.t <= t) {
                    to += 1;
                }
                while from < to && fresh[from].t <= start {
                    from += 1;
                }
                range::apply(function, &fresh[from..to], start, t, quantile.map(|q| q[i]))
            };
            times.enumerate().map(value).collect()
        })?;
        if function == RangeFunction::Last { Ok(rows) } else { without_name(rows) }
    }

    /// Loads the series a selector needs for the whole grid and turns each into a row.
    fn rows(
        &self,
        selector: &Selector,
        window_ms: i64,
        values: impl Fn(&[Sample], &mut dyn Iterator<Item = TimestampMs>) -> Vec<Option<f64>>,
    ) -> Result<Vec<Row>, Error> {
        let back = -selector.offset_ms;
        let range = TimeRange {
            start: self.grid.start.saturating_add(back).saturating_add(-window_ms).saturating_add(1),
            end: self.grid.last().saturating_add(back),
        };
        let series = self.source.select(&selector.matchers, range, self.config.max_samples)?;
        let mut rows = Vec::with_capacity(series.len());
        for one in series {
            self.check()?;
            let mut times = self.grid.times().map(|t| t.saturating_add(back));
            let values = values(&one.samples, &mut times);
            if values.iter().any(Option::is_some) {
                rows.push(Row { labels: one.labels, values });
            }
        }
        Ok(rows)
    }

    /// The raw samples of a range selector at the end of the grid, for instant queries of `x[5m]`.
    pub(crate) fn raw(&self, selector: &Selector, range_ms: i64) -> Result<Vec<crate::Series>, Error> {
        let end = self.grid.start.saturating_add(-selector.offset_ms);
        let range = TimeRange { start: end.saturating_add(-range_ms).saturating_add(1), end };
        let series = self.source.select(&selector.matchers, range, self.config.max_samples)?;
        let fresh = |s: aio_source::Series| crate::Series {
            labels: s.labels,
            samples: s.samples.into_iter().filter(|s| !is_stale(s.v)).collect(),
        };
        Ok(series.into_iter().map(fresh).filter(|s| !s.samples.is_empty()).collect())
    }
}

/// Applies `f` to every value and drops the metric name.
pub(crate) fn map_rows(mut rows: Vec<Row>, f: impl Fn(f64) -> f64) -> Result<Vec<Row>, Error> {
    for row in &mut rows {
        row.values.iter_mut().flatten().for_each(|v| *v = f(*v));
    }
    without_name(rows)
}

/// Drops the metric name.
///
/// # Errors
/// When two series become one by it.
pub(crate) fn without_name(mut rows: Vec<Row>) -> Result<Vec<Row>, Error> {
    for row in &mut rows {
        row.labels = row.labels.without_metric_name();
    }
    unique(rows)
}

/// Refuses rows with equal label sets.
pub(crate) fn unique(rows: Vec<Row>) -> Result<Vec<Row>, Error> {
    let mut seen = std::collections::HashSet::with_capacity(rows.len());
    if rows.iter().all(|row| seen.insert(&row.labels)) { Ok(rows) } else { Err(duplicate_labels()) }
}

//! Metric queries: values on a grid of steps.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::LogsSource;
use aio_types::{Labels, TimestampNs};

use crate::ast::{AggregateOp, BinaryOp, Expr, Grouping, RangeExpr, RangeOp};
use crate::engine::{Limits, MetricSeries, check_series};
use crate::error::Error;
use crate::hints;
use crate::pipeline::{self, ERROR};

/// The moments a query is evaluated at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    start: i64,
    step: i64,
    len: usize,
}

impl Grid {
    pub(crate) fn instant(at: TimestampNs) -> Self {
        Self { start: at.0, step: 1, len: 1 }
    }

    /// Steps are multiples of their width, whatever the range is: the start is rounded down, the end up.
    pub(crate) fn range(start: TimestampNs, end: TimestampNs, step: i64) -> Self {
        let step = step.max(1);
        let first = start.0.div_euclid(step).saturating_mul(step);
        let last = end.0.saturating_add(step - 1).div_euclid(step).saturating_mul(step);
        let len = usize::try_from(last.saturating_sub(first) / step).map_or(0, |n| n + 1);
        Self { start: first, step, len }
    }

    #[expect(clippy::cast_possible_wrap, reason = "below len, which came from an i64")]
    fn at(&self, i: usize) -> TimestampNs {
        TimestampNs(self.start.saturating_add(self.step.saturating_mul(i as i64)))
    }
}

/// One value per step, `None` where there is none.
type Values = Vec<Option<f64>>;
type Series = BTreeMap<Labels, Values>;

enum Value {
    Constant(f64),
    Series(Series),
}

/// One query at work.
pub(crate) struct Evaluation<'a> {
    pub(crate) source: &'a dyn LogsSource,
    pub(crate) grid: Grid,
    pub(crate) limits: &'a Limits,
    pub(crate) stop: &'a AtomicBool,
}

/// The value of an expression of numbers alone.
pub(crate) fn constant(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Literal(n) => Some(*n),
        Expr::Binary { op, left, right } => Some(arithmetic(*op, constant(left)?, constant(right)?)),
        _ => None,
    }
}

impl Evaluation<'_> {
    pub(crate) fn run(&self, expr: &Expr) -> Result<Vec<MetricSeries>, Error> {
        let series = match self.eval(expr)? {
            Value::Constant(n) => Series::from([(Labels::default(), vec![Some(n); self.grid.len])]),
            Value::Series(series) => series,
        };
        let points = |values: Values| {
            values.into_iter().enumerate().filter_map(|(i, v)| Some((self.grid.at(i), v?))).collect::<Vec<_>>()
        };
        let out = series.into_iter().map(|(labels, values)| MetricSeries { labels, points: points(values) });
        let out: Vec<MetricSeries> = out.filter(|s| !s.points.is_empty()).collect();
        check_series(&out.iter().map(|s| s.labels.clone()).collect::<BTreeSet<_>>(), self.limits)?;
        Ok(out)
    }

    fn eval(&self, expr: &Expr) -> Result<Value, Error> {
        Ok(match expr {
            Expr::Literal(n) => Value::Constant(*n),
            Expr::Vector(n) => Value::Series(Series::from([(Labels::default(), vec![Some(*n); self.grid.len])])),
            Expr::Log(_) => return Err(Error::LogQueryAsInstant),
            Expr::Range(range) => Value::Series(self.windows(range)?),
            Expr::Aggregate { op, grouping, of } => match self.eval(of)? {
                Value::Constant(_) => {
                    return Err(Error::Invalid("aggregation of a number: expecting a vector".to_owned()));
                }
                Value::Series(series) => Value::Series(self.aggregate(*op, grouping.as_ref(), series)),
            },
            Expr::Binary { op, left, right } => self.binary(*op, self.eval(left)?, self.eval(right)?),
        })
    }

    /// Samples of all windows together, by label set, then a sliding sum.
    fn windows(&self, range: &RangeExpr) -> Result<Series, Error> {
        if self.grid.len == 0 {
            return Ok(Series::new());
        }
        let first = self.grid.at(0).saturating_add(range.offset_ns.saturating_neg());
        let last = self.grid.at(self.grid.len - 1).saturating_add(range.offset_ns.saturating_neg());
        // A window is open on the left and closed on the right.
        let start = first.saturating_add(range.range_ns.saturating_neg()).saturating_add(1);
        let samples = self.samples(range, start, last.saturating_add(1))?;
        #[expect(clippy::cast_precision_loss, reason = "rates are per float second")]
        let per = match range.op {
            RangeOp::Count | RangeOp::Bytes => 1.0,
            RangeOp::Rate | RangeOp::BytesRate => range.range_ns as f64 / 1e9,
        };
        let series = samples.into_iter().map(|(labels, mut samples)| {
            samples.sort_by_key(|(ts, _)| *ts);
            (labels, self.slide(&samples, range, per))
        });
        Ok(series.collect())
    }

    /// `samples` ascend in time.
    fn slide(&self, samples: &[(i64, u64)], range: &RangeExpr, per: f64) -> Values {
        let (mut from, mut to, mut sum) = (0, 0, 0_u64);
        let window = |i: usize| {
            let end = self.grid.at(i).saturating_add(range.offset_ns.saturating_neg()).0;
            while samples.get(to).is_some_and(|(ts, _)| *ts <= end) {
                sum += samples[to].1;
                to += 1;
            }
            while from < to && samples[from].0 <= end.saturating_sub(range.range_ns) {
                sum -= samples[from].1;
                from += 1;
            }
            #[expect(clippy::cast_precision_loss, reason = "results are floats")]
            let value = sum as f64 / per;
            (to > from).then_some(value)
        };
        (0..self.grid.len).map(window).collect()
    }

    fn samples(
        &self,
        range: &RangeExpr,
        start: TimestampNs,
        end: TimestampNs,
    ) -> Result<BTreeMap<Labels, Vec<(i64, u64)>>, Error> {
        let select = hints::select(&range.log, start, end, false);
        let mut out: BTreeMap<Labels, Vec<(i64, u64)>> = BTreeMap::new();
        let mut count = 0_usize;
        let mut fault = None;
        self.source.select(&select, &mut |batch| {
            if self.stop.load(Ordering::Relaxed) {
                fault = Some(Error::Stopped);
                return ControlFlow::Break(());
            }
            for entry in &batch.entries {
                let Some(labels) = pipeline::apply(&range.log.stages, &batch.labels, entry) else { continue };
                let labels = labels.merged();
                let error = labels.get(ERROR);
                if !error.is_empty() {
                    fault = Some(Error::Pipeline { kind: error.to_owned(), series: labels.to_string() });
                    return ControlFlow::Break(());
                }
                let value = match range.op {
                    RangeOp::Count | RangeOp::Rate => 1,
                    RangeOp::Bytes | RangeOp::BytesRate => entry.line.len() as u64,
                };
                out.entry(labels).or_default().push((entry.ts.0, value));
                count += 1;
            }
            if count > self.limits.samples_max {
                fault = Some(Error::TooMuch(format!(
                    "the query needs more than {} samples in memory; shorten its range or select fewer lines",
                    self.limits.samples_max
                )));
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        fault.map_or(Ok(out), Err)
    }

    fn aggregate(&self, op: AggregateOp, grouping: Option<&Grouping>, series: Series) -> Series {
        let mut groups: BTreeMap<Labels, Vec<Values>> = BTreeMap::new();
        for (labels, values) in series {
            let key = match grouping {
                None => Labels::default(),
                Some(g) => labels.filter(|name| g.labels.iter().any(|l| l == name) != g.without),
            };
            groups.entry(key).or_default().push(values);
        }
        let join = |members: &[Values], i: usize| join(op, members.iter().filter_map(|m| m[i]));
        let values = |members: Vec<Values>| (0..self.grid.len).map(|i| join(&members, i)).collect();
        groups.into_iter().map(|(labels, members)| (labels, values(members))).collect()
    }

    fn binary(&self, op: BinaryOp, left: Value, right: Value) -> Value {
        let with = |values: Values, f: &dyn Fn(f64) -> f64| values.into_iter().map(|v| v.map(f)).collect::<Values>();
        match (left, right) {
            (Value::Constant(l), Value::Constant(r)) => Value::Constant(arithmetic(op, l, r)),
            (Value::Constant(l), Value::Series(r)) => {
                Value::Series(r.into_iter().map(|(k, v)| (k, with(v, &|r| arithmetic(op, l, r)))).collect())
            }
            (Value::Series(l), Value::Constant(r)) => {
                Value::Series(l.into_iter().map(|(k, v)| (k, with(v, &|l| arithmetic(op, l, r)))).collect())
            }
            // One-to-one on all labels.
            (Value::Series(l), Value::Series(mut r)) => {
                let pair = |(labels, left): (Labels, Values)| {
                    let right = r.remove(&labels)?;
                    let both = left.into_iter().zip(right).map(|(l, r)| Some(arithmetic(op, l?, r?)));
                    Some((labels, both.collect()))
                };
                Value::Series(l.into_iter().filter_map(pair).collect())
            }
        }
    }
}

fn join(op: AggregateOp, values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut count = 0_u32;
    let joined = values.inspect(|_| count += 1).reduce(|a, b| match op {
        AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Count => a + b,
        AggregateOp::Min => a.min(b),
        AggregateOp::Max => a.max(b),
    })?;
    Some(match op {
        AggregateOp::Avg => joined / f64::from(count),
        AggregateOp::Count => f64::from(count),
        AggregateOp::Sum | AggregateOp::Min | AggregateOp::Max => joined,
    })
}

fn arithmetic(op: BinaryOp, left: f64, right: f64) -> f64 {
    match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left * right,
        BinaryOp::Div if right == 0.0 => f64::NAN,
        BinaryOp::Div => left / right,
        BinaryOp::Mod if right == 0.0 => f64::NAN,
        BinaryOp::Mod => left % right,
        BinaryOp::Pow => left.powf(right),
    }
}

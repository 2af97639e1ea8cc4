//! Metric queries: values on a grid of steps.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::{LogsBatch, LogsSource};
use aio_types::{Labels, TimestampNs};

use crate::ast::{AggregateOp, BinaryOp, Expr, Grouping, RangeExpr, RangeOp};
use crate::engine::{Limits, MetricSeries};
use crate::error::Error;
use crate::hints;
use crate::pipeline::{self, Categorized, ERROR, Needed};

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

    /// The steps whose windows of `range` hold `ts`: a window is open on the left and closed on the right.
    fn windows_of(&self, ts: i64, range: i64) -> Option<(usize, usize)> {
        let steps_to = |t: i64| {
            let steps = (i128::from(t) - i128::from(self.start)).div_euclid(i128::from(self.step));
            let exact = (i128::from(t) - i128::from(self.start)).rem_euclid(i128::from(self.step)) == 0;
            if exact { steps } else { steps + 1 }
        };
        let first = usize::try_from(steps_to(ts)).unwrap_or(0);
        let after = usize::try_from(steps_to(ts.saturating_add(range))).unwrap_or(0).min(self.len);
        (first < after).then(|| (first, after - 1))
    }

    #[expect(clippy::cast_possible_wrap, reason = "below len, which came from an i64")]
    fn at(&self, i: usize) -> TimestampNs {
        TimestampNs(self.start.saturating_add(self.step.saturating_mul(i as i64)))
    }
}

/// One value per step, `None` where there is none.
type Values = Vec<Option<f64>>;
type Series = BTreeMap<Labels, Values>;

/// Lines of one label set by the first and last step whose windows they are in: how many, and the sum of their values.
type Cells = BTreeMap<(usize, usize), (u64, u64)>;

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
        if out.len() > self.limits.series_max {
            return Err(too_many_series(self.limits.series_max));
        }
        Ok(out)
    }

    fn eval(&self, expr: &Expr) -> Result<Value, Error> {
        Ok(match expr {
            Expr::Literal(n) => Value::Constant(*n),
            Expr::Vector(n) => Value::Series(Series::from([(Labels::default(), vec![Some(*n); self.grid.len])])),
            Expr::Log(_) => return Err(Error::LogQueryAsInstant),
            Expr::Range(range) => Value::Series(self.windows(range, None)?),
            Expr::Aggregate { op, grouping, of } => match self.operand(*op, grouping.as_ref(), of)? {
                Value::Constant(_) => {
                    return Err(Error::Invalid("aggregation of a number: expecting a vector".to_owned()));
                }
                Value::Series(series) => Value::Series(self.aggregate(*op, grouping.as_ref(), series)),
            },
            Expr::Binary { op, left, right } => self.binary(*op, self.eval(left)?, self.eval(right)?),
        })
    }

    /// What is aggregated. Sums of counts are summed as lines are read: only the labels they are grouped by matter, so
    /// nothing else is parsed from lines, and memory holds one series per group.
    fn operand(&self, op: AggregateOp, grouping: Option<&Grouping>, of: &Expr) -> Result<Value, Error> {
        match (op, of, grouping) {
            (AggregateOp::Sum, Expr::Range(range), None) => self.windows(range, Some(&[])).map(Value::Series),
            (AggregateOp::Sum, Expr::Range(range), Some(g)) if !g.without => {
                self.windows(range, Some(&g.labels)).map(Value::Series)
            }
            _ => self.eval(of),
        }
    }

    fn windows(&self, range: &RangeExpr, groups: Option<&[String]>) -> Result<Series, Error> {
        if self.grid.len == 0 {
            return Ok(Series::new());
        }
        let series = self.cells(range, groups)?;
        if series.len().saturating_mul(self.grid.len) > self.limits.samples_max {
            return Err(too_many_samples(self.limits.samples_max));
        }
        Ok(series.into_iter().map(|(labels, cells)| (labels, self.values(&cells, range))).collect())
    }

    fn values(&self, cells: &Cells, range: &RangeExpr) -> Values {
        #[expect(clippy::cast_precision_loss, reason = "rates are per float second")]
        let per = match range.op {
            RangeOp::Count | RangeOp::Bytes => 1.0,
            RangeOp::Rate | RangeOp::BytesRate => range.range_ns as f64 / 1e9,
        };
        // What begins and what ends at each step.
        let mut begins = vec![(0_u64, 0_u64); self.grid.len];
        let mut ends = vec![(0_u64, 0_u64); self.grid.len + 1];
        for (&(first, last), &(count, sum)) in cells {
            begins[first] = (begins[first].0 + count, begins[first].1 + sum);
            ends[last + 1] = (ends[last + 1].0 + count, ends[last + 1].1 + sum);
        }
        let (mut count, mut sum) = (0_u64, 0_u64);
        let value = |(begin, end): (&(u64, u64), &(u64, u64))| {
            count = count + begin.0 - end.0;
            sum = sum + begin.1 - end.1;
            #[expect(clippy::cast_precision_loss, reason = "results are floats")]
            let value = sum as f64 / per;
            (count > 0).then_some(value)
        };
        begins.iter().zip(&ends).map(value).collect()
    }

    fn cells(&self, range: &RangeExpr, groups: Option<&[String]>) -> Result<BTreeMap<Labels, Cells>, Error> {
        let (first, last) = (self.grid.at(0), self.grid.at(self.grid.len - 1));
        let shift = range.offset_ns.saturating_neg();
        let start = first.saturating_add(shift).saturating_add(range.range_ns.saturating_neg()).saturating_add(1);
        let end = last.saturating_add(shift).saturating_add(1);
        let select = hints::select(&range.log, start, end, false);
        let needed = groups.map_or(Needed::All, |groups| hints::needed(&range.log, groups));
        let mut counter = Counter { evaluation: self, range, groups, needed, series: BTreeMap::new(), cells: 0 };
        let mut fault = None;
        self.source.select(&select, &mut |batch| match counter.add(&batch) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        })?;
        fault.map_or(Ok(counter.series), Err)
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

/// Counts lines into cells.
struct Counter<'a> {
    evaluation: &'a Evaluation<'a>,
    range: &'a RangeExpr,
    /// The labels series keep; all for `None`.
    groups: Option<&'a [String]>,
    needed: Needed,
    series: BTreeMap<Labels, Cells>,
    /// Over all series.
    cells: usize,
}

impl Counter<'_> {
    fn add(&mut self, batch: &LogsBatch) -> Result<(), Error> {
        let Evaluation { grid, limits, stop, .. } = self.evaluation;
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        for entry in &batch.entries {
            let ts = entry.ts.0.saturating_add(self.range.offset_ns);
            let Some(windows) = grid.windows_of(ts, self.range.range_ns) else { continue };
            let stages = &self.range.log.stages;
            let Some(labels) = pipeline::apply(stages, &batch.labels, entry, &self.needed) else { continue };
            let value = match self.range.op {
                RangeOp::Count | RangeOp::Rate => 1,
                RangeOp::Bytes | RangeOp::BytesRate => entry.line.len() as u64,
            };
            let key = self.key(&labels)?;
            let cells = self.series.entry(key).or_default();
            let cell = cells.entry(windows).or_insert_with(|| {
                self.cells += 1;
                (0, 0)
            });
            *cell = (cell.0 + 1, cell.1 + value);
            if self.cells > limits.samples_max {
                return Err(too_many_samples(limits.samples_max));
            }
        }
        Ok(())
    }

    fn key(&self, labels: &Categorized) -> Result<Labels, Error> {
        let merged = labels.merged();
        let error = merged.get(ERROR);
        if !error.is_empty() {
            return Err(Error::Pipeline { kind: error.to_owned(), series: merged.to_string() });
        }
        Ok(match self.groups {
            None => merged,
            Some(groups) => merged.filter(|name| groups.iter().any(|g| g == name)),
        })
    }
}

fn too_many_samples(most: usize) -> Error {
    Error::TooMuch(format!(
        "the query needs more than {most} samples in memory; shorten its range or select fewer lines"
    ))
}

fn too_many_series(most: usize) -> Error {
    Error::TooMuch(format!(
        "maximum number of series ({most}) reached for a single query; consider reducing query cardinality by adding \
         more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), \
         count() or topk()"
    ))
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

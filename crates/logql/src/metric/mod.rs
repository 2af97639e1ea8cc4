//! Metric queries: values on a grid of steps.
//!
//! ```text
//!   lines ──pipeline──> key ──> cells (counts, sizes)  ─┐
//!   counts of lines ─────┘  └─> samples (unwrapped)    ─┴─ windows ──> series ──> aggregate, join, … ──> series
//! ```

mod aggregate;
mod cells;
mod collect;
mod count;
mod element;
mod grid;
mod join;
mod key;
mod label_replace;
mod samples;
mod set;
mod topk;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::LogsSource;
use aio_types::Labels;

use crate::engine::{Account, Config, MetricSeries};
use crate::error::Error;
use crate::parse::ast::{Grouping, RangeOp};
use crate::plan::{Join, Plan, Window};

pub(crate) use self::collect::reads;
pub(crate) use self::grid::Grid;

/// One value per step, `None` where there is none.
type Values = Vec<Option<f64>>;
/// In the order of their labels.
type Series = BTreeMap<Labels, Values>;

enum Value {
    Constant(f64),
    Series(Series),
}

/// One query at work.
pub(crate) struct Evaluation<'a> {
    pub(crate) source: &'a dyn LogsSource,
    pub(crate) grid: Grid,
    pub(crate) config: &'a Config,
    pub(crate) stop: &'a AtomicBool,
    pub(crate) account: &'a RefCell<Account>,
}

impl Evaluation<'_> {
    /// All series that have a value, in the order of their labels.
    pub(crate) fn run(&self, plan: &Plan) -> Result<Vec<MetricSeries>, Error> {
        let series = match self.eval(plan)? {
            Value::Constant(n) => self.everywhere(n),
            Value::Series(series) => series,
        };
        let points = |values: Values| {
            values.into_iter().enumerate().filter_map(|(i, v)| Some((self.grid.at(i), v?))).collect::<Vec<_>>()
        };
        let out = series.into_iter().map(|(labels, values)| MetricSeries { labels, points: points(values) });
        Ok(out.filter(|s| !s.points.is_empty()).collect())
    }

    fn eval(&self, plan: &Plan) -> Result<Value, Error> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        Ok(match plan {
            Plan::Constant(n) => Value::Constant(*n),
            Plan::Vector(n) => Value::Series(self.everywhere(*n)),
            Plan::Window(window) => Value::Series(self.window(window)?),
            Plan::Aggregate { op, param, grouping, of } => {
                let series = self.vector(of)?;
                Value::Series(aggregate::aggregate(*op, param.unwrap_or_default(), grouping, series))
            }
            Plan::Join(join) => self.join(join)?,
            Plan::LabelReplace { of, dst, replacement, src, regex } => {
                Value::Series(label_replace::apply(self.vector(of)?, dst, replacement, src, regex))
            }
        })
    }

    fn vector(&self, plan: &Plan) -> Result<Series, Error> {
        Ok(match self.eval(plan)? {
            Value::Constant(n) => self.everywhere(n),
            Value::Series(series) => series,
        })
    }

    fn everywhere(&self, n: f64) -> Series {
        Series::from([(Labels::default(), vec![Some(n); self.grid.len()])])
    }

    fn window(&self, window: &Window) -> Result<Series, Error> {
        if self.grid.len() == 0 {
            return Ok(Series::new());
        }
        let series = collect::collect(self, window)?;
        if window.op != RangeOp::Absent {
            return Ok(series);
        }
        let found = series.into_values().next().unwrap_or_else(|| vec![None; self.grid.len()]);
        let absent: Values = found.into_iter().map(|v| if v.is_none() { Some(1.0) } else { None }).collect();
        Ok(Series::from([(window.absent_labels(), absent)]))
    }

    fn join(&self, join: &Join) -> Result<Value, Error> {
        let (left, right) = (self.eval(&join.left)?, self.eval(&join.right)?);
        Ok(match (left, right) {
            (Value::Constant(l), Value::Constant(r)) => Value::Constant(join.op.apply(l, r)),
            (Value::Constant(l), Value::Series(r)) => Value::Series(element::with_left(join, l, r)),
            (Value::Series(l), Value::Constant(r)) => Value::Series(element::with_right(join, l, r)),
            (Value::Series(l), Value::Series(r)) if join.op.is_set() => Value::Series(set::join(join, l, r)),
            (Value::Series(l), Value::Series(r)) => Value::Series(join::join(join, l, r, self.grid.len())?),
        })
    }
}

/// The labels that a grouping leaves.
/// Empty labels are of no group.
fn grouped(labels: &Labels, grouping: &Grouping) -> Labels {
    labels.filter(|name| grouping.keeps(name) && !labels.get(name).is_empty())
}

fn too_many_samples(most: usize) -> Error {
    Error::TooMuch(format!(
        "the query needs more than {most} samples in memory; shorten its range or select fewer lines"
    ))
}

//! Evaluation over a grid of steps: every node yields one value per step, or nothing at that step.

use std::cell::Cell;
use std::collections::HashMap;

use aio_source::MetricsSource;
use aio_types::{Labels, TimeRange, TimestampMs};

use crate::error::duplicate_labels;
use crate::notes::{Near, Notes};
use crate::plan::{At, Plan, Shift};
use crate::{Config, Error, aggregate, binary, functions, histogram, math, relabel};

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
}

/// One output series: a value per step.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) labels: Labels,
    pub(crate) values: Vec<Option<f64>>,
}

impl Row {
    pub(crate) fn has_any(&self) -> bool {
        self.values.iter().any(Option::is_some)
    }
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
pub(crate) struct Query<'a> {
    pub(crate) source: &'a dyn MetricsSource,
    pub(crate) config: &'a Config,
    pub(crate) lookback_ms: i64,
    /// From its first to its last step, whatever subqueries do in between.
    pub(crate) span: TimeRange,
    pub(crate) is_range: bool,
    pub(crate) stop: &'a dyn Fn() -> bool,
    pub(crate) notes: Notes<'a>,
    /// Samples and values the query may still hold.
    pub(crate) budget: Cell<usize>,
    /// Samples loaded so far.
    pub(crate) loaded: Cell<usize>,
}

/// A query, or a subquery of it, with its own steps.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) query: &'a Query<'a>,
    pub(crate) grid: Grid,
}

impl Context<'_> {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if (self.query.stop)() { Err(Error::Timeout) } else { Ok(()) }
    }

    /// Takes `count` values out of the budget for good.
    pub(crate) fn charge(&self, count: usize) -> Result<(), Error> {
        let left = self.query.budget.get().checked_sub(count).ok_or(Error::TooManySamples)?;
        self.query.budget.set(left);
        Ok(())
    }

    /// The time a selector looks at, per step.
    pub(crate) fn times(&self, shift: Shift) -> Vec<TimestampMs> {
        let at = shift.at.map(|at| match at {
            At::Fixed(t) => t,
            At::Start => self.query.span.start,
            At::End => self.query.span.end,
        });
        self.grid.times().map(|t| at.unwrap_or(t).saturating_add(-shift.offset_ms)).collect()
    }

    pub(crate) fn eval(&self, plan: &Plan) -> Result<Grown, Error> {
        self.check()?;
        let steps = self.grid.steps;
        Ok(match plan {
            Plan::Number(v) => Grown::Scalar(vec![*v; steps]),
            Plan::Text(text) => Grown::Text(text.clone()),
            Plan::Time => Grown::Scalar(self.grid.times().map(TimestampMs::as_secs_f64).collect()),
            Plan::Scalar(input) => Grown::Scalar(functions::scalar(&self.rows(input, "scalar")?, steps)),
            Plan::Negate(input) => match self.eval(input)? {
                Grown::Scalar(values) => Grown::Scalar(values.into_iter().map(|v| -v).collect()),
                other => Grown::Vector(map_rows(other.vector("unary expression")?, |v| -v)?),
            },
            Plan::Binary { op, left, right, matching, return_bool } => {
                binary::eval(self, *op, self.eval(left)?, self.eval(right)?, matching, *return_bool)?
            }
            Plan::Math { function, args } => math::eval(self, *function, args)?,
            Plan::Range(_) => {
                return Err(Error::Parse("parse error: a range vector is not allowed here".to_owned()));
            }
            _ => Grown::Vector(self.eval_vector(plan)?),
        })
    }

    /// The nodes that yield vectors and nothing else.
    fn eval_vector(&self, plan: &Plan) -> Result<Vec<Row>, Error> {
        let steps = self.grid.steps;
        match plan {
            Plan::Selector(selector) => self.instant(selector, |newest, _| newest.v),
            Plan::OverRange { function, window, param } => {
                let param = param.as_deref().map(|p| self.scalars(p, "function parameter")).transpose()?;
                self.over_range(*function, window, param.as_deref())
            }
            Plan::AbsentOverTime { window, labels } => self.absent_over_time(window, labels),
            Plan::Aggregate { op, input, param, grouping } => {
                let rows = self.rows(input, "aggregation expression")?;
                let param = param.as_deref().map(|p| self.eval(p)).transpose()?;
                aggregate::eval(self, *op, &rows, param, grouping)
            }
            Plan::Date { function, input: Some(input) } => map_rows(self.rows(input, "date")?, |v| function.of(v)),
            Plan::Date { function, input: None } => {
                let values = self.grid.times().map(|t| Some(function.of(t.as_secs_f64()))).collect();
                Ok(vec![Row { labels: Labels::default(), values }])
            }
            Plan::Timestamp(input) => self.timestamp(input),
            Plan::HistogramQuantile { quantile, input } => {
                let quantile = self.scalars(quantile, "histogram_quantile")?;
                Ok(histogram::quantile(self, &quantile, &self.rows(input, "histogram_quantile")?))
            }
            Plan::Vector(input) => {
                let values = self.scalars(input, "vector")?.into_iter().map(Some).collect();
                Ok(vec![Row { labels: Labels::default(), values }])
            }
            Plan::Sort { input, descending } => self.sort(input, *descending),
            Plan::Absent { input, labels } => Ok(functions::absent(&self.rows(input, "absent")?, labels, steps)),
            Plan::LabelReplace { input, target, replacement, source, pattern } => {
                relabel::replace(self.rows(input, "label_replace")?, target, replacement, source, pattern)
            }
            Plan::LabelJoin { input, target, separator, sources } => {
                relabel::join(self.rows(input, "label_join")?, target, separator, sources)
            }
            other => Err(Error::Parse(format!("parse error: {other:?} is no instant vector"))),
        }
    }

    pub(crate) fn rows(&self, plan: &Plan, what: &str) -> Result<Vec<Row>, Error> {
        self.eval(plan)?.vector(what)
    }

    fn scalars(&self, plan: &Plan, what: &str) -> Result<Vec<f64>, Error> {
        self.eval(plan)?.scalar(what)
    }

    /// A stored sample's own time; the time of evaluation for anything that is computed.
    fn timestamp(&self, input: &Plan) -> Result<Vec<Row>, Error> {
        if let Plan::Selector(selector) = input {
            return without_name(self.instant(selector, |newest, _| newest.t.as_secs_f64())?);
        }
        let mut rows = self.rows(input, "timestamp")?;
        for row in &mut rows {
            for (value, t) in row.values.iter_mut().zip(self.grid.times()) {
                *value = value.map(|_| t.as_secs_f64());
            }
        }
        without_name(rows)
    }

    fn sort(&self, input: &Plan, descending: bool) -> Result<Vec<Row>, Error> {
        let function = if descending { "sort_desc" } else { "sort" };
        let mut rows = self.rows(input, function)?;
        if self.query.is_range {
            let why = "sort is ineffective for range queries since results are always ordered by labels";
            self.query.notes.warn(why, Near::Word(function));
        } else {
            functions::sort(&mut rows, descending);
        }
        Ok(rows)
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
    merged(rows)
}

/// Makes one row of those with equal labels, which may alternate but not have values at the same step.
///
/// # Errors
/// When they do.
pub(crate) fn merged(rows: Vec<Row>) -> Result<Vec<Row>, Error> {
    let mut places: HashMap<Labels, usize> = HashMap::with_capacity(rows.len());
    let mut out: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(&place) = places.get(&row.labels) else {
            places.insert(row.labels.clone(), out.len());
            out.push(row);
            continue;
        };
        for (value, other) in out[place].values.iter_mut().zip(row.values) {
            if value.is_some() && other.is_some() {
                return Err(duplicate_labels());
            }
            *value = value.or(other);
        }
    }
    Ok(out)
}

/// Refuses rows with equal label sets.
pub(crate) fn unique(rows: Vec<Row>) -> Result<Vec<Row>, Error> {
    let mut seen = std::collections::HashSet::with_capacity(rows.len());
    if rows.iter().all(|row| seen.insert(&row.labels)) { Ok(rows) } else { Err(duplicate_labels()) }
}

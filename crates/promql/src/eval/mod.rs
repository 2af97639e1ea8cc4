//! Evaluation over a grid of steps: every node yields rows of one value per step, or nothing at that step.

mod finish;
mod timestamp;

use aio_source::MetricsSource;
use aio_types::TimestampMs;

use crate::budget::{Budget, Counts};
use crate::notes::Notes;
use crate::plan::{Plan, Times};
use crate::row::{Data, Row, merged};
use crate::{Config, Error};

pub(crate) use self::finish::{matrix, raw_matrix, vector};

/// One query under way.
pub(crate) struct Query<'a> {
    pub(crate) source: &'a dyn MetricsSource,
    pub(crate) config: &'a Config,
    pub(crate) lookback_ms: i64,
    pub(crate) stop: &'a (dyn Fn() -> bool + Sync),
    pub(crate) notes: Notes,
    pub(crate) budget: Budget,
}

/// How what a part of a query looks at counts for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tally {
    /// At the step it is looked at.
    ByStep,
    /// At each of so many steps, since it is the same at all of them.
    AtEach(usize),
    /// At the last of so many steps.
    AtLast(usize),
    /// Not at all: what is made of it is looked at later.
    Nowhere,
}

/// A query, or a subquery of it, with its own steps.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) query: &'a Query<'a>,
    pub(crate) times: Times,
    pub(crate) tally: Tally,
}

impl Context<'_> {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if (self.query.stop)() { Err(Error::Timeout) } else { Ok(()) }
    }

    /// For what a series has looked at.
    pub(crate) fn counts(&self) -> Counts {
        Counts::new(self.query.budget.counts_steps())
    }

    /// Counts samples that were looked at.
    pub(crate) fn count(&self, counts: &Counts) {
        let budget = &self.query.budget;
        let sum = counts.sum;
        match self.tally {
            Tally::Nowhere => {}
            Tally::ByStep => {
                budget.add_looked_at(sum);
                budget.add_to_steps(&counts.by_step);
            }
            Tally::AtEach(steps) => {
                budget.add_looked_at(sum.saturating_mul(steps as u64));
                if budget.counts_steps() {
                    budget.add_to_steps(&vec![sum; steps]);
                }
            }
            Tally::AtLast(steps) => {
                budget.add_looked_at(sum);
                if budget.counts_steps() {
                    let mut counts = vec![0; steps.max(1)];
                    counts[steps.max(1) - 1] = sum;
                    budget.add_to_steps(&counts);
                }
            }
        }
    }

    pub(crate) fn eval(&self, plan: &Plan) -> Result<Data, Error> {
        self.check()?;
        let before = self.query.budget.held();
        let data = self.node(plan)?;
        self.query.budget.settle(before, data.weight())?;
        Ok(data)
    }

    fn node(&self, plan: &Plan) -> Result<Data, Error> {
        Ok(match plan {
            Plan::Number(v) => Data::Scalar(vec![*v; self.times.steps]),
            Plan::Text(text) => Data::Text(text.clone()),
            Plan::Time => Data::Scalar(self.time()),
            Plan::Scalar(input) => Data::Scalar(self.scalar_of(input)?),
            Plan::Extreme { larger, sides } => Data::Scalar(self.extreme(*larger, sides)?),
            Plan::Fixed(inner) => self.fixed(inner)?,
            Plan::Negate(input) => self.negate(input)?,
            Plan::Binary(binary) => self.binary(binary)?,
            Plan::Range(_) => return Err(Error::execution("a range vector is not allowed here")),
            _ => Data::Vector(self.vector_node(plan)?),
        })
    }

    /// The nodes that yield vectors and nothing else.
    fn vector_node(&self, plan: &Plan) -> Result<Vec<Row>, Error> {
        match plan {
            Plan::Selector(selector) => self.newest(selector),
            Plan::OverWindow(over) => self.over_window(over),
            Plan::AbsentOverTime { window, labels } => self.absent_over_time(window, labels),
            Plan::Aggregate(aggregate) => self.aggregate(aggregate),
            Plan::Math { function, input, params } => self.math(*function, input, params),
            Plan::Date { function, input } => self.date(*function, input.as_deref()),
            Plan::Histogram { function, input } => self.of_histograms(*function, input),
            Plan::Quantiles(quantiles) => self.quantiles(quantiles),
            Plan::Fraction(fraction) => self.fraction(fraction),
            Plan::Timestamp(input) => self.timestamp(input),
            Plan::StartTimestamp(input) => self.start_timestamp(input),
            Plan::Vector(input) => self.vector_of(input),
            Plan::Sort(sort) => self.sort(sort),
            Plan::Absent { input, labels } => self.absent(input, labels),
            Plan::LabelReplace(replace) => self.label_replace(replace),
            Plan::LabelJoin(join) => self.label_join(join),
            Plan::Info(info) => self.info(info),
            _ => Err(Error::execution("expected type instant vector")),
        }
    }

    pub(crate) fn rows(&self, plan: &Plan) -> Result<Vec<Row>, Error> {
        self.eval(plan)?.vector()
    }

    pub(crate) fn scalars(&self, plan: &Plan) -> Result<Vec<f64>, Error> {
        self.eval(plan)?.scalar()
    }

    /// Evaluates at the first step alone.
    fn fixed(&self, inner: &Plan) -> Result<Data, Error> {
        let steps = self.times.steps;
        let tally = match self.tally {
            Tally::ByStep => Tally::AtEach(steps),
            other => other,
        };
        let first = Context { times: Times { steps: steps.min(1), ..self.times }, tally, ..*self };
        Ok(match first.eval(inner)? {
            Data::Scalar(values) => Data::Scalar(vec![values.first().copied().unwrap_or(f64::NAN); steps]),
            Data::Vector(mut rows) => {
                rows.iter_mut().for_each(|row| row.column = row.column.repeated(steps));
                Data::Vector(rows)
            }
            text @ Data::Text(_) => text,
        })
    }

    /// Drops the names of metrics whose values are something else now.
    ///
    /// # Errors
    /// When two series become one by it and have values at the same step.
    pub(crate) fn without_name(&self, mut rows: Vec<Row>) -> Result<Vec<Row>, Error> {
        rows.retain(|row| row.column.has_any());
        if self.query.config.delayed_name_removal {
            rows.iter_mut().for_each(|row| row.drop_name = true);
            return Ok(rows);
        }
        rows.iter_mut().for_each(|row| row.labels.hide_metadata());
        merged(rows)
    }

    /// Whether names are removed at the end.
    pub(crate) fn delays_names(&self) -> bool {
        self.query.config.delayed_name_removal
    }

    /// Calls `see` with rows of a vector, a batch at a time, in order: what makes one row of many need not hold the
    /// many.
    pub(crate) fn for_each_batch(
        &self,
        plan: &Plan,
        see: &mut dyn FnMut(Vec<Row>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match plan {
            Plan::Selector(selector) if !selector.smoothed => self.newest_batches(selector, see),
            Plan::OverWindow(over) => self.window_batches(over, see),
            _ => see(self.rows(plan)?),
        }
    }

    /// The milliseconds of a time, for those who compute with it.
    pub(crate) fn step_time(&self, step: usize) -> TimestampMs {
        self.times.get(step)
    }
}

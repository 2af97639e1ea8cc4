//! The engine: one query in, one outcome out.

use std::sync::Arc;

use aio_source::MetricsSource;
use aio_types::{Sample, TimeRange, TimestampMs};

use crate::answers::{self, Answers, Key};
use crate::budget::{Budget, Weight};
use crate::eval::{self, Context, Query, Tally};
use crate::lower::{self, Scope};
use crate::notes::Notes;
use crate::outcome::{Outcome, Series, Value};
use crate::parse::{self, AggregateOp, Expr, ExprKind, ParseOptions, ValueType};
use crate::plan::{Plan, Times};
use crate::row::Data;
use crate::{Config, Error, Options};

/// Evaluates queries.
#[derive(Debug, Clone)]
pub struct Engine {
    config: Config,
    answers: Arc<Answers>,
}

impl Engine {
    /// An engine with these settings.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let answers = Arc::new(Answers::new(config.answers_bytes));
        Self { config, answers }
    }

    /// Evaluates at one moment.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn instant(
        &self,
        source: &dyn MetricsSource,
        text: &str,
        at: TimestampMs,
        options: &Options<'_>,
    ) -> Result<Outcome, Error> {
        let expr = parsed(text)?;
        let plan = lower::lower(&expr, &self.scope(text, TimeRange { start: at, end: at }, 0))?;
        let query = self.query(source, 1, options);
        let context = Context { query: &query, times: Times::at(at), tally: Tally::ByStep };
        let value = match &plan {
            Plan::Range(window) => Value::Matrix(eval::raw_matrix(context.raw(window)?)),
            _ => match context.eval(&plan)? {
                Data::Scalar(values) => Value::Scalar(Sample { t: at, v: values.first().copied().unwrap_or(f64::NAN) }),
                Data::Text(text) => Value::String(at, text),
                Data::Vector(rows) => {
                    Value::Vector(eval::vector(rows, at, is_ordered(&expr), self.config.delayed_name_removal)?)
                }
            },
        };
        Ok(outcome(value, query, text))
    }

    /// Evaluates at `start`, `start + step_ms`, … up to `end`. `step_ms` must be positive.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn range(
        &self,
        source: &dyn MetricsSource,
        text: &str,
        range: TimeRange,
        step_ms: i64,
        options: &Options<'_>,
    ) -> Result<Outcome, Error> {
        let expr = parsed(text)?;
        let kind = expr.value_type();
        if !matches!(kind, ValueType::Vector | ValueType::Scalar) {
            return Err(Error::RangeOf(kind.documented()));
        }
        if step_ms <= 0 || range.end < range.start {
            return Err(Error::Parse("invalid range".to_owned()));
        }
        let plan = lower::lower(&expr, &self.scope(text, range, step_ms))?;
        let times = Times::until(range.start, range.end, step_ms);
        if times.steps > self.config.max_samples {
            return Err(Error::TooManySamples);
        }
        let key = self.key(source, text, &plan, times, options);
        let known = key.as_ref().and_then(|key| self.answers.find(key, source, times));
        let query = self.query(source, times.steps, options);
        // What is known to the last step is kept already.
        let is_new = known.as_ref().is_none_or(|known| known.steps < times.steps);
        let series = match known {
            None => self.series(&query, &plan, times)?,
            Some(known) => {
                query.budget.hold(Weight::of_samples(known.values()))?;
                known.followed_by(self.series(&query, &plan, times.after(known.steps))?)
            }
        };
        if let Some(key) = key.filter(|_| is_new && query.notes.are_none()) {
            self.answers.keep(key, source, times, &series);
        }
        Ok(outcome(Value::Matrix(series), query, text))
    }

    fn series(&self, query: &Query<'_>, plan: &Plan, times: Times) -> Result<Vec<Series>, Error> {
        if times.steps == 0 {
            return Ok(Vec::new());
        }
        let rows = Context { query, times, tally: Tally::ByStep }.eval(plan)?.into_rows()?;
        eval::matrix(rows, times, self.config.delayed_name_removal)
    }

    #[cfg(test)]
    pub(crate) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// By what an answer is kept, where it may be.
    fn key(
        &self,
        source: &dyn MetricsSource,
        text: &str,
        plan: &Plan,
        times: Times,
        options: &Options<'_>,
    ) -> Option<Key> {
        let may_reuse = self.answers.are_kept() && options.reuses_answers && !options.per_step_stats;
        let lookback_ms = options.lookback_ms.unwrap_or(self.config.lookback_ms);
        (may_reuse && answers::is_reusable(text, plan)).then(|| Key::new(source, text, times, lookback_ms))?
    }

    fn scope<'a>(&self, text: &'a str, range: TimeRange, step_ms: i64) -> Scope<'a> {
        let TimeRange { start, end } = range;
        Scope { text, start, end, step_ms, subquery_step_ms: self.config.subquery_step_ms }
    }

    fn query<'a>(&'a self, source: &'a dyn MetricsSource, steps: usize, options: &Options<'a>) -> Query<'a> {
        Query {
            source,
            config: &self.config,
            lookback_ms: options.lookback_ms.unwrap_or(self.config.lookback_ms),
            stop: options.stop,
            notes: Notes::default(),
            budget: Budget::new(&self.config, options.per_step_stats.then_some(steps)),
        }
    }
}

fn parsed(text: &str) -> Result<Expr, Error> {
    parse::parse(text, &ParseOptions::default()).map_err(|e| Error::Parse(e.to_string()))
}

fn outcome(value: Value, query: Query<'_>, text: &str) -> Outcome {
    let (warnings, infos) = query.notes.into_texts(text);
    Outcome { value, warnings, infos, stats: query.budget.into_stats() }
}

/// Whether an instant answer comes in an order that means something.
fn is_ordered(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => is_ordered(inner),
        ExprKind::Aggregate(aggregate) => matches!(aggregate.op, AggregateOp::Topk | AggregateOp::Bottomk),
        ExprKind::Call(call) => match call.function.name {
            "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" => true,
            "label_replace" | "label_join" => call.args.first().is_some_and(is_ordered),
            _ => false,
        },
        ExprKind::Binary(binary) => is_ordered(&binary.lhs),
        _ => false,
    }
}

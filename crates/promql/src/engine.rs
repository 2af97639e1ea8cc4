//! The engine: one query in, one outcome out.

use std::cell::Cell;

use aio_source::MetricsSource;
use aio_types::{Labels, Matcher, Sample, TimeRange, TimestampMs};
use promql_parser::parser::{self, Expr};

use crate::eval::{Context, Grid, Grown, Query, Row};
use crate::notes::Notes;
use crate::plan::{AggregateOp, Plan};
use crate::{Error, guard, lower};

/// Settings of the engine.
#[derive(Debug, Clone)]
pub struct Config {
    /// How far back an instant selector looks, milliseconds.
    pub lookback_ms: i64,
    /// Default resolution of subqueries, milliseconds.
    pub subquery_step_ms: i64,
    /// Samples and values a query may hold.
    pub max_samples: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { lookback_ms: 300_000, subquery_step_ms: 60_000, max_samples: 50_000_000 }
    }
}

/// One series of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Ascending in time, never empty.
    pub samples: Vec<Sample>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// One number.
    Scalar(Sample),
    /// One text.
    String(TimestampMs, String),
    /// One sample per series.
    Vector(Vec<(Labels, Sample)>),
    /// Many samples per series, sorted by labels.
    Matrix(Vec<Series>),
}

/// An answer with what is to be said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The answer.
    pub value: Value,
    /// Likely mistakes.
    pub warnings: Vec<String>,
    /// Remarks.
    pub infos: Vec<String>,
    /// How many stored samples were looked at.
    pub samples: usize,
}

/// What one query may ask for beside its text.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How far back an instant selector looks, in place of the engine's setting.
    pub lookback_ms: Option<i64>,
    /// Asked often; once it says true the query stops.
    pub stop: &'a dyn Fn() -> bool,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("lookback_ms", &self.lookback_ms).finish_non_exhaustive()
    }
}

/// Evaluates queries.
#[derive(Debug, Clone)]
pub struct Engine {
    config: Config,
}

impl Engine {
    /// An engine with these settings.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config }
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
        let plan = plan(text)?;
        let query = self.query(source, text, TimeRange { start: at, end: at }, options);
        let context = Context { query: &query, grid: Grid { start: at, step_ms: 1, steps: 1 } };
        let value = match &plan {
            Plan::Range(window) => Value::Matrix(context.raw(window)?),
            _ => match context.eval(&plan)? {
                Grown::Scalar(values) => {
                    Value::Scalar(Sample { t: at, v: values.first().copied().unwrap_or(f64::NAN) })
                }
                Grown::Text(text) => Value::String(at, text),
                Grown::Vector(rows) => Value::Vector(vector(rows, at, &plan)),
            },
        };
        Ok(outcome(value, query))
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
        let plan = plan(text)?;
        let kind = match &plan {
            Plan::Range(_) => Some("range vector"),
            Plan::Text(_) => Some("string"),
            _ => None,
        };
        if let Some(kind) = kind {
            return Err(Error::RangeOf(kind));
        }
        let steps =
            range.end.0.saturating_sub(range.start.0).checked_div(step_ms).and_then(|n| usize::try_from(n).ok());
        let steps = steps.ok_or_else(|| Error::Parse("invalid range".to_owned()))? + 1;
        let grid = Grid { start: range.start, step_ms, steps };
        let query = Query { is_range: true, ..self.query(source, text, range, options) };
        let rows = match (Context { query: &query, grid }).eval(&plan)? {
            Grown::Vector(rows) => rows,
            other => {
                let values = other.scalar("a range query")?.into_iter().map(Some).collect();
                vec![Row { labels: Labels::default(), values }]
            }
        };
        Ok(outcome(Value::Matrix(matrix(rows, grid)), query))
    }

    fn query<'a>(
        &'a self,
        source: &'a dyn MetricsSource,
        text: &'a str,
        span: TimeRange,
        options: &Options<'a>,
    ) -> Query<'a> {
        Query {
            source,
            config: &self.config,
            lookback_ms: options.lookback_ms.unwrap_or(self.config.lookback_ms),
            span,
            is_range: false,
            stop: options.stop,
            notes: Notes::new(text),
            budget: Cell::new(self.config.max_samples),
            loaded: Cell::new(0),
        }
    }
}

fn outcome(value: Value, query: Query<'_>) -> Outcome {
    let samples = query.loaded.get();
    let (warnings, infos) = query.notes.into_texts();
    Outcome { value, warnings, infos, samples }
}

fn parse(query: &str) -> Result<Expr, Error> {
    let text = guard::prepare(query)?;
    parser::parse(&text).map_err(|e| Error::Parse(format!("parse error: {e}")))
}

fn plan(query: &str) -> Result<Plan, Error> {
    lower::lower(&parse(query)?)
}

fn vector(rows: Vec<Row>, at: TimestampMs, plan: &Plan) -> Vec<(Labels, Sample)> {
    let ranked =
        matches!(plan, Plan::Sort { .. } | Plan::Aggregate { op: AggregateOp::Topk | AggregateOp::Bottomk, .. });
    let first = |row: Row| Some((row.labels, Sample { t: at, v: (*row.values.first()?)? }));
    let mut out: Vec<_> = rows.into_iter().filter_map(first).collect();
    if !ranked {
        out.sort_by(|a, b| a.0.cmp(&b.0));
    }
    out
}

fn matrix(rows: Vec<Row>, grid: Grid) -> Vec<Series> {
    let to_series = |row: Row| {
        let sample = |(t, v): (TimestampMs, Option<f64>)| Some(Sample { t, v: v? });
        Series { labels: row.labels, samples: grid.times().zip(row.values).filter_map(sample).collect() }
    };
    let mut out: Vec<_> = rows.into_iter().map(to_series).filter(|s| !s.samples.is_empty()).collect();
    out.sort_by(|a, b| a.labels.cmp(&b.labels));
    out
}

/// The matchers of a `match[]` parameter: a bare name or a selector.
///
/// # Errors
/// [`Error::Parse`] for anything else, and for a selector that would match everything.
pub fn parse_selector(text: &str) -> Result<Vec<Matcher>, Error> {
    match parse(text)? {
        Expr::VectorSelector(vs) if vs.offset.is_none() && vs.at.is_none() => {
            lower::matchers(&vs).map_err(|e| match e {
                Error::Parse(why) if why.contains("non-empty matcher") => {
                    Error::Parse("match[] must contain at least one non-empty matcher".to_owned())
                }
                other => other,
            })
        }
        _ => Err(Error::Parse(format!("parse error: {text:?} is not a series selector"))),
    }
}

/// An expression laid out over lines where it is long.
///
/// # Errors
/// [`Error::Parse`].
pub fn format_query(text: &str) -> Result<String, Error> {
    Ok(parse(text)?.prettify())
}

/// Every selector of an expression, for exemplars.
///
/// # Errors
/// [`Error::Parse`].
pub fn selectors_of(query: &str) -> Result<Vec<Vec<Matcher>>, Error> {
    let mut out = Vec::new();
    collect(&parse(query)?, &mut out)?;
    Ok(out)
}

fn collect(expr: &Expr, out: &mut Vec<Vec<Matcher>>) -> Result<(), Error> {
    match expr {
        Expr::VectorSelector(vs) => out.push(lower::matchers(vs)?),
        Expr::MatrixSelector(ms) => out.push(lower::matchers(&ms.vs)?),
        Expr::Paren(p) => collect(&p.expr, out)?,
        Expr::Unary(u) => collect(&u.expr, out)?,
        Expr::Subquery(s) => collect(&s.expr, out)?,
        Expr::Aggregate(a) => {
            collect(&a.expr, out)?;
            a.param.as_deref().map_or(Ok(()), |p| collect(p, out))?;
        }
        Expr::Binary(b) => {
            collect(&b.lhs, out)?;
            collect(&b.rhs, out)?;
        }
        Expr::Call(c) => c.args.args.iter().try_for_each(|a| collect(a, out))?,
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
    Ok(())
}

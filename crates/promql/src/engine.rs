//! The engine: one query in, one outcome out.

use aio_source::MetricsSource;
use aio_types::{Labels, Matcher, Sample, TimestampMs};
use promql_parser::parser::{self, Expr};

use crate::eval::{Context, Grid, Grown, Row};
use crate::plan::{AggregateOp, Plan};
use crate::{Error, guard, lower};

/// Settings of the engine.
#[derive(Debug, Clone)]
pub struct Config {
    /// How far back an instant selector looks, milliseconds.
    pub lookback_ms: i64,
    /// Default resolution of subqueries, milliseconds.
    pub subquery_step_ms: i64,
    /// Samples one selector may load.
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

    /// Evaluates at one moment. `deadline` is asked often; once it says true the query stops.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn instant(
        &self,
        source: &dyn MetricsSource,
        query: &str,
        at: TimestampMs,
        deadline: &dyn Fn() -> bool,
    ) -> Result<Outcome, Error> {
        let plan = plan(query)?;
        let grid = Grid { start: at, step_ms: 1, steps: 1 };
        let context = Context { source, config: &self.config, grid, stop: deadline };
        if let Plan::Range { selector, range_ms } = &plan {
            return Ok(outcome(Value::Matrix(context.raw(selector, *range_ms)?)));
        }
        Ok(outcome(match context.eval(&plan)? {
            Grown::Scalar(values) => Value::Scalar(Sample { t: at, v: values.first().copied().unwrap_or(f64::NAN) }),
            Grown::Text(text) => Value::String(at, text),
            Grown::Vector(rows) => Value::Vector(vector(rows, at, &plan)),
        }))
    }

    /// Evaluates at `start`, `start + step_ms`, … up to `end`. `step_ms` must be positive.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn range(
        &self,
        source: &dyn MetricsSource,
        query: &str,
        start: TimestampMs,
        end: TimestampMs,
        step_ms: i64,
        deadline: &dyn Fn() -> bool,
    ) -> Result<Outcome, Error> {
        let plan = plan(query)?;
        let kind = match &plan {
            Plan::Range { .. } => Some("range vector"),
            Plan::Text(_) => Some("string"),
            _ => None,
        };
        if let Some(kind) = kind {
            let why = format!("invalid expression type \"{kind}\" for range query, must be Scalar or instant Vector");
            return Err(Error::Parse(why));
        }
        let steps = end.0.saturating_sub(start.0).checked_div(step_ms).and_then(|n| usize::try_from(n).ok());
        let steps = steps.ok_or_else(|| Error::Parse("invalid range".to_owned()))? + 1;
        let grid = Grid { start, step_ms, steps };
        let context = Context { source, config: &self.config, grid, stop: deadline };
        let rows = match context.eval(&plan)? {
            Grown::Vector(rows) => rows,
            other => {
                let values = other.scalar("a range query")?.into_iter().map(Some).collect();
                vec![Row { labels: Labels::default(), values }]
            }
        };
        Ok(outcome(Value::Matrix(matrix(rows, grid))))
    }
}

fn outcome(value: Value) -> Outcome {
    Outcome { value, warnings: Vec::new(), infos: Vec::new() }
}

fn parse(query: &str) -> Result<Expr, Error> {
    let text = guard::prepare(query)?;
    parser::parse(&text).map_err(|e| Error::Parse(format!("parse error: {e}")))
}

fn plan(query: &str) -> Result<Plan, Error> {
    lower::lower(&parse(query)?)
}

fn vector(rows: Vec<Row>, at: TimestampMs, plan: &Plan) -> Vec<(Labels, Sample)> {
    let ranked = matches!(plan, Plan::Aggregate { op: AggregateOp::Topk | AggregateOp::Bottomk, .. });
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

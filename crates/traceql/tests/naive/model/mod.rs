//! Pipelines, read word by word.

mod field;
mod operator;
mod tree;
mod value;

use aio_traceql::ast::{
    Aggregate, AggregateOp, CompareOp, Pipeline, Relation, Scalar, SpansetExpr, SpansetOp, Stage, Static, Which,
};
use aio_types::{AttributeValue, Span};

use field::{first_value, holds};
use operator::compare;
use tree::Tree;
use value::Value;

/// Spans by position, ascending, and what is told about them.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub(crate) spans: Vec<usize>,
    pub(crate) attributes: Vec<(String, AttributeValue)>,
}

/// An operator that met several sets.
pub(crate) struct Crowded;

struct Trace<'a> {
    spans: &'a [Span],
    tree: Tree,
}

pub(crate) fn run(pipeline: &Pipeline, spans: &[Span]) -> Result<Vec<Set>, Crowded> {
    let trace = Trace { spans, tree: Tree::of(spans) };
    apply(&trace, pipeline, vec![Set { spans: (0..spans.len()).collect(), attributes: Vec::new() }])
}

fn apply(trace: &Trace<'_>, pipeline: &Pipeline, mut sets: Vec<Set>) -> Result<Vec<Set>, Crowded> {
    for stage in &pipeline.stages {
        sets = match stage {
            Stage::Spans(expr) => {
                let mut out = Vec::new();
                for set in sets {
                    out.extend(spanset(trace, expr, &set)?);
                }
                out
            }
            Stage::Filter(Scalar::Aggregate(aggregate), op, Scalar::Static(with)) => {
                sets.into_iter().filter_map(|set| filtered(trace, set, aggregate, *op, with)).collect()
            }
            Stage::Filter(..) => unreachable!("{stage} is no query"),
            Stage::By(expr) => sets
                .into_iter()
                .flat_map(|set| groups(set, &stage.to_string(), |at| first_value(trace, at, expr)))
                .collect(),
            Stage::Coalesce if sets.is_empty() => sets,
            Stage::Coalesce => vec![Set { spans: all_of(&sets), attributes: Vec::new() }],
            Stage::Select(_) => sets,
        };
    }
    Ok(sets)
}

fn spanset(trace: &Trace<'_>, expr: &SpansetExpr, set: &Set) -> Result<Vec<Set>, Crowded> {
    let spans = match expr {
        SpansetExpr::Pipeline(pipeline) => return apply(trace, pipeline, vec![set.clone()]),
        SpansetExpr::Filter(condition) => set.spans.iter().copied().filter(|at| holds(trace, *at, condition)).collect(),
        SpansetExpr::Operation(op, left, right) => {
            combined(trace, *op, &spanset(trace, left, set)?, &spanset(trace, right, set)?)?
        }
    };
    Ok(if spans.is_empty() { Vec::new() } else { vec![Set { spans, attributes: set.attributes.clone() }] })
}

fn combined(trace: &Trace<'_>, op: SpansetOp, left: &[Set], right: &[Set]) -> Result<Vec<usize>, Crowded> {
    let both = all_of(&[left, right].concat());
    match op {
        SpansetOp::Or => Ok(both),
        SpansetOp::And => Ok(if left.is_empty() || right.is_empty() { Vec::new() } else { both }),
        SpansetOp::Related(..) if right.is_empty() => Ok(Vec::new()),
        SpansetOp::Related(_, Which::Right | Which::Both) if left.is_empty() => Ok(Vec::new()),
        SpansetOp::Related(..) if left.len() > 1 || right.len() > 1 => Err(Crowded),
        SpansetOp::Related(relation, which) => {
            let (left, right) = (all_of(left), all_of(right));
            let is_related = |right: usize, left: usize| match relation {
                Relation::Child => trace.tree.parents[right] == Some(left),
                Relation::Parent => trace.tree.parents[left] == Some(right),
                Relation::Descendant => trace.tree.is_below(right, left),
                Relation::Ancestor => trace.tree.is_below(left, right),
                Relation::Sibling => {
                    let above = |at: usize| match trace.tree.parents[at] {
                        Some(parent) => Ok(parent),
                        None => Err(trace.spans[at].parent_span_id),
                    };
                    left != right && above(left) == above(right)
                }
            };
            let right_fits = |at: usize| right.contains(&at) && left.iter().any(|left| is_related(at, *left));
            let left_fits = |at: usize| left.contains(&at) && right.iter().any(|right| is_related(*right, at));
            let fits = |at: &usize| match which {
                Which::Right => right_fits(*at),
                Which::Unrelated => right.contains(at) && !right_fits(*at),
                Which::Both => right_fits(*at) || left_fits(*at),
            };
            Ok((0..trace.spans.len()).filter(fits).collect())
        }
    }
}

fn all_of(sets: &[Set]) -> Vec<usize> {
    let mut all: Vec<usize> = sets.iter().flat_map(|set| set.spans.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A set for each value, in the order in which they occur.
fn groups(set: Set, name: &str, value: impl Fn(usize) -> Value) -> Vec<Set> {
    let mut groups: Vec<(String, Set)> = Vec::new();
    for at in set.spans {
        let value = value(at);
        let key = format!("{value:?}");
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.spans.push(at),
            None => {
                let mut attributes = set.attributes.clone();
                attributes.push((name.to_owned(), value.told()));
                groups.push((key, Set { spans: vec![at], attributes }));
            }
        }
    }
    groups.into_iter().map(|(_, set)| set).collect()
}

fn filtered(trace: &Trace<'_>, mut set: Set, of: &Aggregate, op: CompareOp, with: &Static) -> Option<Set> {
    let number = match &of.of {
        None => Value::Int(set.spans.len() as i64),
        Some(expr) => {
            let values = set.spans.iter().map(|at| first_value(trace, *at, expr));
            aggregated(of.op, values.filter(|value| value.number().is_some_and(|number| !number.is_nan())).collect())?
        }
    };
    set.attributes.push((of.to_string(), number.told()));
    compare(op, &number, &Value::of_static(with)).then_some(set)
}

fn aggregated(op: AggregateOp, values: Vec<Value>) -> Option<Value> {
    let best =
        |op: CompareOp| values.iter().cloned().reduce(|best, next| if compare(op, &next, &best) { next } else { best });
    let whole = |value: &Value| if let Value::Int(n) = value { Some(*n) } else { None };
    let duration = |value: &Value| if let Value::Duration(n) = value { Some(*n) } else { None };
    let count = values.len() as f64;
    values.first()?;
    let floats: f64 = values.iter().filter_map(Value::number).sum();
    let wholes: Option<i64> = values.iter().map(whole).collect::<Option<Vec<_>>>().map(|all| added(&all));
    let durations: Option<i64> = values.iter().map(duration).collect::<Option<Vec<_>>>().map(|all| added(&all));
    Some(match (op, wholes, durations) {
        (AggregateOp::Count, ..) => unreachable!("counts are of nothing"),
        (AggregateOp::Min, ..) => best(CompareOp::Less)?,
        (AggregateOp::Max, ..) => best(CompareOp::Greater)?,
        (AggregateOp::Sum, Some(sum), _) => Value::Int(sum),
        (AggregateOp::Sum, _, Some(sum)) => Value::Duration(sum),
        (AggregateOp::Sum, ..) => Value::Float(floats),
        (AggregateOp::Avg, _, Some(sum)) => Value::Duration(sum / values.len() as i64),
        (AggregateOp::Avg, Some(sum), _) => Value::Float(sum as f64 / count),
        (AggregateOp::Avg, ..) => Value::Float(floats / count),
    })
}

/// A power may be as large as can be.
fn added(all: &[i64]) -> i64 {
    all.iter().fold(0, |sum, next| sum.saturating_add(*next))
}

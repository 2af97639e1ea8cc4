//! A pipeline, made ready once for a query.

use std::collections::HashMap;

use super::aggregate::Aggregated;
use super::related::related;
use super::spanset::union;
use super::{Expr, Spanset, Trace};
use crate::ast::{CompareOp, Pipeline, Scalar, SpansetExpr, SpansetOp, Stage, Static, Which};
use crate::error::Error;

/// More sets of one trace are not made.
const SETS_MAX: usize = 100_000;

#[derive(Debug)]
pub(crate) struct Plan {
    stages: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Spans(Spans),
    Filter(Aggregated, CompareOp, Static),
    By(Expr, String),
    Coalesce,
    /// Tells only what to show.
    Select,
    /// What the parser lets through and nobody evaluates.
    Unfit(String),
}

#[derive(Debug)]
enum Spans {
    Filter(Expr),
    Pipeline(Plan),
    Operation(SpansetOp, Box<Spans>, Box<Spans>),
}

impl Plan {
    pub(crate) fn new(of: &Pipeline) -> Self {
        Self { stages: of.stages.iter().map(Step::new).collect() }
    }

    /// The sets of spans that a trace comes to; none where it does not match.
    ///
    /// # Errors
    /// [`Error::Evaluation`] where operators meet several sets.
    pub(crate) fn run(&self, trace: &Trace<'_>) -> Result<Vec<Spanset>, Error> {
        let all = Spanset { spans: (0..trace.spans.len()).collect(), attributes: Vec::new() };
        self.apply(trace, vec![all])
    }

    fn apply(&self, trace: &Trace<'_>, mut sets: Vec<Spanset>) -> Result<Vec<Spanset>, Error> {
        for stage in &self.stages {
            sets = stage.apply(trace, sets)?;
            if sets.is_empty() {
                break;
            }
        }
        Ok(sets)
    }
}

impl Step {
    fn new(of: &Stage) -> Self {
        match of {
            Stage::Spans(expr) => Self::Spans(Spans::new(expr)),
            Stage::Filter(Scalar::Aggregate(left), op, Scalar::Static(right)) => {
                Self::Filter(Aggregated::new(left), *op, right.clone())
            }
            Stage::Filter(..) => Self::Unfit(of.to_string()),
            Stage::By(expr) => Self::By(Expr::new(expr), of.to_string()),
            Stage::Coalesce => Self::Coalesce,
            Stage::Select(_) => Self::Select,
        }
    }

    fn apply(&self, trace: &Trace<'_>, sets: Vec<Spanset>) -> Result<Vec<Spanset>, Error> {
        match self {
            Self::Spans(spans) => {
                let mut out = Vec::with_capacity(sets.len());
                for set in sets {
                    spans.apply(trace, set, &mut out)?;
                }
                Ok(out)
            }
            Self::Filter(aggregate, op, with) => {
                Ok(sets.into_iter().filter_map(|set| aggregate.filter(trace, set, *op, with)).collect())
            }
            Self::By(expr, name) => {
                let groups: Vec<Spanset> = sets.iter().flat_map(|set| group(trace, set, expr, name)).collect();
                if groups.len() > SETS_MAX {
                    return Err(Error::Evaluation(format!("{name} makes more than {SETS_MAX} groups of one trace")));
                }
                Ok(groups)
            }
            Self::Coalesce => Ok(vec![Spanset { spans: union(&sets), attributes: Vec::new() }]),
            Self::Select => Ok(sets),
            Self::Unfit(what) => Err(Error::NotSupported(what.clone())),
        }
    }
}

/// A set for each value, in the order in which values occur.
fn group(trace: &Trace<'_>, set: &Spanset, expr: &Expr, name: &str) -> Vec<Spanset> {
    let mut groups: Vec<Spanset> = Vec::new();
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut key = Vec::new();
    for at in &set.spans {
        let value = expr.value(trace, *at);
        key.clear();
        value.write_key(&mut key);
        let place = places.get(&key).copied().unwrap_or_else(|| {
            let mut group = set.with(Vec::new());
            group.attributes.push((name.to_owned(), value.to_label()));
            groups.push(group);
            places.insert(key.clone(), groups.len() - 1);
            groups.len() - 1
        });
        groups[place].spans.push(*at);
    }
    groups
}

impl Spans {
    fn new(of: &SpansetExpr) -> Self {
        match of {
            SpansetExpr::Filter(expr) => Self::Filter(Expr::new(expr)),
            SpansetExpr::Pipeline(pipeline) => Self::Pipeline(Plan::new(pipeline)),
            SpansetExpr::Operation(op, left, right) => {
                Self::Operation(*op, Box::new(Self::new(left)), Box::new(Self::new(right)))
            }
        }
    }

    fn apply(&self, trace: &Trace<'_>, set: Spanset, out: &mut Vec<Spanset>) -> Result<(), Error> {
        match self {
            Self::Filter(expr) => {
                let mut set = set;
                set.spans.retain(|at| expr.holds(trace, *at));
                if !set.spans.is_empty() {
                    out.push(set);
                }
            }
            Self::Pipeline(plan) => out.extend(plan.apply(trace, vec![set])?),
            Self::Operation(op, left, right) => {
                let (mut on_left, mut on_right) = (Vec::new(), Vec::new());
                left.apply(trace, set.clone(), &mut on_left)?;
                right.apply(trace, set.clone(), &mut on_right)?;
                let spans = combine(trace, *op, &on_left, &on_right)?;
                if !spans.is_empty() {
                    out.push(set.with(spans));
                }
            }
        }
        Ok(())
    }
}

fn combine(trace: &Trace<'_>, op: SpansetOp, left: &[Spanset], right: &[Spanset]) -> Result<Vec<usize>, Error> {
    match op {
        SpansetOp::And if left.is_empty() || right.is_empty() => Ok(Vec::new()),
        SpansetOp::And | SpansetOp::Or => Ok(union(left.iter().chain(right))),
        SpansetOp::Related(relation, which) => match (left, right) {
            (_, []) => Ok(Vec::new()),
            ([], _) if which != Which::Unrelated => Ok(Vec::new()),
            ([] | [_], [right]) => {
                let left = left.first().map(|set| set.spans.as_slice()).unwrap_or_default();
                Ok(related(trace, relation, which, left, &right.spans))
            }
            _ => Err(Error::Evaluation(
                "spanset operators are not supported for multiple spansets per trace. consider using coalesce()"
                    .to_owned(),
            )),
        },
    }
}

//! What is in the grammar and means nothing. Patterns are known to compile afterwards.

use super::typing::{self, Type};
use crate::ast::{
    Aggregate, BinaryOp, FieldExpr, FirstStage, Function, Metrics, Pipeline, Query, Root, Scalar, SecondStage,
    SpansetExpr, Stage,
};
use crate::error::Error;

/// Most fields of a `by(…)`.
const GROUPS_MAX: usize = 5;
/// Most values of an attribute in a comparison.
const COMPARE_MAX: i64 = 1000;

/// # Errors
/// [`Error::Invalid`], [`Error::NotSupported`].
pub(super) fn query(query: &Query) -> Result<(), Error> {
    match &query.root {
        Root::Spans(of) => pipeline(of),
        Root::Metrics(of) => metrics(of),
    }
}

fn pipeline(of: &Pipeline) -> Result<(), Error> {
    of.stages.iter().try_for_each(stage)
}

fn stage(of: &Stage) -> Result<(), Error> {
    match of {
        Stage::Spans(expr) => spanset(expr),
        Stage::Filter(left, op, right) => filter(of, left, BinaryOp::Compare(*op), right),
        Stage::By(expr) if !expr.references_span() => {
            Err(Error::Invalid(format!("grouping field expressions must reference the span: {of}")))
        }
        Stage::By(expr) => typing::check(expr),
        Stage::Coalesce => Ok(()),
        Stage::Select(fields) => fields.iter().try_for_each(typing::check_field),
    }
}

fn spanset(of: &SpansetExpr) -> Result<(), Error> {
    match of {
        SpansetExpr::Filter(expr) => condition(expr),
        SpansetExpr::Pipeline(inner) => pipeline(inner),
        SpansetExpr::Operation(_, left, right) => {
            spanset(left)?;
            spanset(right)
        }
    }
}

fn condition(expr: &FieldExpr) -> Result<(), Error> {
    typing::check(expr)?;
    if matches!(typing::of(expr), Type::Attribute | Type::Bool) {
        return Ok(());
    }
    Err(Error::Invalid(format!("span filter field expressions must resolve to a boolean: {{ {expr} }}")))
}

/// Only `aggregate op number` is evaluated, as in Tempo.
fn filter(stage: &Stage, left: &Scalar, op: BinaryOp, right: &Scalar) -> Result<(), Error> {
    scalar(left)?;
    scalar(right)?;
    typing::sides(op, type_of(left), type_of(right), stage)?;
    match (left, right) {
        (Scalar::Aggregate(_), Scalar::Static(_)) => Ok(()),
        (Scalar::Aggregate(_), _) => Err(Error::NotSupported(format!("scalar filter with {right} on the right"))),
        _ => Err(Error::NotSupported(format!("scalar filter with {left} on the left"))),
    }
}

fn scalar(of: &Scalar) -> Result<(), Error> {
    match of {
        Scalar::Aggregate(inner) => aggregate(inner),
        Scalar::Static(_) => Ok(()),
        Scalar::Pipeline(stages, inner) => {
            pipeline(stages)?;
            aggregate(inner)
        }
        Scalar::Operation(op, left, right) => {
            scalar(left)?;
            scalar(right)?;
            typing::sides(BinaryOp::Arithmetic(*op), type_of(left), type_of(right), of)
        }
    }
}

fn aggregate(of: &Aggregate) -> Result<(), Error> {
    let Some(expr) = &of.of else { return Ok(()) };
    typing::check(expr)?;
    let found = typing::of(expr);
    if found != Type::Attribute && !found.is_number() {
        return Err(Error::Invalid(format!("aggregate field expressions must resolve to a number type: {of}")));
    }
    if !expr.references_span() {
        return Err(Error::Invalid(format!("aggregate field expressions must reference the span: {of}")));
    }
    Ok(())
}

fn type_of(of: &Scalar) -> Type {
    match of {
        Scalar::Aggregate(Aggregate { of, .. }) | Scalar::Pipeline(_, Aggregate { of, .. }) => {
            of.as_ref().map_or(Type::Int, typing::of)
        }
        Scalar::Static(value) => typing::of_static(value),
        Scalar::Operation(_, left, right) => match type_of(left) {
            Type::Attribute => type_of(right),
            known => known,
        },
    }
}

fn metrics(of: &Metrics) -> Result<(), Error> {
    let leaves = of.leaves();
    let is_compare = |first: &FirstStage| matches!(first.function, Function::Compare { .. });
    for (spans, first) in &leaves {
        pipeline(spans)?;
        first_stage(first)?;
    }
    second_stages(of)?;
    if !matches!(of, Metrics::Spans(..)) && leaves.iter().any(|(_, first)| is_compare(first)) {
        return Err(Error::Invalid("`compare()` cannot be used with second stage functions".to_owned()));
    }
    Ok(())
}

fn first_stage(of: &FirstStage) -> Result<(), Error> {
    of.by.iter().try_for_each(typing::check_field)?;
    let most = match &of.function {
        Function::Rate | Function::Count => GROUPS_MAX,
        Function::Min(field) | Function::Max(field) | Function::Sum(field) | Function::Avg(field) => {
            typing::check_field(field)?;
            GROUPS_MAX
        }
        Function::Histogram(field) => {
            typing::check_field(field)?;
            GROUPS_MAX - 1
        }
        Function::Quantile(field, quantiles) => {
            typing::check_field(field)?;
            if let Some(bad) = quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
                return Err(Error::Invalid(format!("quantile must be between 0 and 1: {bad}")));
            }
            GROUPS_MAX - 1
        }
        Function::Compare { selection, top, start, end } => return compare(selection, *top, *start, *end),
    };
    if of.by.len() > most {
        return Err(Error::NotSupported(format!("metrics group by {} values", of.by.len())));
    }
    Ok(())
}

fn compare(selection: &FieldExpr, top: i64, start: i64, end: i64) -> Result<(), Error> {
    condition(selection)?;
    if !(1..=COMPARE_MAX).contains(&top) {
        return Err(Error::Invalid(format!(
            "compare() top number of values must be an integer between 1 and {COMPARE_MAX}"
        )));
    }
    if start == end && start == 0 {
        return Ok(());
    }
    if start <= 0 || end <= 0 {
        return Err(Error::Invalid("compare() timestamps must be positive integer unix nanoseconds".to_owned()));
    }
    if end <= start {
        return Err(Error::Invalid("compare() end timestamp must be greater than start timestamp".to_owned()));
    }
    Ok(())
}

fn second_stages(of: &Metrics) -> Result<(), Error> {
    match of {
        Metrics::Spans(..) => Ok(()),
        Metrics::Then(inner, stage) => {
            second_stages(inner)?;
            match stage {
                SecondStage::TopK(n) | SecondStage::BottomK(n) if *n <= 0 => {
                    Err(Error::Invalid("limit must be greater than 0".to_owned()))
                }
                SecondStage::Filter(_, value) if value.number().is_none() => {
                    Err(Error::Invalid(format!("series can be compared with numbers only, not with {value}")))
                }
                _ => Ok(()),
            }
        }
        Metrics::Math(_, left, right) => {
            second_stages(left)?;
            second_stages(right)
        }
    }
}

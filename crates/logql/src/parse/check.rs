//! What is wrong with the meaning of a query that can be read.

use regex::Regex;

use super::ast::{AggregateOp, BinaryExpr, Expr, LabelMatcher, LabelReplaceExpr, RangeExpr, RangeOp};
use crate::error::Error;

/// Most matchers of one selector.
const MATCHERS_MAX: usize = 1000;

/// Finds the first fault, outer expressions first.
pub(super) fn check(expr: &Expr) -> Result<(), Error> {
    match expr {
        Expr::Literal(_) | Expr::Vector(_) => Ok(()),
        Expr::Log(log) => matchers(&log.matchers),
        Expr::Range(range) => {
            window(range)?;
            matchers(&range.log.matchers)
        }
        Expr::Aggregate(aggregate) => {
            let sorts = matches!(aggregate.op, AggregateOp::Sort | AggregateOp::SortDesc);
            if sorts && aggregate.grouping.as_ref().is_some_and(|g| !g.labels.is_empty()) {
                return invalid("sort and sort_desc doesn't allow grouping by ");
            }
            check(&aggregate.of)
        }
        Expr::Binary(binary) => {
            legs(binary)?;
            check(&binary.left)?;
            check(&binary.right)
        }
        Expr::LabelReplace(replace) => {
            label_replace_regex(replace)?;
            check(&replace.of)
        }
    }
}

fn invalid<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::Invalid(message.into()))
}

fn matchers(matchers: &[LabelMatcher]) -> Result<(), Error> {
    if matchers.len() > MATCHERS_MAX {
        let count = matchers.len();
        return Err(Error::TooMuch(format!(
            "max streams matchers per query exceeded, matchers-count > limit ({count} > {MATCHERS_MAX})"
        )));
    }
    if super::compile(matchers)?.iter().all(|m| m.matches_empty()) {
        return invalid(
            "queries require at least one regexp or equality matcher that does not have an empty-compatible value. For \
             instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will",
        );
    }
    Ok(())
}

fn window(range: &RangeExpr) -> Result<(), Error> {
    let word = range.op.as_str();
    if range.op == RangeOp::Quantile && range.param.is_none() {
        return invalid(format!("parameter required for operation {word}"));
    }
    let is_of_lines = matches!(range.op, RangeOp::Count | RangeOp::Bytes | RangeOp::BytesRate);
    let is_of_both = matches!(range.op, RangeOp::Rate | RangeOp::Absent);
    let is_grouped = !is_of_lines && !is_of_both && !matches!(range.op, RangeOp::Sum | RangeOp::RateCounter);
    if range.grouping.is_some() && !is_grouped {
        return invalid(format!("grouping not allowed for {word} aggregation"));
    }
    match range.unwrap {
        Some(_) if is_of_lines => invalid(format!("invalid aggregation {word} with unwrap")),
        None if !is_of_lines && !is_of_both => invalid(format!("invalid aggregation {word} without unwrap")),
        _ => Ok(()),
    }
}

/// Lines have no value, and numbers are no sets.
fn legs(binary: &BinaryExpr) -> Result<(), Error> {
    let op = binary.op.as_str();
    let legs = [("left", &*binary.left), ("right", &*binary.right)];
    for (side, leg) in legs {
        if let Expr::Log(log) = leg {
            let kind = if log.stages.is_empty() { "MatchersExpr" } else { "PipelineExpr" };
            return invalid(format!("unexpected type for {side} leg of binary operation ({op}): *syntax.{kind}"));
        }
    }
    for (side, leg) in legs {
        if let (true, Expr::Literal(value)) = (binary.op.is_set(), leg) {
            return invalid(format!(
                "unexpected literal for {side} leg of logical/set binary operation ({op}): {value:.6}"
            ));
        }
    }
    Ok(())
}

fn label_replace_regex(replace: &LabelReplaceExpr) -> Result<(), Error> {
    compile_anchored(&replace.regex)
        .map(|_| ())
        .or_else(|why| invalid(format!("invalid regex in label_replace: {why}")))
}

/// A regular expression in Go's dialect that must match all of a text.
pub(crate) fn compile_anchored(regex: &str) -> Result<Regex, String> {
    let translated = aio_types::pattern::translate(regex).map_err(|e| format!("error parsing regexp: {e}"))?;
    Regex::new(&format!("^(?:{translated})$")).map_err(|e| format!("error parsing regexp: {e}"))
}

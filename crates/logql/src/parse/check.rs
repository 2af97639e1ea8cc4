//! What is wrong with the meaning of what has been read.

use aio_types::Matcher;
use regex::Regex;

use super::ast::{AggregateExpr, AggregateOp, LabelReplaceExpr, RangeExpr, RangeOp};
use crate::error::Error;

/// Most matchers of one selector.
const MATCHERS_MAX: usize = 1000;

fn invalid<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::Invalid(message.into()))
}

/// A selector must pick something, and not too much of it.
pub(super) fn matchers(matchers: &[Matcher]) -> Result<(), Error> {
    if matchers.len() > MATCHERS_MAX {
        let count = matchers.len();
        return Err(Error::TooMuch(format!(
            "max streams matchers per query exceeded, matchers-count > limit ({count} > {MATCHERS_MAX})"
        )));
    }
    if matchers.iter().all(Matcher::matches_empty) {
        return invalid(
            "queries require at least one regexp or equality matcher that does not have an empty-compatible value. For \
             instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will",
        );
    }
    Ok(())
}

/// What functions over windows take.
pub(super) fn window(range: &RangeExpr) -> Result<(), Error> {
    let word = range.op.as_str();
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

/// Sorting takes no labels.
pub(super) fn grouping(aggregate: &AggregateExpr) -> Result<(), Error> {
    let sorts = matches!(aggregate.op, AggregateOp::Sort | AggregateOp::SortDesc);
    if sorts && aggregate.grouping.as_ref().is_some_and(|g| !g.labels.is_empty()) {
        return invalid("sort and sort_desc doesn't allow grouping by ");
    }
    Ok(())
}

/// What labels are made of is a regular expression.
pub(super) fn label_replace(replace: &LabelReplaceExpr) -> Result<(), Error> {
    compile_anchored(&replace.regex)
        .map(|_| ())
        .or_else(|why| invalid(format!("invalid regex in label_replace: {why}")))
}

/// A regular expression in Go's dialect that must match all of a text.
pub(crate) fn compile_anchored(regex: &str) -> Result<Regex, String> {
    let translated = aio_types::pattern::translate(regex).map_err(|e| format!("error parsing regexp: {e}"))?;
    Regex::new(&format!("^(?:{translated})$")).map_err(|e| format!("error parsing regexp: {e}"))
}

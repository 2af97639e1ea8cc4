//! Text to a [`Query`].
//!
//! ```text
//!   text ──lexer──> tokens ──reader──> Query ──check──> Query
//! ```
//! `&&` and `||` bind equally and to the left, as in Tempo.

mod check;
mod duration;
mod field_expr;
mod fold;
mod lexer;
mod metrics;
mod operand;
mod pipeline;
mod reader;
mod typing;

#[cfg(test)]
mod tests;

pub(crate) use lexer::is_in_names;
pub(crate) use typing::compile as compile_pattern;

use crate::ast::{Field, FieldExpr, Pipeline, Query, Root, SpansetExpr, Stage, Static};
use crate::error::Error;
use reader::Reader;

const QUERY_BYTES_MAX: usize = 128 << 10;

/// Parses and checks a query; an empty one matches every span.
///
/// # Errors
/// [`Error::Syntax`] with line and column, [`Error::Invalid`], [`Error::NotSupported`].
pub fn parse(text: &str) -> Result<Query, Error> {
    if text.trim().is_empty() {
        return Ok(everything());
    }
    if text.len() > QUERY_BYTES_MAX {
        return Err(Error::syntax(text, 0, format!("query is longer than {QUERY_BYTES_MAX} bytes")));
    }
    let query = Reader::new(text)?.query()?;
    check::query(&query)?;
    Ok(query)
}

/// Reads a field alone: `resource.service.name`, `span."a b"`, `name`, `event:name`.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_field(text: &str) -> Result<Field, Error> {
    Reader::new(text)?.lone_field()
}

/// What matches every span.
pub(crate) fn everything() -> Query {
    let all = Stage::Spans(SpansetExpr::Filter(FieldExpr::Static(Static::Bool(true))));
    Query { root: Root::Spans(Pipeline { stages: vec![all] }), hints: Vec::new() }
}

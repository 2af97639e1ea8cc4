//! The language: from text to a tree of our own, and back to text.
//!
//! ```text
//!   text ──lexer──> words ──read──> script + parts ──promql-parser──> tree of placeholders
//!                                      └───────────────┬───────────────────┘
//!                                            tree ──check──> Expr ──print, pretty, json──> text
//! ```
//!
//! The `promql-parser` crate parses; but the language has grown since, the crate knows no places in the text, says
//! little of what is wrong with one, and checks types by rules that are not quite Prometheus'. So it is given a
//! *script*: the same expression with every operand as a placeholder of type vector and every function as one that
//! takes any number of vectors. From that it makes the tree: what belongs to which operator, sign, pair of parentheses
//! and call. Its types end there: [`tree`] joins its tree and the reader's parts to an [`Expr`] at once.
//!
//! Read by our own code, because the crate lacks it or reads it otherwise than Prometheus 3 does:
//! - words: raw strings, `1_000`, escapes as bytes, comments, keywords as names of metrics and labels;
//! - braces: `.` of patterns matches newlines, `{a="b" or c="d"}` is refused, quoted names;
//! - what stands directly behind an operand: ranges, subqueries, `offset` and `@` in either order, `anchored`,
//!   `smoothed`, and durations that are expressions of their own (`[5m + step()]`, `offset -(1m * 2)`);
//! - what stands directly behind an operator: `bool`, `on`, `ignoring`, `group_left`, `group_right`, `fill`; the trims
//!   `</` and `>/` go to the crate as the comparison they are as strong as, a plus sign as a minus sign;
//! - lists of labels with quoted names; all functions and aggregations with the number and types of their arguments.
//!
//! Invariants: every accepted text, printed, parses to the same tree; no text overflows the stack; nothing below this
//! module sees the crate's types.
//! Knows nothing of: evaluation, time, storage.

mod ast;
mod check;
mod duration;
mod error;
mod float;
mod function;
mod lexer;
mod number;
mod print;
mod quote;
mod read;
mod token;
mod tree;

#[cfg(test)]
mod tests;

use aio_types::Matcher;

pub use self::ast::{
    Aggregate, AggregateOp, At, Binary, BinaryOp, Call, Cardinality, Expr, ExprKind, Extension, Matching,
    MatrixSelector, Number, Selector, Shift, Span, Subquery, UnaryOp, ValueType,
};
pub use self::duration::{DurationError, DurationExpr, DurationKind, DurationOp, QueryTimes, format_duration};
pub use self::error::{ParseError, place};
pub(crate) use self::float::go_float;
pub use self::function::{FUNCTIONS, Function, Variadic};
pub use self::quote::quote;

/// Which parts of the language are there. All are, unless switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseOptions {
    /// Functions and aggregations that may change or go.
    pub experimental_functions: bool,
    /// Durations that are more than a literal.
    pub duration_expressions: bool,
    /// `anchored` and `smoothed`.
    pub extended_ranges: bool,
    /// `fill`, `fill_left` and `fill_right`.
    pub fill_modifiers: bool,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { experimental_functions: true, duration_expressions: true, extended_ranges: true, fill_modifiers: true }
    }
}

/// The tree of an expression, its types checked.
///
/// # Errors
/// The first fault of the text.
pub fn parse(text: &str, options: &ParseOptions) -> Result<Expr, ParseError> {
    let parsed = read::read(text, options).and_then(tree::build).and_then(|expr| {
        check::check(&expr, options)?;
        Ok(expr)
    });
    parsed.map_err(|fault| fault.of(text))
}

/// The matchers of a `match[]` parameter: a name, matchers in braces or both, without modifiers.
///
/// # Errors
/// The first fault of the text. Whether the matchers select everything is for the caller to ask.
pub fn parse_selector(text: &str) -> Result<Vec<Matcher>, ParseError> {
    let parsed = read::read_selector(text).and_then(tree::leaf);
    match parsed.map_err(|fault| fault.of(text))?.kind {
        ExprKind::Vector(selector) => Ok(selector.matchers),
        _ => Ok(Vec::new()),
    }
}

/// The matchers of every selector of an expression, in the order of the text.
///
/// # Errors
/// The first fault of the text.
pub fn selectors_of(text: &str, options: &ParseOptions) -> Result<Vec<Vec<Matcher>>, ParseError> {
    let expr = parse(text, options)?;
    let mut out = Vec::new();
    expr.walk(&mut |expr| out.extend(expr.selector().map(|selector| selector.matchers.clone())));
    Ok(out)
}

/// An expression laid out over lines where it is long.
///
/// # Errors
/// The first fault of the text.
pub fn format_query(text: &str, options: &ParseOptions) -> Result<String, ParseError> {
    Ok(parse(text, options)?.pretty())
}

/// The tree of an expression as JSON.
///
/// # Errors
/// The first fault of the text.
pub fn parse_query(text: &str, options: &ParseOptions) -> Result<serde_json::Value, ParseError> {
    Ok(parse(text, options)?.to_json())
}

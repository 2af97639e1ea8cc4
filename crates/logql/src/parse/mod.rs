//! Text to tree and back.
//!
//! ```text
//!   text ──lexer──> words ──read, check──> Expr ──print──> text, in one line or many
//! ```
//!
//! The reader descends the grammar of Loki, so that of a word that may not stand where it does it can say what may, at
//! its place and in Loki's words. Of several faults the one is told that Loki tells: a pattern that is none as soon as it
//! has been read, then the first fault of the text, and what else is wrong with the meaning of a query once it could be
//! read. What is wrong with the meaning has no place.

pub mod ast;
mod check;
mod error;
mod lexer;
mod number;
mod print;
pub(crate) mod quote;
mod read;
mod token;

use aio_types::Matcher;

use self::ast::{Expr, LabelMatcher, LogExpr};
use self::read::Read;
use crate::error::Error;

pub(crate) use self::check::compile_anchored;

/// Longest query.
const QUERY_BYTES_MAX: usize = 128 << 10;

/// Parses a query.
///
/// # Errors
/// [`Error::Syntax`] with line and column, [`Error::Invalid`].
pub fn parse(text: &str) -> Result<Expr, Error> {
    let Read { expr, meaning } = read_checked_size(text)?;
    meaning.map_or(Ok(expr), Err)
}

fn read_checked_size(text: &str) -> Result<Read, Error> {
    if text.len() >= QUERY_BYTES_MAX {
        return Err(Error::Invalid(format!("input size too long ({} > {QUERY_BYTES_MAX})", text.len())));
    }
    if text.is_empty() {
        return Err(Error::Invalid("syntax error: unexpected $end".to_owned()));
    }
    read::read(text)
}

/// Parses a stream selector, as `match[]` parameters and index APIs take it; `{}` selects everything.
///
/// # Errors
/// As [`parse`], and [`Error::OnlyMatchers`].
pub fn parse_matchers(text: &str) -> Result<Vec<Matcher>, Error> {
    match read_checked_size(text)?.expr {
        Expr::Log(LogExpr { matchers, stages }) if stages.is_empty() => compile(&matchers),
        _ => Err(Error::OnlyMatchers),
    }
}

/// The compiled matchers of a query's selector.
///
/// # Errors
/// [`Error::Invalid`] for a regular expression that is none.
pub fn matchers(log: &LogExpr) -> Result<Vec<Matcher>, Error> {
    compile(&log.matchers)
}

pub(crate) fn compile(matchers: &[LabelMatcher]) -> Result<Vec<Matcher>, Error> {
    matchers.iter().map(matcher).collect()
}

pub(crate) fn matcher(matcher: &LabelMatcher) -> Result<Matcher, Error> {
    let LabelMatcher { name, op, value } = matcher;
    Matcher::new(name.as_str(), *op, value.as_str())
        .map_err(|e| Error::Invalid(format!("error parsing regexp: {}", e.reason)))
}

#[cfg(test)]
mod tests;

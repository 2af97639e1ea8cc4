//! Why a text is no expression, and where.

use super::ast::Span;

/// A fault of the text. Written as Prometheus writes it: `line:column: parse error: why`, both counted from 1 and
/// columns in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: parse error: {why}")]
pub struct ParseError {
    /// Where in the text, in bytes.
    pub span: Span,
    /// What is wrong.
    pub why: String,
    /// `line:column` of the start.
    pub place: String,
}

/// A fault before it is known which text it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) why: String,
}

impl Fault {
    pub(super) fn new(span: Span, why: impl Into<String>) -> Self {
        Self { span, why: why.into() }
    }

    pub(super) fn of(self, text: &str) -> ParseError {
        ParseError { place: place(text, self.span.start), span: self.span, why: self.why }
    }
}

/// `line:column` of a byte of a text.
#[must_use]
pub fn place(text: &str, at: usize) -> String {
    let Some(before) = text.as_bytes().get(..at) else { return "invalid position".to_owned() };
    if text.is_empty() {
        return "unknown position".to_owned();
    }
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    format!("{line}:{column}")
}

//! Why a query has no answer.

/// A failure of one query.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no query.
    #[error("invalid TraceQL query: parse error at line {line}, col {column}: {message}")]
    Syntax {
        /// 1-based.
        line: usize,
        /// 1-based, in characters.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// The text is a query that means nothing.
    #[error("invalid TraceQL query: {0}")]
    Invalid(String),
    /// In the language, but evaluated by nobody.
    #[error("invalid TraceQL query: {0} not yet supported")]
    NotSupported(String),
    /// A query of another kind than what was asked for.
    #[error("{0}")]
    Unfit(String),
    /// The query means nothing for a trace that was found.
    #[error("{0}")]
    Evaluation(String),
    /// Told to stop.
    #[error("the query was cancelled or timed out")]
    Stopped,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] aio_source::Error),
}

impl Error {
    /// A fault at a byte of the query.
    pub(crate) fn syntax(text: &str, at: usize, message: impl Into<String>) -> Self {
        let before = &text[..at.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self::Syntax { line, column, message: message.into() }
    }
}

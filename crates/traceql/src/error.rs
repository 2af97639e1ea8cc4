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
    /// Valid TraceQL that is not evaluated yet.
    #[error("not supported yet: {0}")]
    NotSupported(String),
    /// Told to stop.
    #[error("the query was cancelled or timed out")]
    Stopped,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] aio_source::Error),
}

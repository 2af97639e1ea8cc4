//! Why a query has no answer.

/// A failure of a query.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no valid query; the caller's fault.
    #[error("{0}")]
    Parse(String),
    /// A range query of something that is no vector.
    #[error("invalid expression type \"{0}\" for range query, must be Scalar or instant Vector")]
    RangeOf(&'static str),
    /// The data does not allow the operation.
    #[error("{0}")]
    Execution(String),
    /// Over the budget.
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples,
    /// Stopped by its deadline or because nobody waits any more.
    #[error("query timed out in expression evaluation")]
    Timeout,
    /// The store failed.
    #[error(transparent)]
    Storage(aio_source::Error),
}

impl From<aio_source::Error> for Error {
    fn from(error: aio_source::Error) -> Self {
        Self::Storage(error)
    }
}

impl Error {
    pub(crate) fn execution(why: impl Into<String>) -> Self {
        Self::Execution(why.into())
    }

    pub(crate) fn duplicate_labels() -> Self {
        Self::execution("vector cannot contain metrics with the same labelset")
    }
}

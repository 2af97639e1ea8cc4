//! Why a query has no answer.

/// A failure of one query.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no query.
    #[error("parse error at line {line}, col {column}: {message}")]
    Syntax {
        /// 1-based.
        line: usize,
        /// 1-based, in characters.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// The text parses but asks for something impossible.
    #[error("parse error : {0}")]
    Invalid(String),
    /// Valid LogQL that is switched off.
    #[error("{0}")]
    Refused(String),
    /// A whole query where an API takes a stream selector.
    #[error("only label matchers are supported")]
    OnlyMatchers,
    /// A log query where a metric query is needed.
    #[error("log queries are not supported as an instant query type, please change your query to a range query type")]
    LogQueryAsInstant,
    /// A line's pipeline failed in a metric query.
    #[error(
        "pipeline error: '{kind}' for series: '{series}'.\nUse a label filter to intentionally skip this error. \
         (e.g | __error__!=\"{kind}\").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")\n\
         The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" )\n"
    )]
    Pipeline {
        /// Value of `__error__`.
        kind: String,
        /// Labels of the line.
        series: String,
    },
    /// Series that should meet one to one do not.
    #[error("{0}")]
    Matching(String),
    /// More series than an answer may have.
    #[error(
        "maximum number of series ({0}) reached for a single query; consider reducing query cardinality by adding more \
         specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() \
         or topk()"
    )]
    TooManySeries(usize),
    /// Too many samples or bytes.
    #[error("{0}")]
    TooMuch(String),
    /// Told to stop.
    #[error("the query was cancelled or timed out")]
    Stopped,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] aio_source::Error),
}

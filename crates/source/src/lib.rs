//! What a query engine may ask of a store: predicates and time ranges in, batches out.
//!
//! Engines depend on these traits, stores implement them, and nobody else's types cross over. What is absent on
//! purpose: chunk formats, block names, caches, any way to write.

mod logs;
mod metrics;
mod traces;

pub use logs::{LogsBatch, LogsSelect, LogsSource, LogsStats};
pub use metrics::{MetricsSource, Series, SeriesExemplars};
pub use traces::{TraceSpans, TracesSelect, TracesSource};

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The budget of the query is used up; the caller asked for too much.
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples,
    /// Stored bytes are damaged or unreadable.
    #[error("reading stored data: {0}")]
    Storage(String),
}

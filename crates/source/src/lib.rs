//! What a query engine may ask of a store: predicates and time ranges in, batches out.
//!
//! Engines depend on these traits, stores implement them, and nobody else's types cross over. What is absent on
//! purpose: chunk formats, block names, caches, any way to write.

mod cardinality;
mod fixed;
mod logs;
mod metrics;
mod traces;

pub use cardinality::{BlockFigures, Cardinality};
pub use fixed::FixedMetrics;
pub use logs::{
    Bucket, LogsBatch, LogsCount, LogsCounted, LogsExplained, LogsFilter, LogsPattern, LogsPatterns, LogsRead,
    LogsSelect, LogsSource, LogsStats, PATTERN_STEP_NS, count_by_reading, escapes_letters, has_token, lifted_trace_id,
};
pub use metrics::{Mark, MetricsSource, SeriesExemplars, SeriesReader};
pub use traces::{TraceSpans, TracesSelect, TracesSource};

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Stored bytes are damaged or unreadable.
    #[error("reading stored data: {0}")]
    Storage(String),
}

//! Logs: stream matchers and texts that must occur in, batches of lines out.

use std::ops::ControlFlow;

use aio_types::{Labels, LogEntry, Matcher, TimestampNs};

use crate::Error;

mod count;
mod explain;
mod filter;
mod lift;
mod pattern;
mod patterns;
mod read;
mod spelled;

pub use count::{Bucket, LogsCount, LogsCounted, by_reading as count_by_reading};
pub use explain::LogsExplained;
pub use filter::LogsFilter;
pub use lift::lifted_trace_id;
pub use patterns::{LogsPattern, LogsPatterns, PATTERN_STEP_NS};
pub use read::LogsRead;
pub use spelled::{escapes_letters, has_token};

/// What to read.
#[derive(Debug, Clone)]
pub struct LogsSelect {
    /// All must pass on the stream's labels.
    pub matchers: Vec<Matcher>,
    /// First nanosecond inside.
    pub start: TimestampNs,
    /// First nanosecond after it.
    pub end: TimestampNs,
    /// What is known of wanted lines. A hint: lines that it does not keep may be missing, or not.
    pub filter: LogsFilter,
    /// In which order batches come.
    pub newest_first: bool,
    /// How many of the newest lines are probably enough: a hint, all are read as long as the visitor goes on.
    pub enough: Option<usize>,
}

/// Lines of one stream.
#[derive(Debug, Clone, PartialEq)]
pub struct LogsBatch {
    /// The stream.
    pub labels: Labels,
    /// No later batch reaches beyond this time: newest first it is an upper bound, oldest first a lower one.
    pub frontier: TimestampNs,
    /// Ascending by time, all inside the range asked for, no two equal. None where the frontier alone is told,
    /// behind as many lines as would be enough.
    pub entries: Vec<LogEntry>,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogsStats {
    /// Streams.
    pub streams: u64,
    /// Chunks, open ones included.
    pub chunks: u64,
    /// Bytes of lines and structured metadata.
    pub bytes: u64,
    /// Lines.
    pub entries: u64,
}

/// A view of one tenant's logs.
pub trait LogsSource: Send + Sync {
    /// Hands out everything that matches, batch by batch, until `visit` breaks, and gives an account of what was read.
    /// Batches of one stream do not overlap in time; [`LogsBatch::frontier`] says when no later batch can matter.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn select(
        &self,
        select: &LogsSelect,
        visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
    ) -> Result<LogsRead, Error>;

    /// What [`LogsSource::select`] would look up, and what it would be left with. Reads no line.
    ///
    /// # Errors
    /// As [`LogsSource::select`].
    fn explain(&self, _select: &LogsSelect) -> Result<LogsExplained, Error> {
        Ok(LogsExplained::default())
    }

    /// How many lines there are by stream, level and stretch of time, exactly. Sources that know it without reading
    /// lines say so.
    ///
    /// # Errors
    /// As [`LogsSource::select`].
    fn count(&self, count: &LogsCount) -> Result<(Vec<LogsCounted>, LogsRead), Error> {
        count_by_reading(self, count)
    }

    /// What lines have in common, the most frequent first. Sources that do not look for it know of nothing.
    ///
    /// # Errors
    /// As [`LogsSource::select`].
    fn patterns(&self, _patterns: &LogsPatterns) -> Result<Vec<LogsPattern>, Error> {
        Ok(Vec::new())
    }

    /// Whether lines in `start..end` may have structured metadata of this name.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn may_have_metadata(&self, _name: &str, _start: TimestampNs, _end: TimestampNs) -> Result<bool, Error> {
        Ok(true)
    }

    /// Label sets of the streams that match any selection (all streams for none) and may have lines in
    /// `start..end`; sorted, unique.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn streams(&self, selections: &[Vec<Matcher>], start: TimestampNs, end: TimestampNs) -> Result<Vec<Labels>, Error>;

    /// How much matches. Lines and bytes are exact.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn stats(&self, matchers: &[Matcher], start: TimestampNs, end: TimestampNs) -> Result<LogsStats, Error>;
}

//! Logs: stream matchers and texts that must occur in, batches of lines out.

use std::ops::ControlFlow;

use aio_types::{Labels, LogEntry, Matcher, TimestampNs};

use crate::Error;

mod count;
mod filter;
mod lift;
mod pattern;
mod read;

pub use count::{Bucket, LogsCount, LogsCounted, by_reading as count_by_reading};
pub use filter::LogsFilter;
pub use lift::lifted_trace_id;
pub use read::LogsRead;

/// What to read.
#[derive(Debug, Clone)]
pub struct LogsSelect {
    /// All must pass on the stream's labels.
    pub matchers: Vec<Matcher>,
    /// First nanosecond inside.
    pub start: TimestampNs,
    /// First nanosecond after it.
    pub end: TimestampNs,
    /// Texts every wanted line contains. A hint: lines without them may come as well.
    pub line_contains: Vec<String>,
    /// Pairs every wanted line has in its structured metadata. A hint, as above.
    pub metadata_equals: Vec<(String, String)>,
    /// In which order batches come.
    pub newest_first: bool,
}

impl LogsSelect {
    /// Its texts and pairs, as a filter.
    #[must_use]
    pub fn filter(&self) -> LogsFilter {
        let texts = self.line_contains.iter().map(LogsFilter::contains);
        let pair = |(name, value): &(String, String)| LogsFilter::Pair { name: name.clone(), value: value.clone() };
        LogsFilter::all(texts.chain(self.metadata_equals.iter().map(pair)))
    }
}

/// Lines of one stream.
#[derive(Debug, Clone, PartialEq)]
pub struct LogsBatch {
    /// The stream.
    pub labels: Labels,
    /// No later batch reaches beyond this time: newest first it is an upper bound, oldest first a lower one.
    pub frontier: TimestampNs,
    /// Ascending by time, all inside the range asked for, no two equal; never empty.
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
    /// Hands out everything that matches, batch by batch, until `visit` breaks. Batches of one stream do not overlap in
    /// time; [`LogsBatch::frontier`] says when no later batch can matter.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn select(&self, select: &LogsSelect, visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>) -> Result<(), Error>;

    /// As [`LogsSource::select`], with more that is known of wanted lines, and with an account of what was read. Lines
    /// that the filter does not keep may be missing, or not.
    ///
    /// # Errors
    /// As [`LogsSource::select`].
    fn scan(
        &self,
        select: &LogsSelect,
        _filter: &LogsFilter,
        visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
    ) -> Result<LogsRead, Error> {
        self.select(select, visit)?;
        Ok(LogsRead::default())
    }

    /// How many lines there are by stream, level and stretch of time, exactly. Sources that know it without reading
    /// lines say so.
    ///
    /// # Errors
    /// As [`LogsSource::select`].
    fn count(&self, count: &LogsCount) -> Result<(Vec<LogsCounted>, LogsRead), Error> {
        count_by_reading(self, count)
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

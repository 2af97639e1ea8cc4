//! Log lines and the streams they belong to.

use crate::{Labels, TimestampNs};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogEntry {
    /// When it was written.
    pub ts: TimestampNs,
    /// The text, as sent.
    pub line: Box<str>,
    /// Structured metadata: what belongs to the line but is no label of its stream.
    pub metadata: Labels,
}

/// New lines of one stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamWrite {
    /// The stream's label set.
    pub labels: Labels,
    /// In any order.
    pub entries: Vec<LogEntry>,
}

/// One request's worth of logs. The same label set may occur more than once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogsWrite {
    /// Streams with their lines.
    pub streams: Vec<StreamWrite>,
}

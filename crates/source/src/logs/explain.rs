//! What a selection would read, found out without reading it.

use super::LogsRead;

/// What a source would do for a [`super::LogsSelect`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogsExplained {
    /// What is looked up, as text; empty where a source looks nothing up.
    pub lookup: String,
    /// Chunks in range, and by what they were ruled out; nothing was read of them.
    pub read: LogsRead,
    /// Chunks that are left to be read.
    pub chunks: u64,
    /// Bytes of lines in them.
    pub line_bytes: u64,
    /// Lines in memory that are looked at as well.
    pub lines_in_memory: u64,
}

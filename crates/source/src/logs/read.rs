//! What was read for an answer, and what was not.

use std::ops::AddAssign;

/// Every chunk in range was skipped in one of three ways, or read; some are read more than once, some not at all when a
/// reader has had enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogsRead {
    /// Chunks in files whose stream and time are wanted.
    pub chunks: u64,
    /// Of these, how many the dictionary of words and pairs ruled out.
    pub skipped_by_terms: u64,
    /// How many their filter of ids ruled out.
    pub skipped_by_ids: u64,
    /// How many their levels ruled out.
    pub skipped_by_levels: u64,
    /// How many were read.
    pub chunks_read: u64,
    /// How many of them were read for their times only.
    pub chunks_counted: u64,
    /// Bytes read of chunks, compressed.
    pub bytes_read: u64,
    /// Lines looked at, in files and in memory.
    pub lines: u64,
    /// Bytes of these lines.
    pub line_bytes: u64,
    /// Bytes of their structured metadata.
    pub metadata_bytes: u64,
    /// Lines that the filter kept.
    pub lines_kept: u64,
}

impl AddAssign for LogsRead {
    fn add_assign(&mut self, other: Self) {
        self.chunks += other.chunks;
        self.skipped_by_terms += other.skipped_by_terms;
        self.skipped_by_ids += other.skipped_by_ids;
        self.skipped_by_levels += other.skipped_by_levels;
        self.chunks_read += other.chunks_read;
        self.chunks_counted += other.chunks_counted;
        self.bytes_read += other.bytes_read;
        self.lines += other.lines;
        self.line_bytes += other.line_bytes;
        self.metadata_bytes += other.metadata_bytes;
        self.lines_kept += other.lines_kept;
    }
}

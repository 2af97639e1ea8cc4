//! What senders of lines may ask. The defaults are Loki's where they guard what is stored; where they guard Loki's own
//! capacity there is no limit unless it is asked for.

use std::time::Duration;

/// See the module. Of durations, counts and rates zero means no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsLimits {
    /// Labels of a stream; the name of its service is not counted.
    pub labels: usize,
    /// Bytes of a label's name.
    pub label_name_bytes: usize,
    /// Bytes of a label's value.
    pub label_value_bytes: usize,
    /// Bytes of a line.
    pub line_bytes: usize,
    /// Whether longer lines are cut rather than refused.
    pub is_cutting_lines: bool,
    /// Bytes of a line's structured metadata.
    pub metadata_bytes: usize,
    /// Pairs of a line's structured metadata.
    pub metadata_pairs: usize,
    /// How old lines may be.
    pub age: Duration,
    /// How far in the future.
    pub ahead: Duration,
    /// How much older than the newest line of their stream.
    pub behind: Duration,
    /// Streams of a tenant that had lines within an hour.
    pub streams: usize,
    /// Bytes per second of a tenant, and how many at once.
    pub rate_bytes: u64,
    /// See `rate_bytes`.
    pub burst_bytes: u64,
    /// Bytes per second of a stream, and how many at once.
    pub stream_rate_bytes: u64,
    /// See `stream_rate_bytes`.
    pub stream_burst_bytes: u64,
}

impl Default for LogsLimits {
    fn default() -> Self {
        Self {
            labels: 15,
            label_name_bytes: 1024,
            label_value_bytes: 2048,
            line_bytes: 256 << 10,
            is_cutting_lines: false,
            metadata_bytes: 64 << 10,
            metadata_pairs: 128,
            age: Duration::from_secs(7 * 86_400),
            ahead: Duration::from_secs(600),
            behind: Duration::ZERO,
            streams: 0,
            rate_bytes: 0,
            burst_bytes: 0,
            stream_rate_bytes: 0,
            stream_burst_bytes: 0,
        }
    }
}

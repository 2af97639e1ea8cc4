//! What lines have in common.

use std::collections::BTreeMap;

use aio_types::{Matcher, TimestampNs};

/// Of which lines, and how finely they are counted over time.
#[derive(Debug, Clone)]
pub struct LogsPatterns {
    /// All must pass on the stream's labels.
    pub matchers: Vec<Matcher>,
    /// First nanosecond inside, rounded down to [`PATTERN_STEP_NS`].
    pub start: TimestampNs,
    /// First nanosecond after it.
    pub end: TimestampNs,
    /// Nanoseconds of a stretch: at least [`PATTERN_STEP_NS`]. Stretches begin at its multiples.
    pub step_ns: i64,
}

/// Lines of one template and level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsPattern {
    /// As the line filter `|>` reads it: it finds each of these lines.
    pub pattern: String,
    /// `detected_level` in their structured metadata, empty for none.
    pub level: String,
    /// How many lines there are by the start of each stretch that has some.
    pub counts: BTreeMap<TimestampNs, u64>,
}

/// Times are known no finer than this.
pub const PATTERN_STEP_NS: i64 = 10_000_000_000;

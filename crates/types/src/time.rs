//! Points and ranges in time. One unit per type; conversions are methods.

/// Milliseconds since the Unix epoch, UTC. May be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimestampMs(pub i64);

impl TimestampMs {
    /// The earliest representable time.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest representable time.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch, rounded towards zero, as OTLP times are.
    #[must_use]
    pub fn from_unix_nanos(nanos: u64) -> Self {
        Self(i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX))
    }

    /// Seconds since the epoch, with the fraction kept.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "API times are float seconds")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// This time moved by `ms` milliseconds, saturating at the ends.
    #[must_use]
    pub fn saturating_add(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// A closed range: both ends belong to it. Empty when `start > end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// First millisecond inside.
    pub start: TimestampMs,
    /// Last millisecond inside.
    pub end: TimestampMs,
}

impl TimeRange {
    /// Everything.
    pub const ALL: Self = Self { start: TimestampMs::MIN, end: TimestampMs::MAX };

    /// `start..=end` in milliseconds.
    #[must_use]
    pub fn new(start_ms: i64, end_ms: i64) -> Self {
        Self { start: TimestampMs(start_ms), end: TimestampMs(end_ms) }
    }

    /// Whether `t` lies inside.
    #[must_use]
    pub fn contains(&self, t: TimestampMs) -> bool {
        self.start <= t && t <= self.end
    }

    /// Whether the two share at least one millisecond.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

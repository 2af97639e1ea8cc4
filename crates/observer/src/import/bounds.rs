//! The time that is wanted.

use std::time::Duration;

use aio_types::{TimeRange, TimestampMs, TimestampNs};
use anyhow::{anyhow, bail};

use crate::cli::WantedTime;

/// What is wanted, and why no more.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    pub(super) range: TimeRange,
    /// Why what is older is left out.
    pub(super) before: String,
    /// Why what is newer is.
    pub(super) after: String,
}

impl Bounds {
    pub(super) fn of(wanted: &WantedTime, retention: Duration, now: TimestampMs) -> anyhow::Result<Self> {
        let given = |name, text: &Option<String>| text.as_deref().map(|text| time(name, text)).transpose();
        let retention_ms = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
        let (start, end) = (given("--start", &wanted.start)?, given("--end", &wanted.end)?);
        let range = TimeRange {
            start: start.unwrap_or_else(|| now.saturating_add(-retention_ms)),
            end: end.unwrap_or(TimestampMs::MAX),
        };
        if range.start > range.end {
            bail!("nothing lies between {} and {}", shown(range.start), shown(range.end));
        }
        let why = if start.is_some() { "--start" } else { "the retention; --start takes more" };
        let before = format!("older than {} ({why})", shown(range.start));
        Ok(Self { range, before, after: format!("newer than {} (--end)", shown(range.end)) })
    }

    /// What of a range is wanted; `None` for nothing.
    pub(super) fn clip(&self, range: TimeRange) -> Option<TimeRange> {
        self.range
            .overlaps(&range)
            .then(|| TimeRange { start: self.range.start.max(range.start), end: self.range.end.min(range.end) })
    }
}

/// A time as a person reads it.
pub(super) fn shown(t: TimestampMs) -> String {
    TimestampNs::from_ms(t).to_rfc3339()
}

#[expect(clippy::cast_possible_truncation, reason = "far beyond any time, and a float saturates")]
fn time(name: &str, text: &str) -> anyhow::Result<TimestampMs> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
    let time = TimestampMs::from_rfc3339(text).or(seconds.map(|seconds| TimestampMs((seconds * 1000.0) as i64)));
    time.ok_or_else(|| anyhow!("{name}: {text:?} is neither RFC 3339 nor seconds since 1970"))
}

//! Points and ranges in time. One unit per type; conversions are methods.

use crate::civil::{civil_from_days, days_from_civil};

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

    /// Reads RFC 3339 of any year it can name, cut to milliseconds; `None` for anything else.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let (seconds, nanos) = rfc3339(text)?;
        Some(Self(seconds * 1000 + nanos / 1_000_000))
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

/// Nanoseconds since the Unix epoch, UTC. Reaches from 1677 to 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimestampNs(pub i64);

impl TimestampNs {
    /// The earliest representable time.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest representable time.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds, saturating.
    #[must_use]
    pub fn from_ms(t: TimestampMs) -> Self {
        Self(t.0.saturating_mul(1_000_000))
    }

    /// From OTLP's unsigned nanoseconds, saturating.
    #[must_use]
    pub fn from_unix_nanos(nanos: u64) -> Self {
        Self(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    /// The millisecond it lies in.
    #[must_use]
    pub fn to_ms(self) -> TimestampMs {
        TimestampMs(self.0.div_euclid(1_000_000))
    }

    /// RFC 3339 in whole seconds, UTC, as error texts show times.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let seconds = self.0.div_euclid(1_000_000_000);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// Reads RFC 3339 with any number of fraction digits (nanoseconds are kept); `None` for anything else.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let (seconds, nanos) = rfc3339(text)?;
        seconds.checked_mul(1_000_000_000)?.checked_add(nanos).map(Self)
    }

    /// Whole days since the epoch.
    #[must_use]
    pub fn day(self) -> i64 {
        self.0.div_euclid(86_400_000_000_000)
    }

    /// This time moved by `ns` nanoseconds, saturating at the ends.
    #[must_use]
    pub fn saturating_add(self, ns: i64) -> Self {
        Self(self.0.saturating_add(ns))
    }
}

/// Seconds since the epoch, and nanoseconds of a second.
fn rfc3339(text: &str) -> Option<(i64, i64)> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (clock, zone) = time.split_at(time.find(['Z', '+', '-'])?);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute, second) = (clock.next()?.ok()?, clock.next()?.ok()?, clock.next()?.ok()?);
    let offset_minutes = zone_minutes(zone)?;
    let in_range = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second)
        && (0..10_000).contains(&year);
    if !in_range || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    // A day its month does not have is another month's.
    if civil_from_days(days) != (year, month, day) {
        return None;
    }
    let nanos: i64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<9.9}").parse().ok()? };
    Some((((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second, nanos))
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

/// Minutes east of UTC.
fn zone_minutes(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let minutes = i64::from(hours.parse::<u8>().ok()?) * 60 + i64::from(minutes.parse::<u8>().ok()?);
    Some(if zone.starts_with('-') { -minutes } else { minutes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_dates() {
        for (seconds, want) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(TimestampNs(seconds * 1_000_000_000).to_rfc3339(), want);
            assert_eq!(TimestampNs::from_rfc3339(want), Some(TimestampNs(seconds * 1_000_000_000)));
        }
    }

    #[test]
    fn dates_have_zones_and_fractions() {
        let want = TimestampNs(1_435_781_451_781_500_001);
        for text in ["2015-07-01T20:10:51.781500001Z", "2015-07-01T22:10:51.7815000019+02:00"] {
            assert_eq!(TimestampNs::from_rfc3339(text), Some(want), "{text}");
        }
        for text in
            ["", "2015-13-01T00:00:00Z", "2015-07-01", "9223372036854775807-01-01T00:00:00Z", "2015-07-01T-1:0:0Z"]
        {
            assert_eq!(TimestampNs::from_rfc3339(text), None, "{text}");
        }
    }
}

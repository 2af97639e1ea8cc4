//! How numbers, times and durations are spelled, and what is said of those that are spelled wrongly.

use std::num::IntErrorKind::{NegOverflow, PosOverflow};
use std::time::Duration;

use aio_types::{TimestampNs, duration_text};

use crate::params::parse_duration_ms;

const NS_PER_SECOND: i64 = 1_000_000_000;
const NS_PER_MS: i64 = 1_000_000;

/// A whole number, as Go's function of that name reads it.
pub(super) fn integer(text: &str, function: &str) -> Result<i64, String> {
    text.parse::<i64>().map_err(|error| {
        let is_large = matches!(error.kind(), PosOverflow | NegOverflow);
        let why = if is_large { "value out of range" } else { "invalid syntax" };
        format!("strconv.{function}: parsing {text:?}: {why}")
    })
}

/// Up to ten characters are seconds, more are nanoseconds; with a point they are seconds, rounded to milliseconds; else
/// RFC 3339.
#[expect(clippy::cast_possible_truncation, reason = "range-checked")]
pub(crate) fn parse_time(text: &str) -> Result<TimestampNs, String> {
    if text.contains('.')
        && let Ok(seconds) = text.parse::<f64>()
        && seconds.abs() < 9.2e9
    {
        return Ok(TimestampNs((seconds * 1e3).round() as i64 * NS_PER_MS));
    }
    match integer(text, "ParseInt") {
        Ok(number) if text.len() <= 10 => Ok(TimestampNs(number.saturating_mul(NS_PER_SECOND))),
        Ok(number) => Ok(TimestampNs(number)),
        Err(fault) => TimestampNs::from_rfc3339(text).ok_or(fault),
    }
}

/// Nanoseconds of a duration with its units; a number alone is none, unless it is zero.
pub(super) fn duration_ns(text: &str) -> Result<i64, String> {
    let fault = || format!("not a valid duration string: {text:?}");
    if text != "0" && text.parse::<f64>().is_ok() {
        return Err(fault());
    }
    let ms = parse_duration_ms(text).map_err(|_| fault())?;
    ms.checked_mul(NS_PER_MS).ok_or_else(|| "duration out of range".to_owned())
}

/// Bounds a time range, which is told to the millisecond.
pub(super) fn check_length(start: TimestampNs, end: TimestampNs, most_ns: i64) -> Result<(), String> {
    let length = end.to_ms().0.saturating_sub(start.to_ms().0);
    if most_ns == 0 || length <= most_ns / NS_PER_MS {
        return Ok(());
    }
    Err(format!(
        "the query time range exceeds the limit (query length: {}, limit: {})",
        go_duration(length),
        duration_text(Duration::from_nanos(most_ns.unsigned_abs()))
    ))
}

/// Milliseconds as Go prints a duration of a second and more.
fn go_duration(ms: i64) -> String {
    let (seconds, rest) = (ms / 1000, ms % 1000);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}").trim_end_matches('0').to_owned() };
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}{fraction}s"),
        (0, _) => format!("{minutes}m{seconds}{fraction}s"),
        _ => format!("{hours}h{minutes}m{seconds}{fraction}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_four_spellings() {
        for (text, want) in [
            ("1700000000", 1_700_000_000_000_000_000),
            ("1700000000123456789", 1_700_000_000_123_456_789),
            ("1700000000.5", 1_700_000_000_500_000_000),
            ("1700000000.1234", 1_700_000_000_123_000_000),
            ("4000000000", 4_000_000_000_000_000_000),
            ("-100000000", -100_000_000_000_000_000),
            ("-1000000000", -1_000_000_000),
            ("2023-11-14T22:13:20.000000001Z", 1_700_000_000_000_000_001),
        ] {
            assert_eq!(parse_time(text), Ok(TimestampNs(want)), "{text}");
        }
        for (text, want) in [
            ("abc", r#"strconv.ParseInt: parsing "abc": invalid syntax"#),
            ("99999999999999999999", r#"strconv.ParseInt: parsing "99999999999999999999": value out of range"#),
        ] {
            assert_eq!(parse_time(text), Err(want.to_owned()));
        }
    }

    #[test]
    fn durations_have_units() {
        for (text, want) in [
            ("0", Ok(0)),
            ("1h30m", Ok(5_400_000_000_000)),
            ("bad", Err(r#"not a valid duration string: "bad""#)),
            ("3600", Err(r#"not a valid duration string: "3600""#)),
            ("1.5h", Err(r#"not a valid duration string: "1.5h""#)),
            ("300y", Err("duration out of range")),
        ] {
            assert_eq!(duration_ns(text), want.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn ranges_have_bounds() {
        let ms = |n: i64| TimestampNs(n * NS_PER_MS);
        let most = 721 * 3600 * NS_PER_SECOND;
        let check = |end| check_length(ms(0), ms(end), most);
        assert_eq!(check(721 * 3_600_000), Ok(()));
        for (end, told) in [(960 * 3_600_000, "960h0m0s"), (721 * 3_600_000 + 61_050, "721h1m1.05s")] {
            let want = format!("the query time range exceeds the limit (query length: {told}, limit: 30d1h)");
            assert_eq!(check(end), Err(want));
        }
        assert!(check_length(TimestampNs::MIN, TimestampNs::MAX, most).is_err());
        assert_eq!([go_duration(61_000), go_duration(5100)], ["1m1s", "5.1s"]);
    }
}

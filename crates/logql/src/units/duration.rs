//! Durations.

use std::fmt::{self, Display, Formatter, Write as _};

use crate::parse::quote::quote;

const UNITS: [(&str, i64); 7] = [
    ("y", 31_536_000_000_000_000),
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// `1h30m`, `1d` in nanoseconds: whole numbers, the longer unit first.
///
/// # Errors
/// What Loki says of it.
pub(crate) fn prometheus_duration_ns(text: &str) -> Result<i64, String> {
    let invalid = || format!("not a valid duration string: {}", quote(text));
    match text {
        "" => return Err("empty duration string".to_owned()),
        "0" => return Ok(0),
        _ => {}
    }
    let (mut rest, mut total, mut next_unit) = (text, 0_i64, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        if unit == 0 {
            return Err(invalid());
        }
        let number: u64 = number.parse().map_err(|_| invalid())?;
        let (unit, tail) = tail.split_at(unit);
        let Some(place) = UNITS.iter().position(|(name, _)| *name == unit) else {
            return Err(format!("unknown unit {} in duration {}", quote(unit), quote(text)));
        };
        if place < next_unit {
            return Err(invalid());
        }
        next_unit = place + 1;
        let ns = i64::try_from(number).ok().and_then(|n| n.checked_mul(UNITS[place].1));
        total = ns.and_then(|ns| total.checked_add(ns)).ok_or("duration out of range")?;
        rest = tail;
    }
    Ok(total)
}

/// What a query may say: either of the two ways.
pub(crate) fn query_duration_ns(text: &str) -> Option<i64> {
    prometheus_duration_ns(text).ok().or_else(|| go_duration_ns(text))
}

/// A duration of a line in seconds: whole ones and the rest apart, as Go adds them up.
#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
pub(crate) fn go_duration_seconds(text: &str) -> Option<f64> {
    let ns = go_duration_ns(text)?;
    Some((ns / 1_000_000_000) as f64 + (ns % 1_000_000_000) as f64 / 1e9)
}

/// What a line may say, or nothing.
pub(crate) fn go_duration_ns(text: &str) -> Option<i64> {
    try_go_duration_ns(text).ok()
}

/// Why a text is no duration, in Go's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DurationFault<'a> {
    Invalid(&'a str),
    MissingUnit(&'a str),
    UnknownUnit { unit: &'a str, text: &'a str },
}

impl Display for DurationFault<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(text) => write!(f, "time: invalid duration {}", quote_bytes(text)),
            Self::MissingUnit(text) => write!(f, "time: missing unit in duration {}", quote_bytes(text)),
            Self::UnknownUnit { unit, text } => {
                write!(f, "time: unknown unit {} in duration {}", quote_bytes(unit), quote_bytes(text))
            }
        }
    }
}

/// As Go's durations are quoted: what is not ASCII byte by byte.
fn quote_bytes(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=0x7f => out.push(char::from(byte)),
            _ => write!(out, "\\x{byte:02x}").expect("a string takes everything"),
        }
    }
    out.push('"');
    out
}

/// What a line may say: Go's units end at hours, and numbers may have fractions.
///
/// # Errors
/// What Go says of it.
pub(crate) fn try_go_duration_ns(text: &str) -> Result<i64, DurationFault<'_>> {
    let invalid = DurationFault::Invalid(text);
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid);
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(number_len(rest));
        let (int, frac) = number.split_once('.').unwrap_or((number, ""));
        if int.is_empty() && frac.is_empty() {
            return Err(invalid);
        }
        let int: u64 = if int.is_empty() { 0 } else { int.parse().map_err(|_| invalid)? };
        let (unit, tail) = tail.split_at(tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len()));
        if unit.is_empty() {
            return Err(DurationFault::MissingUnit(text));
        }
        let ns = go_unit(unit).ok_or(DurationFault::UnknownUnit { unit, text })?;
        let part = int.checked_mul(ns).and_then(|part| part.checked_add(decimals(frac, ns)));
        total = part.and_then(|part| total.checked_add(part)).filter(|ns| *ns <= 1 << 63).ok_or(invalid)?;
        rest = tail;
    }
    if text.starts_with('-') { Ok(0_i64.wrapping_sub_unsigned(total)) } else { total.try_into().map_err(|_| invalid) }
}

/// How many bytes of a text are digits with at most one point.
fn number_len(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let int = digits(text);
    if text[int..].starts_with('.') { int + 1 + digits(&text[int + 1..]) } else { int }
}

/// What the digits behind a point are of a unit, as exact as Go has it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "less than a unit, which is small; digits that do not fit do not matter"
)]
fn decimals(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1.0);
    for digit in digits.bytes() {
        if value > i64::MAX.unsigned_abs() / 10 {
            break;
        }
        value = value * 10 + u64::from(digit - b'0');
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

fn go_unit(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// `1h30m`: the shortest spelling that ranges may have.
pub(crate) fn print_range(ns: i64) -> String {
    let mut rest = ns.unsigned_abs() / 1_000_000;
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut out = String::from(if ns < 0 { "-" } else { "" });
    for (i, (unit, width)) in UNITS.iter().enumerate() {
        let width = width.unsigned_abs() / 1_000_000;
        // Years and weeks only where nothing is left of them.
        if rest / width > 0 && (i > 1 || rest.is_multiple_of(width)) {
            write!(out, "{}{unit}", rest / width).expect("a string takes everything");
            rest %= width;
        }
    }
    out
}

/// `1h30m0s`, `1.5s`, `20ms`: as Go prints durations.
pub(crate) fn print_duration(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    let with_fraction = |unit: u64, name: &str| {
        let digits = unit.ilog10() as usize;
        let fraction = format!("{:0digits$}", ns % unit);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() || unit == 1 { "" } else { "." };
        let fraction = if unit == 1 { "" } else { fraction };
        format!("{sign}{}{point}{fraction}{name}", ns / unit)
    };
    match ns {
        0 => "0s".to_owned(),
        1..1_000 => with_fraction(1, "ns"),
        1_000..1_000_000 => with_fraction(1_000, "µs"),
        1_000_000..1_000_000_000 => with_fraction(1_000_000, "ms"),
        _ => {
            let minutes = ns / 60_000_000_000;
            let fraction = format!("{:09}", ns % 1_000_000_000);
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            let seconds = format!("{}{point}{fraction}s", ns / 1_000_000_000 % 60);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(query_duration_ns("1h30m"), Some(5_400_000_000_000));
        assert_eq!(query_duration_ns("1d"), Some(86_400_000_000_000));
        for (text, want) in [
            ("1.5s", Some(1_500_000_000)),
            ("-2µs", Some(-2000)),
            ("0", Some(0)),
            ("1d", None),
            ("5", None),
            ("", None),
            ("-", None),
            ("1e9s", None),
            (".s", None),
            (".5s", Some(500_000_000)),
            ("1093.99999999999999999999us", Some(1_094_000)),
        ] {
            assert_eq!(go_duration_ns(text), want, "{text}");
        }
        for (text, want) in [
            ("", "empty duration string"),
            ("5", "not a valid duration string: \"5\""),
            ("1m1h", "not a valid duration string: \"1m1h\""),
            ("5minutes", "unknown unit \"minutes\" in duration \"5minutes\""),
            ("99999999y", "duration out of range"),
            ("99999999999999999999s", "not a valid duration string: \"99999999999999999999s\""),
            ("1.5h", "unknown unit \".\" in duration \"1.5h\""),
            ("5m:1m", "unknown unit \"m:\" in duration \"5m:1m\""),
        ] {
            assert_eq!(prometheus_duration_ns(text).expect_err(text), want);
        }
    }

    #[test]
    fn what_is_no_duration_is_told_as_go_does_it() {
        for (text, want) in [
            ("", "time: invalid duration \"\""),
            ("x\"", "time: invalid duration \"x\\\"\""),
            ("5", "time: missing unit in duration \"5\""),
            ("1.5.5s", "time: missing unit in duration \"1.5.5s\""),
            ("-1d", "time: unknown unit \"d\" in duration \"-1d\""),
            ("1h-5m", "time: unknown unit \"h-\" in duration \"1h-5m\""),
            ("1é", "time: unknown unit \"\\xc3\\xa9\" in duration \"1\\xc3\\xa9\""),
            ("9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""),
            ("3000000h", "time: invalid duration \"3000000h\""),
        ] {
            assert_eq!(try_go_duration_ns(text).expect_err(text).to_string(), want);
        }
        assert_eq!(go_duration_ns("-9223372036854775808ns"), Some(i64::MIN));
    }

    #[test]
    fn durations_are_printed() {
        for (text, range, go) in [
            ("90m", "1h30m", "1h30m0s"),
            ("1d", "1d", "24h0m0s"),
            ("1500ms", "1s500ms", "1.5s"),
            ("36h", "1d12h", "36h0m0s"),
            ("2w", "2w", "336h0m0s"),
            ("20ms", "20ms", "20ms"),
            ("1.5ms", "1ms", "1.5ms"),
            ("1us", "0s", "1µs"),
        ] {
            let ns = query_duration_ns(text).expect(text);
            assert_eq!((print_range(ns).as_str(), print_duration(ns).as_str()), (range, go), "{text}");
            assert_eq!(query_duration_ns(go), Some(ns), "{go}");
        }
    }
}

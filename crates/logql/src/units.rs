//! Durations and sizes, as queries and as lines spell them, and as queries are printed.

use std::fmt::Write as _;

const UNITS: [(&str, i64); 7] = [
    ("y", 31_536_000_000_000_000),
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

// === durations ===

/// `1h30m`, `1d` in nanoseconds: whole numbers, the longer unit first.
///
/// # Errors
/// What Loki says of it.
pub(crate) fn prometheus_duration_ns(text: &str) -> Result<i64, String> {
    let invalid = || format!("not a valid duration string: {text:?}");
    match text {
        "" => return Err("empty duration string".to_owned()),
        "0" => return Ok(0),
        _ => {}
    }
    let (mut rest, mut total, mut next_unit) = (text, 0_i64, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        if digits == 0 || unit == 0 {
            return Err(invalid());
        }
        let (unit, tail) = tail.split_at(unit);
        let Some(place) = UNITS.iter().position(|(name, _)| *name == unit) else {
            return Err(format!("unknown unit {unit:?} in duration {text:?}"));
        };
        if place < next_unit {
            return Err(invalid());
        }
        next_unit = place + 1;
        let ns = number.parse::<i64>().ok().and_then(|n| n.checked_mul(UNITS[place].1));
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

/// What a line may say: Go's units end at hours, and numbers may have fractions.
#[expect(clippy::cast_possible_truncation, reason = "range-checked")]
pub(crate) fn go_duration_ns(text: &str) -> Option<i64> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let (mut whole, mut fraction) = (0_i64, 0_f64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let unit = go_unit(&tail[..end])?;
        let (int, frac) = number.split_once('.').unwrap_or((number, ""));
        if int.is_empty() && frac.is_empty() || frac.contains('.') {
            return None;
        }
        let int: i64 = if int.is_empty() { 0 } else { int.parse().ok()? };
        whole = whole.checked_add(int.checked_mul(unit)?)?;
        if !frac.is_empty() {
            fraction += decimals(frac, unit);
        }
        rest = &tail[end..];
    }
    let total = whole.checked_add(fraction as i64)?;
    Some(if text.starts_with('-') { -total } else { total })
}

/// What the digits behind a point are of a unit, as exact as Go has it.
#[expect(clippy::cast_precision_loss, reason = "units are small, and digits beyond the 15th do not matter")]
fn decimals(digits: &str, unit: i64) -> f64 {
    let digits = &digits[..digits.len().min(15)];
    let (mut value, mut scale) = (0_i64, 1.0);
    for digit in digits.bytes() {
        value = value * 10 + i64::from(digit - b'0');
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)).trunc()
}

fn go_unit(unit: &str) -> Option<i64> {
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
    let mut rest = ns / 1_000_000;
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    for (i, (unit, width)) in UNITS.iter().enumerate() {
        let width = width / 1_000_000;
        // Years and weeks only where nothing is left of them.
        if rest / width > 0 && (i > 1 || rest % width == 0) {
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

// === sizes ===

/// `10KB`, `5 MiB`, `2k`, `1,000`: bytes. Decimal and binary units, in any case.
pub(crate) fn bytes(text: &str) -> Option<f64> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let count = &text[..digits];
    let count: f64 = if count.contains(',') { count.replace(',', "").parse() } else { count.parse() }.ok()?;
    let unit = text[digits..].trim();
    let b = unit.len() - usize::from(unit.ends_with(['b', 'B']));
    let unit = &unit[..b];
    let (letter, base) = match unit.strip_suffix(['i', 'I']) {
        Some(letter) => (letter, 1024_f64),
        None => (unit, 1000_f64),
    };
    let power = match letter.as_bytes() {
        b"" if base == 1000_f64 => 0,
        b"k" | b"K" => 1,
        b"m" | b"M" => 2,
        b"g" | b"G" => 3,
        b"t" | b"T" => 4,
        b"p" | b"P" => 5,
        b"e" | b"E" => 6,
        _ => return None,
    };
    // Sizes are whole.
    Some((count * base.powi(power)).trunc())
}

/// A size in a query.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "range-checked")]
pub(crate) fn whole_bytes(text: &str) -> Option<u64> {
    bytes(text).filter(|b| *b >= 0.0 && *b < 18e18).map(|b| b as u64)
}

/// `20kB`, as sizes are shown; to the byte where that would be another size.
pub(crate) fn print_bytes(bytes: u64) -> String {
    let exact = format!("{bytes}B");
    if bytes < 1000 {
        return exact;
    }
    let (mut unit, mut power) = (0_usize, 1_u64);
    while bytes / power >= 1000 && unit < 5 {
        (unit, power) = (unit + 1, power * 1000);
    }
    #[expect(clippy::cast_precision_loss, reason = "compared with the exact size below")]
    let value = (bytes as f64 / power as f64 * 10.0 + 0.5).floor() / 10.0;
    let digits = usize::from(value < 10.0);
    let short = format!("{value:.digits$}{}B", ["", "k", "M", "G", "T", "P"][unit]);
    if whole_bytes(&short) == Some(bytes) { short } else { exact }
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
        ] {
            assert_eq!(go_duration_ns(text), want, "{text}");
        }
        for (text, want) in [
            ("", "empty duration string"),
            ("5", "not a valid duration string: \"5\""),
            ("1m1h", "not a valid duration string: \"1m1h\""),
            ("5minutes", "unknown unit \"minutes\" in duration \"5minutes\""),
            ("99999999y", "duration out of range"),
        ] {
            assert_eq!(prometheus_duration_ns(text).expect_err(text), want);
        }
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

    #[test]
    fn sizes() {
        for (text, want) in [
            ("10KB", Some(10_000.0)),
            ("1kib", Some(1024.0)),
            ("5 kB", Some(5000.0)),
            ("1,000", Some(1000.0)),
            ("1.5MiB", Some(1_572_864.0)),
            ("7b", Some(7.0)),
            ("7ib", None),
            ("7x", None),
            ("b", None),
            ("", None),
        ] {
            assert_eq!(bytes(text), want, "{text}");
        }
        for (bytes, want) in [(0, "0B"), (999, "999B"), (20_000, "20kB"), (1_500_000, "1.5MB"), (1536, "1536B")] {
            assert_eq!(print_bytes(bytes), want);
        }
    }
}

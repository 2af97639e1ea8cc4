//! Durations and sizes, as queries and as lines spell them.

/// `1h30m`, `1.5s`, `10ms`, `1d` in nanoseconds: what a query may say.
pub(crate) fn duration_ns(text: &str) -> Option<i64> {
    parse(text, |unit| {
        Some(match unit {
            "d" => 86_400e9,
            "w" => 604_800e9,
            "y" => 31_536_000e9,
            unit => return go_unit(unit),
        })
    })
}

/// What a line may say: Go's units end at hours.
pub(crate) fn go_duration_ns(text: &str) -> Option<i64> {
    if matches!(text, "0" | "+0" | "-0") { Some(0) } else { parse(text, go_unit) }
}

fn go_unit(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return None,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "range-checked")]
fn parse(text: &str, unit_ns: impl Fn(&str) -> Option<f64>) -> Option<i64> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut total = 0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let count: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        total += count * unit_ns(&rest[..unit])?;
        rest = &rest[unit..];
    }
    let signed = if text.starts_with('-') { -total } else { total };
    (signed.abs() < 9.2e18).then_some(signed as i64)
}

/// `10KB`, `5 MiB`, `2k`, `1,000`: bytes. Decimal and binary units, in any case.
pub(crate) fn bytes(text: &str) -> Option<f64> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let count: f64 = text[..digits].replace(',', "").parse().ok()?;
    let unit = text[digits..].trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (letter, base) = match unit.strip_suffix('i') {
        Some(letter) => (letter, 1024_f64),
        None => (unit, 1000_f64),
    };
    let power = match letter {
        "" if base == 1000_f64 => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        "e" => 6,
        _ => return None,
    };
    Some(count * base.powi(power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration_ns("1h30m"), Some(5_400_000_000_000));
        assert_eq!(duration_ns("1d"), Some(86_400_000_000_000));
        for (text, want) in [
            ("1.5s", Some(1_500_000_000)),
            ("-2µs", Some(-2000)),
            ("0", Some(0)),
            ("1d", None),
            ("5", None),
            ("", None),
            ("-", None),
            ("1e9s", None),
        ] {
            assert_eq!(go_duration_ns(text), want, "{text}");
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
    }
}

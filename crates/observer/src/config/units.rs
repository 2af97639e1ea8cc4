//! Durations and sizes as upstream configuration writes them.

use std::time::Duration;

/// `15d`, `1h30m`, `500ms`, `0`; units y w d h m s ms, each at most once and descending.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    duration_ms(text)
        .map(Duration::from_millis)
        .ok_or_else(|| format!("{text:?} is not a duration such as 30s, 1h30m or 15d"))
}

fn duration_ms(text: &str) -> Option<u64> {
    let (mut rest, mut total_ms, mut previous) = (text, 0_u64, u64::MAX);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = unit_ms(&rest[..unit_end]).filter(|unit| *unit < previous)?;
        previous = unit;
        total_ms = count.checked_mul(unit).and_then(|ms| total_ms.checked_add(ms))?;
        rest = &rest[unit_end..];
    }
    Some(total_ms)
}

fn unit_ms(unit: &str) -> Option<u64> {
    Some(match unit {
        "y" => 365 * 86_400_000,
        "w" => 7 * 86_400_000,
        "d" => 86_400_000,
        "h" => 3_600_000,
        "m" => 60_000,
        "s" => 1000,
        "ms" => 1,
        _ => return None,
    })
}

/// `20GB`, `1.5TB`, `64MiB`, `0`: decimal units are powers of 1000, those with an i of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let fault = || format!("{text:?} is not a size such as 500MB, 20GB or 64MiB");
    if text == "0" {
        return Ok(0);
    }
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fault)?;
    let (count, unit) = text.split_at(unit_at);
    let unit = unit_bytes(unit.trim_start()).ok_or_else(fault)?;
    if let Ok(whole) = count.parse::<u64>() {
        return whole.checked_mul(unit).ok_or_else(fault);
    }
    let bytes = count.parse::<f64>().map_err(|_| fault())? * unit as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
    if bytes < 9e18 { Ok(bytes as u64) } else { Err(fault()) }
}

fn unit_bytes(unit: &str) -> Option<u64> {
    let power = |base: u64, exponent: u32| Some(base.pow(exponent));
    match unit {
        "B" => Some(1),
        "KB" | "kB" => power(1000, 1),
        "MB" => power(1000, 2),
        "GB" => power(1000, 3),
        "TB" => power(1000, 4),
        "PB" => power(1000, 5),
        "KiB" => power(1024, 1),
        "MiB" => power(1024, 2),
        "GiB" => power(1024, 3),
        "TiB" => power(1024, 4),
        "PiB" => power(1024, 5),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstream_durations() {
        for (text, ms) in
            [("15d", 1_296_000_000), ("1h30m", 5_400_000), ("500ms", 500), ("0", 0), ("1y", 31_536_000_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "1", "h", "1m1h", "-1s", "1.5h", "1h1h", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn decimal_and_binary_sizes() {
        for (text, expected) in [
            ("20GB", 20_000_000_000),
            ("1.5KB", 1500),
            ("64MiB", 67_108_864),
            ("0", 0),
            ("7B", 7),
            ("1 GB", 1_000_000_000),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["", "20", "GB", "1XB", "-1GB", "1.2.3GB", "99999999999PB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}

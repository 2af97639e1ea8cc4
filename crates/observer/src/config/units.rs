//! Durations as upstream configuration writes them.

use std::time::Duration;

use anyhow::{Context, bail};

/// `15d`, `1h30m`, `500ms`, `0`; units y w d h m s ms, each at most once and descending.
pub(super) fn duration(text: &str) -> anyhow::Result<Duration> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let fault = || format!("{text:?} is not a duration such as 30s, 1h30m or 15d");
    let (mut rest, mut total_ms, mut previous) = (text, 0_u64, u64::MAX);
    if rest.is_empty() {
        bail!(fault());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).with_context(fault)?;
        let count: u64 = rest[..digits].parse().with_context(fault)?;
        rest = &rest[digits..];
        let unit_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit_ms: u64 = match &rest[..unit_end] {
            "y" => 365 * 86_400_000,
            "w" => 7 * 86_400_000,
            "d" => 86_400_000,
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1000,
            "ms" => 1,
            _ => bail!(fault()),
        };
        if unit_ms >= previous {
            bail!(fault());
        }
        previous = unit_ms;
        total_ms = count.checked_mul(unit_ms).and_then(|ms| total_ms.checked_add(ms)).with_context(fault)?;
        rest = &rest[unit_end..];
    }
    Ok(Duration::from_millis(total_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstream_durations() {
        for (text, ms) in [("15d", 1_296_000_000), ("1h30m", 5_400_000), ("500ms", 500), ("0", 0)] {
            assert_eq!(duration(text).expect("valid"), Duration::from_millis(ms), "{text}");
        }
        for text in ["", "1", "h", "1m1h", "-1s", "1.5h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}

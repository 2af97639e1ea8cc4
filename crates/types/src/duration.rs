//! Durations as text.

use std::time::Duration;

/// A duration in the units of Prometheus' configuration: `1h30m`, `15d`, `2w`.
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    const UNITS: [(u128, &str); 6] =
        [(604_800_000, "w"), (86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    let mut rest = duration.as_millis();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    for (unit, name) in UNITS {
        // Weeks only where nothing is left of them: 15d is no 2w1d.
        let count = if unit == 604_800_000 && !rest.is_multiple_of(unit) { 0 } else { rest / unit };
        if count > 0 {
            out.push_str(&format!("{count}{name}"));
            rest -= count * unit;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_the_original_writes_them() {
        for (seconds, expected) in [(0, "0s"), (1_296_000, "15d"), (1_209_600, "2w"), (120, "2m"), (5400, "1h30m")] {
            assert_eq!(duration_text(Duration::from_secs(seconds)), expected);
        }
    }
}

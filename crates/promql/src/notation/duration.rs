//! Durations as scripts write them.

/// Milliseconds of `1h30m`, or of a plain number of seconds; a sign may stand before it.
#[must_use]
pub fn duration_ms(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, reason = "cut to what scripts can mean")]
        return Some((seconds * 1000.0) as i64);
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let (sign, mut rest) = unsigned.strip_prefix('-').map_or((1, unsigned), |rest| (-1, rest));
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let (count, after) = split_number(rest)?;
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        total = total.checked_add(count.checked_mul(unit_ms(unit)?)?)?;
        rest = after;
    }
    Some(sign * total)
}

fn split_number(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn unit_ms(unit: &str) -> Option<i64> {
    Some(match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        "y" => 31_536_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_or_are_seconds() {
        for (text, expected) in [
            ("1h30m", Some(5_400_000)),
            ("0", Some(0)),
            ("-1m", Some(-60_000)),
            ("+1s", Some(1000)),
            ("59999ms", Some(59_999)),
            ("5x", None),
        ] {
            assert_eq!(duration_ms(text), expected, "{text}");
        }
    }
}

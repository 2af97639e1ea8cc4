//! Durations: Prometheus' or Go's.

const NS: [(&str, i64); 10] = [
    ("y", 31_536_000_000_000_000),
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1000),
    ("µs", 1000),
    ("ns", 1),
];

/// `1d2h30m` with units in this order and whole numbers, or `1h30.5s` without days; in nanoseconds.
pub(crate) fn duration_ns(text: &str) -> Option<i64> {
    prometheus(text).or_else(|| go(text))
}

fn prometheus(text: &str) -> Option<i64> {
    let (mut rest, mut units) = (text, &NS[..7]);
    let mut total = 0_i64;
    while !rest.is_empty() {
        let (number, unit, behind) = part(rest)?;
        let place = units.iter().position(|(name, _)| *name == unit)?;
        let count: i64 = number.parse().ok()?;
        total = total.checked_add(count.checked_mul(units[place].1)?)?;
        units = &units[place + 1..];
        rest = behind;
    }
    Some(total)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked against the range before")]
fn go(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = 0_i64;
    while !rest.is_empty() {
        let (number, unit, behind) = part(rest)?;
        let (_, size) = NS[3..].iter().find(|(name, _)| *name == unit)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        // Digits past the fifteenth are less than a nanosecond.
        let digits = &fraction[..fraction.len().min(15)];
        let scale = 10_i64.pow(u32::try_from(digits.len()).ok()?);
        let fraction: i64 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let fraction = (fraction as f64 * (*size as f64 / scale as f64)) as i64;
        total = total.checked_add(whole.checked_mul(*size)?)?.checked_add(fraction)?;
        rest = behind;
    }
    Some(total)
}

/// A number, its unit, and the rest.
fn part(text: &str) -> Option<(&str, &str, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let (number, rest) = text.split_at(text.find(|c| !is_number(c))?);
    let (unit, rest) = rest.split_at(rest.find(is_number).unwrap_or(rest.len()));
    (!number.is_empty()).then_some((number, unit, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_prometheus_and_of_go() {
        for (text, want) in [
            ("1s", Some(1_000_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("1m30s", Some(90_000_000_000)),
            ("1d2h", Some(93_600_000_000_000)),
            ("5µs", Some(5000)),
            ("1.5h30.5m", Some(7_230_000_000_000)),
            ("51.508360195s", Some(51_508_360_195)),
            ("30m1h", Some(5_400_000_000_000)),
            ("2y", Some(63_072_000_000_000_000)),
            ("1.5d", None),
            ("1h2d", None),
            ("1", None),
            ("s", None),
            (".s", None),
            ("300y", None),
        ] {
            assert_eq!(duration_ns(text), want, "{text}");
        }
    }
}

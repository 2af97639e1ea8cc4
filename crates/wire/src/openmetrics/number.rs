//! Values, times and bounds as text.

use std::fmt::Write as _;

use aio_types::TimestampMs;

/// Appends a value in as few digits as tell it apart.
pub(super) fn write_value(out: &mut String, v: f64) {
    let written = match v {
        _ if v.is_nan() => out.write_str("NaN"),
        f64::INFINITY => out.write_str("+Inf"),
        f64::NEG_INFINITY => out.write_str("-Inf"),
        _ if v == 0.0 || (1e-6..1e21).contains(&v.abs()) => write!(out, "{v}"),
        _ => write!(out, "{v:e}"),
    };
    debug_assert!(written.is_ok(), "a string takes all");
}

/// Appends a time in seconds.
///
/// Readers multiply it by a thousand as a float and cut the rest off: `1435781451.781` alone may come back as 780 ms.
/// Where it would, the next float away from zero is written instead, which lies a fraction of a microsecond off.
pub(super) fn write_time(out: &mut String, t: TimestampMs) {
    let seconds = t.as_secs_f64();
    let written = if read_back(seconds) == t.0 {
        let (whole, rest) = (t.0.unsigned_abs() / 1000, t.0.unsigned_abs() % 1000);
        let sign = if t.0 < 0 { "-" } else { "" };
        if rest == 0 { write!(out, "{sign}{whole}") } else { write!(out, "{sign}{whole}.{rest:03}") }
    } else {
        let away = if seconds < 0.0 { seconds.next_down() } else { seconds.next_up() };
        write!(out, "{away}")
    };
    debug_assert!(written.is_ok(), "a string takes all");
}

#[expect(clippy::cast_possible_truncation, reason = "what a reader does")]
fn read_back(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

/// A bucket's bound or a quantile as OpenMetrics spells it: `1.0`, `0.5`, `1e+06`, `+Inf`.
#[must_use]
pub fn bound(v: f64) -> String {
    let mut out = String::new();
    if v != 0.0 && v.is_finite() && !(1e-4..1e6).contains(&v.abs()) {
        let text = format!("{v:e}");
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
        return format!("{mantissa}e{sign}{power:0>2}");
    }
    write_value(&mut out, v);
    if v.is_finite() && !out.contains('.') {
        out.push_str(".0");
    }
    out
}

/// Whether a text is a bound as [`bound`] spells it. Prometheus 3 respells others while it reads, where it knows the
/// type of their family.
#[must_use]
pub fn is_bound(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|v| bound(v) == text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(v: f64) -> String {
        let mut out = String::new();
        write_value(&mut out, v);
        out
    }

    fn time(t: i64) -> String {
        let mut out = String::new();
        write_time(&mut out, TimestampMs(t));
        out
    }

    #[test]
    fn values_are_short() {
        for (v, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (12.5, "12.5"),
            (1e21, "1e21"),
            (1e-7, "1e-7"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(value(v), text);
        }
    }

    #[test]
    fn times_are_seconds() {
        for (t, text) in [(0, "0"), (-500, "-0.500"), (1_435_781_451_000, "1435781451"), (1_500, "1.500")] {
            assert_eq!(time(t), text);
        }
    }

    #[test]
    fn bounds_are_spelled_as_openmetrics_wants() {
        for (v, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (0.005, "0.005"),
            (-2.5, "-2.5"),
            (1e6, "1e+06"),
            (2.5e7, "2.5e+07"),
            (1e-5, "1e-05"),
            (1e100, "1e+100"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(bound(v), text);
            assert!(is_bound(text));
        }
        for other in ["1", "0", "1e6", "Inf", "x", "", "0.50"] {
            assert!(!is_bound(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_millisecond_comes_back(t in -62_135_596_800_000_i64..253_402_300_800_000) {
            let seconds: f64 = time(t).parse().expect("a number");
            prop_assert_eq!(read_back(seconds), t);
        }

        #[test]
        fn every_value_comes_back(bits: u64) {
            let v = f64::from_bits(bits);
            let back: f64 = value(v).parse().expect("a number");
            prop_assert!(back.to_bits() == bits || (v.is_nan() && back.is_nan()));
            let back: f64 = bound(v).parse().expect("a number");
            prop_assert!(back.to_bits() == bits || (v.is_nan() && back.is_nan()));
        }
    }
}

//! How values are written in answers and in texts about them.

use std::fmt::Write as _;

/// Shortest digits that read back the same. The exponent form (`1e+21`, `1e-07`) is used only where `exponent` allows
/// it and the magnitude is below 1e-6 or at least 1e21, as Go's encoder does it.
#[must_use]
pub fn format_float(v: f64, exponent: bool) -> String {
    let mut out = String::new();
    write_float(&mut out, v, exponent);
    out
}

/// As [`format_float`], at the end of `out`.
pub fn write_float(out: &mut String, v: f64, exponent: bool) {
    /// Up to here whole numbers are exact, and written faster as such.
    const WHOLE_MAX: f64 = 1e15;
    let written = match special(v) {
        Some(text) => out.write_str(text),
        None if v == 0.0 && v.is_sign_negative() => out.write_str("-0"),
        None if v.trunc() == v && v.abs() < WHOLE_MAX => write!(out, "{}", whole(v)),
        None if !exponent || (1e-6..1e21).contains(&v.abs()) => write!(out, "{v}"),
        None => out.write_str(&scientific(&format!("{v:e}"))),
    };
    debug_assert!(written.is_ok(), "a string takes all");
}

#[expect(clippy::cast_possible_truncation, reason = "a whole number below 1e15")]
fn whole(v: f64) -> i64 {
    v as i64
}

/// As Go's `%g`: the exponent form for magnitudes below 1e-4 and from 1e21 up, or of as many digits as there are.
pub(crate) fn format_general(v: f64) -> String {
    if let Some(text) = special(v) {
        return text.to_owned();
    }
    if v == 0.0 || (1e-4..1e6).contains(&v.abs()) { v.to_string() } else { scientific(&format!("{v:e}")) }
}

/// As Go's `%.2g`.
pub(crate) fn format_two_digits(v: f64) -> String {
    if let Some(text) = special(v) {
        return text.to_owned();
    }
    let rounded: f64 = format!("{v:.1e}").parse().unwrap_or(v);
    if rounded == 0.0 || (1e-4..1e2).contains(&rounded.abs()) {
        return rounded.to_string();
    }
    scientific(&format!("{rounded:e}"))
}

fn special(v: f64) -> Option<&'static str> {
    match v {
        _ if v.is_nan() => Some("NaN"),
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        _ => None,
    }
}

/// Rust's exponent form in Go's: a sign and two digits at least.
fn scientific(text: &str) -> String {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_prometheus_writes_them() {
        for (v, expected) in [
            (1.0, "1"),
            (0.1, "0.1"),
            (-0.0, "-0"),
            (0.0, "0"),
            (-17.0, "-17"),
            (1e15, "1000000000000000"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-07"),
            (1e-6, "0.000001"),
            (123_456_789.25, "123456789.25"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(format_float(v, true), expected);
        }
        assert_eq!(format_float(1e21, false), "1000000000000000000000");
    }

    #[test]
    fn general_form_turns_to_exponents_early() {
        for (v, expected) in
            [(1.5, "1.5"), (100_000.0, "100000"), (1e6, "1e+06"), (0.000_01, "1e-05"), (-1.25e30, "-1.25e+30")]
        {
            assert_eq!(format_general(v), expected);
        }
        for (v, expected) in [(0.123, "0.12"), (1234.0, "1.2e+03"), (0.0, "0"), (99.0, "99")] {
            assert_eq!(format_two_digits(v), expected);
        }
    }
}

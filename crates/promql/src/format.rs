//! How values are written in answers and in texts about them.

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
    if let Some(text) = special(v) {
        out.push_str(text);
    } else if v == 0.0 && v.is_sign_negative() {
        out.push_str("-0");
    } else if v.trunc() == v && v.abs() < WHOLE_MAX {
        write_whole(out, whole(v));
    } else {
        // Of two equally near texts of the same length the even one, as Go has it.
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(v);
        match text.split_once('e') {
            None => out.push_str(text.strip_suffix(".0").unwrap_or(text)),
            Some(_) if exponent && !(1e-6..1e21).contains(&v.abs()) => out.push_str(&scientific(text)),
            Some((mantissa, power)) => write_plain(out, mantissa, power.parse().unwrap_or(0)),
        }
    }
}

/// Writes `mantissa`, which has one digit before the point, times a power of ten without an exponent.
fn write_plain(out: &mut String, mantissa: &str, power: i32) {
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
    if digits.len() < mantissa.len() {
        out.push('-');
    }
    let (first, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let places = power.unsigned_abs() as usize;
    if power < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', places - 1));
        out.push_str(first);
        out.push_str(rest);
        return;
    }
    let (before, behind) = rest.split_at(rest.len().min(places));
    out.push_str(first);
    out.push_str(before);
    out.extend(std::iter::repeat_n('0', places - before.len()));
    if !behind.is_empty() {
        out.push('.');
        out.push_str(behind);
    }
}

/// Writes a whole number at the end of `out`.
pub fn write_whole(out: &mut String, number: i64) {
    out.push_str(itoa::Buffer::new().format(number));
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

/// An exponent form in Go's: a sign and two digits at least.
fn scientific(text: &str) -> String {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |digits| ('-', digits));
    format!("{mantissa}e{sign}{:0>2}", digits.trim_start_matches('+'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_few_digits_as_read_back_are_written(
            any in any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |v| v.is_finite()),
            near in -1e16_f64..1e16,
            decimal in (any::<i32>(), 0_i32..12).prop_map(|(n, digits)| f64::from(n) / 10_f64.powi(digits)),
        ) {
            for v in [any, near, decimal, near / 1e14, near / 1e20, near * 1e5] {
                let (plain, rust) = (format_float(v, false), v.to_string());
                prop_assert_eq!(plain.parse(), Ok(v));
                prop_assert_eq!(plain.len(), rust.len(), "{} {}", plain, rust);
                prop_assert_eq!(format_float(v, true).parse(), Ok(v));
            }
        }
    }

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
            (-5e-6, "-0.000005"),
            (1.25e20, "125000000000000000000"),
            (123_456_789_012_345_680.0, "123456789012345680"),
            (3_545_346_484_286_513.0 / 4.0, "886336621071628.2"),
            (2_251_799_813_685_251.0 / 4.0, "562949953421312.8"),
            (1e16, "10000000000000000"),
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

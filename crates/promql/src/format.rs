//! How values are written in answers.

/// Shortest digits that read back the same. The exponent form (`1e+21`, `1e-07`) is used only where `exponent` allows
/// it and the magnitude is below 1e-6 or at least 1e21, as Go's encoder does it.
#[must_use]
pub fn format_float(v: f64, exponent: bool) -> String {
    if v.is_nan() {
        return "NaN".to_owned();
    }
    if v.is_infinite() {
        return if v > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = v.abs();
    if !exponent || v == 0.0 || (1e-6..1e21).contains(&magnitude) {
        return v.to_string();
    }
    let text = format!("{v:e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
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
}

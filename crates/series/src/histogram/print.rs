//! Numbers as `%g` of Go prints them.

/// `v` in as few digits as tell it apart: with an exponent below 1e-4 and from 1e6 on.
#[must_use]
pub fn format_shortest(v: f64) -> String {
    if v.is_nan() {
        return "NaN".to_owned();
    }
    if v.is_infinite() {
        return if v > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let text = format!("{v:e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    match power.parse::<i32>() {
        Ok(exponent) if v != 0.0 && !(-4..EXPONENT_MAX).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => v.to_string(),
    }
}

const EXPONENT_MAX: i32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_go_writes_them() {
        for (v, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.1, "3.1"),
            (-0.5, "-0.5"),
            (123_456.0, "123456"),
            (1e21, "1e+21"),
            (123_456_789.0, "1.23456789e+08"),
            (0.0001, "0.0001"),
            (0.000_012, "1.2e-05"),
            (1e-128, "1e-128"),
            (f64::INFINITY, "+Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(format_shortest(v), expected);
        }
    }
}

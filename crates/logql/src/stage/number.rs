//! Numbers of lines, as Go reads them.

use std::fmt::{self, Display, Formatter};

use crate::parse::quote::quote;

/// Why a text is no number, in Go's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FloatFault<'a> {
    text: &'a str,
    is_too_large: bool,
}

impl Display for FloatFault<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let why = if self.is_too_large { "value out of range" } else { "invalid syntax" };
        write!(f, "strconv.ParseFloat: parsing {}: {why}", quote(self.text))
    }
}

/// A number: decimal or hexadecimal, infinite, or none at all.
///
/// # Errors
/// What Go says of it.
pub(crate) fn float(text: &str) -> Result<f64, FloatFault<'_>> {
    let fault = |is_too_large| FloatFault { text, is_too_large };
    let value = match text.parse::<f64>() {
        // A sign in front of it is Rust's alone.
        Ok(value) if value.is_nan() && text.starts_with(['+', '-']) => return Err(fault(false)),
        Ok(value) => value,
        Err(_) => special(text).ok_or(fault(false))?,
    };
    let is_said = !value.is_infinite() || text.contains(['i', 'I']);
    if is_said { Ok(value) } else { Err(fault(true)) }
}

/// A spelling that Go has and Rust has not: underscores between digits, hexadecimal digits.
fn special(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let is_separated = digits.contains('_');
    if is_separated && !separates(digits.as_bytes(), hexadecimal.is_some()) {
        return None;
    }
    match hexadecimal {
        Some(digits) => from_hexadecimal(&digits.replace('_', "")).map(|value| sign * value),
        None if is_separated => text.replace('_', "").parse().ok(),
        None => None,
    }
}

/// Whether each underscore stands between digits; the prefix of hexadecimal ones counts as one.
fn separates(text: &[u8], is_hexadecimal: bool) -> bool {
    let is_digit = |byte: Option<&u8>| {
        byte.is_some_and(|b| if is_hexadecimal { b.is_ascii_hexdigit() } else { b.is_ascii_digit() })
    };
    text.iter().enumerate().filter(|(_, b)| **b == b'_').all(|(at, _)| {
        let behind_prefix = is_hexadecimal && at == 2;
        at > 0 && (behind_prefix || is_digit(text.get(at - 1))) && is_digit(text.get(at + 1))
    })
}

/// `1.8p1`: the exponent must be there.
#[expect(clippy::cast_precision_loss, reason = "rounded once; what is cut off shows in the last bit")]
fn from_hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut exponent = exponent.parse::<i64>().ok()?.clamp(-100_000, 100_000);
    exponent -= 4 * i64::try_from(fraction.len()).ok()?;
    let mut bits = 0_u64;
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(digit.to_digit(16)?);
        if bits >> 58 == 0 {
            bits = bits << 4 | digit;
        } else {
            bits |= u64::from(digit != 0);
            exponent += 4;
        }
    }
    let mut value = bits as f64;
    while exponent != 0 && value != 0.0 && value.is_finite() {
        let step = exponent.clamp(-1000, 1000);
        value *= 2_f64.powi(i32::try_from(step).ok()?);
        exponent -= step;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_go_does_it() {
        let inf = f64::INFINITY;
        for (text, want) in [
            ("1.5", 1.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("1E5", 1e5),
            ("+inf", inf),
            ("-Infinity", -inf),
            ("1_000.5", 1000.5),
            ("-1e1_0", -1e10),
            ("0x1p4", 16.0),
            ("-0X_1.8P1", -3.0),
            ("0x1_0p-2", 4.0),
            ("0x.8p0", 0.5),
            ("0x1.fffffffffffff8p0", 2.0),
            ("0x1.fffffffffffff7p1023", f64::MAX),
            ("0x1p-1074", 5e-324),
            ("0x1p-9999999", 0.0),
            ("0x123456789abcdef123456789p0", 5.63400266768102e27),
            ("1e-400", 0.0),
        ] {
            assert_eq!(float(text), Ok(want), "{text}");
        }
        assert!(float("NaN").is_ok_and(f64::is_nan));
    }

    #[test]
    fn what_is_no_number_is_said_as_go_does_it() {
        for text in [
            "", ".", "+", "1e", "1 ", "infi", "+nan", "1__0", "_1", "1_", "1_e5", "0b1", "0x1", "0x.p0", "0xp1", "0x1p",
        ] {
            let why = format!("strconv.ParseFloat: parsing {text:?}: invalid syntax");
            assert_eq!(float(text).map_err(|fault| fault.to_string()), Err(why));
        }
        for text in ["1e400", "-1e400", "0x1p5000", "0x1.fffffffffffff8p1023"] {
            let why = format!("strconv.ParseFloat: parsing {text:?}: value out of range");
            assert_eq!(float(text).map_err(|fault| fault.to_string()), Err(why));
        }
    }
}

//! Numbers as they are written: constants without a type, fit for whatever type asks.

use crate::quote::{quote, unquote_char};

/// A numeric constant, as each of the types that can hold it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub text: Box<str>,
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    pub ideal: Ideal,
}

/// What it is where nothing asks for a type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ideal {
    Int(i64),
    Float(f64),
    Overflow,
}

const TWO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_64: f64 = 18_446_744_073_709_551_616.0;

impl Number {
    /// A character such as `'x'`.
    pub(crate) fn character(text: &str) -> Result<Self, String> {
        let code = unquote_char(text)?;
        let int = i64::from(code);
        Ok(Self {
            text: text.into(),
            int: Some(int),
            uint: Some(code.into()),
            float: Some(code.into()),
            ideal: Ideal::Int(int),
        })
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(real) = text.strip_suffix('i')
            && parse_float(real).is_some()
        {
            return Err(format!("imaginary constants are not supported: {}", quote(text, false)));
        }
        let mut uint = parse_uint(text);
        let mut int = parse_int(text);
        if int == Some(0) {
            uint = Some(0);
        }
        #[expect(clippy::cast_precision_loss, reason = "as Go converts it")]
        let mut float = int.map(|v| v as f64).or(uint.map(|v| v as f64));
        let has_float_syntax = text.contains(['.', 'e', 'E', 'p', 'P']);
        if float.is_none() {
            float = parse_float(text);
            if float.is_some() && !has_float_syntax {
                return Err(format!("integer overflow: {}", quote(text, false)));
            }
            int = float.and_then(whole);
            uint = float.and_then(whole_unsigned);
        }
        let Some(value) = float else {
            return Err(format!("illegal number syntax: {}", quote(text, false)));
        };
        let is_hex_int = text.len() > 2 && text[..2].eq_ignore_ascii_case("0x") && !text.contains(['p', 'P']);
        let ideal = match int {
            _ if has_float_syntax && !is_hex_int => Ideal::Float(value),
            Some(int) => Ideal::Int(int),
            None => Ideal::Overflow,
        };
        Ok(Self { text: text.into(), int, uint, float, ideal })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
fn whole(v: f64) -> Option<i64> {
    ((-TWO_63..TWO_63).contains(&v) && v.trunc() == v).then_some(v as i64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
fn whole_unsigned(v: f64) -> Option<u64> {
    ((0.0..TWO_64).contains(&v) && v.trunc() == v).then_some(v as u64)
}

fn parse_int(text: &str) -> Option<i64> {
    let (negative, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = parse_uint(magnitude)?;
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Without a sign, with a prefix for the base.
fn parse_uint(text: &str) -> Option<u64> {
    if text.starts_with(['+', '-']) || !underscores_are_well_placed(text) {
        return None;
    }
    let (radix, digits) = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &text[2..]),
        Some("0o") => (8, &text[2..]),
        Some("0b") => (2, &text[2..]),
        _ if text.len() > 1 && text.starts_with('0') => (8, &text[1..]),
        _ => (10, text),
    };
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&digits.replace('_', ""), radix).ok()
}

fn parse_float(text: &str) -> Option<f64> {
    if !underscores_are_well_placed(text) {
        return None;
    }
    let text = text.replace('_', "");
    let unsigned = text.trim_start_matches(['+', '-']);
    let value = match unsigned.get(..2) {
        Some("0x" | "0X") => {
            let value = parse_hex_float(&unsigned[2..])?;
            if text.starts_with('-') { -value } else { value }
        }
        _ if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') => text.parse().ok()?,
        _ => return None,
    };
    value.is_finite().then_some(value)
}

/// Digits, perhaps a point, and the exponent that such a number must have.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    // Sixteen digits are more than a float holds; those behind them only tell whether there is anything.
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let bits = u64::from_str_radix(&digits, 16).ok()?;
    let shift = exponent.checked_sub(i32::try_from(fraction.len() * 4).ok()?)?;
    #[expect(clippy::cast_precision_loss, reason = "rounds as Go does")]
    let value = bits as f64;
    // In two steps: the power alone may be out of range when the product is not.
    Some(value * 2_f64.powi(shift / 2) * 2_f64.powi(shift - shift / 2))
}

/// Each underscore stands between digits, or between the base's prefix and a digit.
fn underscores_are_well_placed(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text).as_bytes();
    let (mut before, rest, is_hex) = match text {
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (b'0', rest, false),
        [b'0', b'x' | b'X', rest @ ..] => (b'0', rest, true),
        rest => (b'^', rest, false),
    };
    for &byte in rest {
        let is_digit = byte.is_ascii_digit() || (is_hex && byte.is_ascii_hexdigit());
        match byte {
            _ if is_digit => before = b'0',
            b'_' if before != b'0' => return false,
            b'_' => before = b'_',
            _ if before == b'_' => return false,
            _ => before = b'!',
        }
    }
    before != b'_'
}

//! Floats: Go's `%e %f %g %x %b`, with as few digits as tell them apart where no precision is given.

use super::{PRECISION_MAX, Printer};
use crate::value::Value;

/// No float has more digits behind the point than this; further ones are zeros.
const DIGITS_MAX: usize = 1100;

impl Printer<'_, '_> {
    pub(super) fn float(&mut self, v: f64, verb: char) {
        let precision = self.flags.precision;
        match verb {
            'v' => self.float_as(v, 'g', precision),
            'b' | 'g' | 'G' | 'x' | 'X' => self.float_as(v, verb, precision),
            'f' | 'e' | 'E' => self.float_as(v, verb, precision.or(Some(6))),
            'F' => self.float_as(v, 'f', precision.or(Some(6))),
            _ => self.bad_verb(&Value::Float(v), verb),
        }
    }

    fn float_as(&mut self, v: f64, verb: char, precision: Option<usize>) {
        let flags = self.flags;
        let sign = match () {
            () if v.is_sign_negative() && !v.is_nan() => "-",
            () if flags.plus => "+",
            () if flags.space => " ",
            () => "",
        };
        if !v.is_finite() {
            let (sign, word) =
                if v.is_nan() { (sign, "NaN") } else { (if sign.is_empty() { "+" } else { sign }, "Inf") };
            return self.pad_with_spaces(&[sign, word].concat());
        }
        let precision = precision.map(|p| p.min(PRECISION_MAX));
        let mut number = unsigned(v.abs(), verb, precision);
        if flags.sharp && verb != 'b' {
            number = with_point(&number, verb, precision);
        }
        let length = sign.len() + number.len();
        match flags.width {
            Some(width) if !sign.is_empty() && flags.zero && !flags.minus && width > length => {
                self.out.push_str(sign);
                self.padding(width - length);
                self.out.push_str(&number);
            }
            _ => self.pad(&[sign, &number].concat()),
        }
    }
}

/// A finite float that is not negative.
fn unsigned(v: f64, verb: char, precision: Option<usize>) -> String {
    match verb {
        'b' => binary(v),
        'x' | 'X' => hexadecimal(v, precision, verb == 'X'),
        'f' => fixed(v, precision),
        'e' | 'E' => exponential(&Digits::of(v, precision.map(|p| p + 1)), precision, verb),
        _ => general(v, precision, verb),
    }
}

/// Decimal digits without zeros at their end, the point before the first of them moved `point` to the right.
struct Digits {
    digits: String,
    point: i32,
}

impl Digits {
    /// As many as tell the number apart, or so many.
    fn of(v: f64, count: Option<usize>) -> Self {
        if v == 0.0 {
            return Self { digits: String::new(), point: 0 };
        }
        let text = match count {
            Some(count) => format!("{v:.*e}", count.saturating_sub(1).min(DIGITS_MAX)),
            None => format!("{v:e}"),
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = mantissa.replace('.', "").trim_end_matches('0').to_owned();
        Self { digits, point: exponent.parse::<i32>().unwrap_or(0) + 1 }
    }
}

fn fixed(v: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision else { return format!("{v}") };
    let exact = precision.min(DIGITS_MAX);
    let mut text = format!("{v:.exact$}");
    text.extend(std::iter::repeat_n('0', precision - exact));
    text
}

fn exponential(digits: &Digits, precision: Option<usize>, verb: char) -> String {
    let precision = precision.unwrap_or(digits.digits.len().saturating_sub(1));
    let mut text: String = digits.digits.chars().chain(std::iter::repeat('0')).take(precision + 1).collect();
    if precision > 0 {
        text.insert(1, '.');
    }
    let exponent = if digits.digits.is_empty() { 0 } else { digits.point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    text.push_str(&format!("{verb}{sign}{:02}", exponent.abs()));
    text
}

fn general(v: f64, precision: Option<usize>, verb: char) -> String {
    let asked = precision.map(|p| p.max(1));
    let digits = Digits::of(v, asked);
    let count = i32::try_from(digits.digits.len()).unwrap_or(i32::MAX);
    let precision = asked.map_or(count, |p| i32::try_from(p).unwrap_or(i32::MAX));
    let threshold = match asked {
        None => 6,
        Some(_) if precision > count && count >= digits.point => count,
        Some(_) => precision,
    };
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= threshold {
        let places = usize::try_from(precision.min(count) - 1).unwrap_or(0);
        return exponential(&digits, Some(places), if verb == 'G' { 'E' } else { 'e' });
    }
    let places = (if precision > digits.point { count } else { precision } - digits.point).max(0);
    plain(&digits, usize::try_from(places).unwrap_or(0))
}

/// Digits with a point among them and so many places behind it.
fn plain(digits: &Digits, places: usize) -> String {
    let point = usize::try_from(digits.point).unwrap_or(0);
    let leading = usize::try_from(-digits.point).unwrap_or(0);
    let mut all = digits.digits.chars();
    let mut text: String =
        if point == 0 { "0".into() } else { all.by_ref().chain(std::iter::repeat('0')).take(point).collect() };
    if places > 0 {
        text.push('.');
        text.extend(std::iter::repeat_n('0', leading).chain(all).chain(std::iter::repeat('0')).take(places));
    }
    text
}

fn binary(v: f64) -> String {
    let (mantissa, exponent) = parts(v);
    format!("{mantissa}p{exponent:+}")
}

/// A whole mantissa and the power of two it is multiplied with.
fn parts(v: f64) -> (u64, i32) {
    let bits = v.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0) {
        0 => (fraction, -1074),
        exponent => (fraction | 1 << 52, exponent - 1075),
    }
}

fn hexadecimal(v: f64, precision: Option<usize>, upper: bool) -> String {
    let (mantissa, exponent) = parts(v);
    let (mut mantissa, mut exponent) = (mantissa << 8, exponent + 52);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - 3;
        mantissa <<= shift;
        exponent -= i32::try_from(shift).unwrap_or(0);
    }
    if let Some(places) = precision.filter(|p| *p < 15) {
        let shift = places * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction: String = match precision {
        None => fraction.trim_end_matches('0').into(),
        Some(places) => fraction.chars().chain(std::iter::repeat('0')).take(places).collect(),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("0x{}{point}{fraction}p{sign}{:02}", mantissa >> 60 & 1, exponent.abs());
    if upper { text.to_uppercase() } else { text }
}

/// What the sharp flag asks for: a point, and the zeros that the general form leaves out.
fn with_point(number: &str, verb: char, precision: Option<usize>) -> String {
    let mut missing = match verb {
        'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let is_hex = matches!(verb, 'x' | 'X');
    let split = number.find(|c| matches!(c, 'p' | 'P') || (!is_hex && matches!(c, 'e' | 'E'))).unwrap_or(number.len());
    let (mut digits, tail) = (number[..split].to_owned(), &number[split..]);
    let has_point = digits.contains('.');
    let mut seen = false;
    for c in digits.chars().filter(|c| *c != '.') {
        seen |= c != '0';
        if seen {
            missing = missing.saturating_sub(1);
        }
    }
    if !has_point {
        if digits == "0" {
            missing = missing.saturating_sub(1);
        }
        digits.push('.');
    }
    digits.extend(std::iter::repeat_n('0', missing));
    digits.push_str(tail);
    digits
}

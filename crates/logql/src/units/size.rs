//! Sizes.

use std::fmt::{self, Display, Formatter};

use crate::parse::quote::quote;

/// Why a text is no size, in Loki's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SizeFault<'a> {
    /// What should be the number.
    Number(&'a str),
    /// What should be the unit.
    Unit(&'a str),
    TooLarge(&'a str),
}

impl Display for SizeFault<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => {
                write!(f, "strconv.ParseFloat: parsing {}: invalid syntax", quote(&number.replace(',', "")))
            }
            Self::Unit(unit) => write!(f, "unhandled size name: {}", unit.to_lowercase()),
            Self::TooLarge(text) => write!(f, "too large: {text}"),
        }
    }
}

/// `10KB`, `5 MiB`, `2k`, `1,000`: bytes, or nothing.
pub(crate) fn bytes(text: &str) -> Option<f64> {
    try_bytes(text).ok()
}

/// `10KB`, `5 MiB`, `2k`, `1,000`: bytes. Decimal and binary units, in any case.
///
/// # Errors
/// What Loki says of it.
pub(crate) fn try_bytes(text: &str) -> Result<f64, SizeFault<'_>> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let number = &text[..digits];
    let parsed = if number.contains(',') { number.replace(',', "").parse() } else { number.parse() };
    let count: f64 = parsed.map_err(|_| SizeFault::Number(number))?;
    let unit = text[digits..].trim();
    let bytes = count * size_of_unit(unit).ok_or(SizeFault::Unit(unit))?;
    // Sizes are whole, and have 64 bits.
    if bytes < 18_446_744_073_709_551_616.0 { Ok(bytes.trunc()) } else { Err(SizeFault::TooLarge(text)) }
}

fn size_of_unit(unit: &str) -> Option<f64> {
    let letters = unit.strip_suffix(['b', 'B']).unwrap_or(unit);
    let (letter, base) = match letters.strip_suffix(['i', 'I']) {
        Some(letter) => (letter, 1024_f64),
        None => (letters, 1000_f64),
    };
    let power = match letter.as_bytes() {
        b"" if base == 1000_f64 => 0,
        b"k" | b"K" => 1,
        b"m" | b"M" => 2,
        b"g" | b"G" => 3,
        b"t" | b"T" => 4,
        b"p" | b"P" => 5,
        b"e" | b"E" => 6,
        _ => return None,
    };
    Some(base.powi(power))
}

/// A size in a query.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "range-checked")]
pub(crate) fn whole_bytes(text: &str) -> Option<u64> {
    bytes(text).map(|b| b as u64)
}

/// `20kB`, `2.6kB`, as Loki shows sizes: with two digits below ten of a unit, and without a fraction above. What is
/// shown can be read again, so units end with those that queries know.
#[expect(clippy::cast_precision_loss, reason = "two or three digits are shown")]
pub(crate) fn print_bytes(bytes: u64) -> String {
    if bytes < 10 {
        // `>0B` would be the start of a binary number.
        return if bytes == 0 { "0kB".to_owned() } else { format!("{bytes}B") };
    }
    let (mut unit, mut power) = (0_usize, 1_u64);
    while bytes / power >= 1000 && unit < 5 {
        (unit, power) = (unit + 1, power * 1000);
    }
    let value = (bytes as f64 / power as f64 * 10.0 + 0.5).floor() / 10.0;
    if value >= 999.5 && unit < 5 {
        // One of the next unit is something else.
        return format!("{bytes}B");
    }
    let digits = usize::from(value < 10.0);
    format!("{value:.digits$}{}B", ["", "k", "M", "G", "T", "P"][unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, want) in [
            ("10KB", Some(10_000.0)),
            ("1kib", Some(1024.0)),
            ("5 kB", Some(5000.0)),
            ("1,000", Some(1000.0)),
            ("1.5MiB", Some(1_572_864.0)),
            ("7b", Some(7.0)),
            ("7ib", None),
            ("7x", None),
            ("b", None),
            ("", None),
        ] {
            assert_eq!(bytes(text), want, "{text}");
        }
        for (bytes, want) in [
            (0, "0kB"),
            (999, "999B"),
            (1000, "1.0kB"),
            (20_000, "20kB"),
            (1_500_000, "1.5MB"),
            (1536, "1.5kB"),
            (2560, "2.6kB"),
            (999_999, "999999B"),
            (1 << 60, "1153PB"),
        ] {
            assert_eq!(print_bytes(bytes), want);
        }
        for (text, want) in [
            ("", "strconv.ParseFloat: parsing \"\": invalid syntax"),
            ("x5", "strconv.ParseFloat: parsing \"\": invalid syntax"),
            ("1,2.3.4kB", "strconv.ParseFloat: parsing \"12.3.4\": invalid syntax"),
            ("15Ms", "unhandled size name: ms"),
            ("20EB", "too large: 20EB"),
        ] {
            assert_eq!(try_bytes(text).expect_err(text).to_string(), want);
        }
    }
}

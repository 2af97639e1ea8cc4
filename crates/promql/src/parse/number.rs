//! Literal numbers: how far they go in a text, and what they are worth.

use super::quote::quote;

/// Where a number or duration ends, and which of them it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    Number(usize),
    Duration(usize),
    /// Neither; the end of what was looked at.
    Bad(usize),
}

/// Looks at a number or duration that starts at a byte of a text.
pub(super) fn scan(text: &str, start: usize) -> Scanned {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: start };
    if scanner.number() {
        return Scanned::Number(scanner.at);
    }
    if scanner.duration() {
        return Scanned::Duration(scanner.at);
    }
    // What stands next was looked at, unless that was where a unit was missing already.
    Scanned::Bad(scanner.at)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

const DECIMAL: &[u8] = b"0123456789";
const HEXADECIMAL: &[u8] = b"0123456789abcdefABCDEF";

impl Scanner<'_> {
    fn peek_is(&self, set: &[u8]) -> bool {
        self.bytes.get(self.at).is_some_and(|byte| set.contains(byte))
    }

    fn accept(&mut self, set: &[u8]) -> bool {
        let found = self.peek_is(set);
        self.at += usize::from(found);
        found
    }

    fn is_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn is_word(&self) -> bool {
        self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    }

    /// Digits with at most one dot and one exponent, set apart by single underscores.
    fn number(&mut self) -> bool {
        let mut digits = DECIMAL;
        if self.accept(b"0") && self.accept(b"xX") {
            self.accept(b"_");
            digits = HEXADECIMAL;
        }
        self.accept(b".");
        self.accept(digits);
        let (mut dots, mut exponents) = (0, 0);
        loop {
            let is_separator = self.peek_is(b"._eE");
            if !is_separator && !self.peek_is(digits) {
                break;
            }
            let fits = if self.peek_is(b".") {
                dots += 1;
                self.dot(dots, digits)
            } else if self.peek_is(b"eE") {
                exponents += 1;
                self.exponent(exponents)
            } else if self.peek_is(b"_") {
                self.underscore()
            } else {
                while self.accept(digits) {}
                true
            };
            if !fits {
                return false;
            }
        }
        !self.is_word()
    }

    fn dot(&mut self, count: usize, digits: &[u8]) -> bool {
        self.accept(b".");
        count == 1 && !self.accept(b"_.") && digits.len() == DECIMAL.len()
    }

    fn exponent(&mut self, count: usize) -> bool {
        self.accept(b"eE");
        if count > 1 {
            return false;
        }
        self.accept(b"+-");
        !self.accept(b"._eE") && !self.is_end()
    }

    fn underscore(&mut self) -> bool {
        self.accept(b"_");
        !self.accept(b"._eE") && !self.is_end()
    }

    /// A unit, and further numbers with units.
    fn duration(&mut self) -> bool {
        if !self.accept(b"smhdwy") {
            return false;
        }
        self.accept(b"s");
        while self.accept(DECIMAL) {
            while self.accept(DECIMAL) {}
            if !self.accept(b"smhdw") {
                return false;
            }
            self.accept(b"s");
        }
        let fits = !self.is_word();
        self.at += usize::from(!fits);
        fits
    }
}

/// What a number is worth, as Go reads it: `0755` is octal, `08` is not.
///
/// # Errors
/// What Go says of it.
pub(super) fn parse(text: &str) -> Result<f64, String> {
    integer(text).map_or_else(|| float(text), Ok)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of the language are floats")]
fn integer(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = if let Some(hex) = lower.strip_prefix("0x") {
        (hex, 16)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (lower.as_str(), 10)
    };
    let value = i64::from_str_radix(&without_underscores(digits)?, radix).ok()?;
    Some(value as f64)
}

fn float(text: &str) -> Result<f64, String> {
    let fault = |why| format!("error parsing number: strconv.ParseFloat: parsing {}: {why}", quote(text));
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "inf" => return Ok(f64::INFINITY),
        "nan" => return Ok(f64::NAN),
        _ => {}
    }
    let value = without_underscores(&lower).and_then(|digits| digits.parse::<f64>().ok());
    match value.ok_or_else(|| fault("invalid syntax"))? {
        value if value.is_finite() => Ok(value),
        _ => Err(fault("value out of range")),
    }
}

/// Underscores stand between digits only.
fn without_underscores(digits: &str) -> Option<String> {
    let fits = !digits.ends_with('_') && !digits.contains("__");
    fits.then(|| digits.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_worth_what_go_says() {
        for (text, value) in [
            ("1", 1.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("5e-3", 0.005),
            ("0xc", 12.0),
            ("0755", 493.0),
            ("08", 8.0),
            ("1_000", 1000.0),
            ("1_0.5", 10.5),
            ("0x_1F", 31.0),
            ("Inf", f64::INFINITY),
        ] {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
        assert!(parse(&"9".repeat(400)).is_err_and(|why| why.ends_with("value out of range")));
    }

    #[test]
    fn numbers_and_durations_are_told_apart() {
        for (text, scanned) in [
            ("1_000 ", Scanned::Number(5)),
            ("5m)", Scanned::Duration(2)),
            ("1h30m", Scanned::Duration(5)),
            ("2.5.", Scanned::Bad(4)),
            ("100..4", Scanned::Bad(5)),
            ("0deadbeef", Scanned::Bad(3)),
            ("5mm", Scanned::Bad(3)),
            ("5m1", Scanned::Bad(3)),
        ] {
            assert_eq!(scan(text, 0), scanned, "{text}");
        }
    }
}

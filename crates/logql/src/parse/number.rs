//! Numbers, as Go scans and reads them.

/// How many bytes of a text are a number, and what is wrong with it. A number that is wrong is a word all the same.
///
/// `is_spaced` is whether white space stands in front: only without any is `0b` the start of a binary number.
pub(super) fn scan_number(text: &str, is_spaced: bool) -> (usize, Option<String>) {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, base: Base::Decimal, parts: Parts::default(), fault: None };
    scan.number(is_spaced);
    (scan.at, scan.fault)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Decimal,
    /// With a leading 0: decimal, after all, if it turns out to have a fraction.
    Zero,
    Octal,
    Binary,
    Hexadecimal,
}

impl Base {
    fn literal(self) -> &'static str {
        match self {
            Self::Decimal => "decimal literal",
            Self::Zero | Self::Octal => "octal literal",
            Self::Binary => "binary literal",
            Self::Hexadecimal => "hexadecimal literal",
        }
    }

    fn max(self) -> u8 {
        match self {
            Self::Zero | Self::Octal => b'8',
            Self::Binary => b'2',
            Self::Decimal | Self::Hexadecimal => b':',
        }
    }
}

/// What a number has been found to hold.
#[derive(Debug, Default)]
struct Parts {
    digits: bool,
    underscores: bool,
    float: bool,
    /// The first digit that the base does not have.
    invalid: Option<char>,
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    base: Base,
    parts: Parts,
    fault: Option<String>,
}

impl Scan<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn fail(&mut self, why: impl Into<String>) {
        self.fault.get_or_insert_with(|| why.into());
    }

    fn number(&mut self, is_spaced: bool) {
        if self.peek() == b'0' {
            self.prefix(is_spaced);
        }
        self.digits(self.base);
        if self.peek() == b'.' {
            self.at += 1;
            self.parts.float = true;
            if matches!(self.base, Base::Octal | Base::Binary) {
                self.fail(format!("invalid radix point in {}", self.base.literal()));
            }
            self.digits(self.base);
        }
        if !self.parts.digits {
            self.fail(format!("{} has no digits", self.base.literal()));
        }
        self.exponent();
        if let (false, Some(digit)) = (self.parts.float, self.parts.invalid) {
            self.fail(format!("invalid digit '{digit}' in {}", self.base.literal()));
        }
        if self.parts.underscores && !separates(&self.bytes[..self.at]) {
            self.fail("'_' must separate successive digits");
        }
    }

    fn prefix(&mut self, is_spaced: bool) {
        self.at += 1;
        let base = match self.peek().to_ascii_lowercase() {
            b'x' => Base::Hexadecimal,
            b'o' => Base::Octal,
            b'b' if !is_spaced => Base::Binary,
            b'b' => return,
            _ => {
                self.base = Base::Zero;
                self.parts.digits = true;
                return;
            }
        };
        self.base = base;
        self.at += 1;
    }

    /// Digits and underscores; whether there was a digit.
    fn digits(&mut self, base: Base) -> bool {
        let mut found = false;
        loop {
            match self.peek() {
                b'_' => self.parts.underscores = true,
                digit if digit.is_ascii_digit() || base == Base::Hexadecimal && digit.is_ascii_hexdigit() => {
                    if base != Base::Hexadecimal && digit >= base.max() {
                        self.parts.invalid.get_or_insert(char::from(digit));
                    }
                    found = true;
                }
                _ => break,
            }
            self.at += 1;
        }
        self.parts.digits |= found;
        found
    }

    fn exponent(&mut self) {
        let letter = self.peek();
        match letter.to_ascii_lowercase() {
            b'e' if !matches!(self.base, Base::Decimal | Base::Zero) => {
                self.fail(format!("'{}' exponent requires decimal mantissa", char::from(letter)));
            }
            b'e' => {}
            b'p' if self.base == Base::Hexadecimal => {}
            _ => {
                if self.base == Base::Hexadecimal && self.parts.float {
                    self.fail("hexadecimal mantissa requires a 'p' exponent");
                }
                return;
            }
        }
        self.at += 1;
        self.parts.float = true;
        self.at += usize::from(matches!(self.peek(), b'+' | b'-'));
        if !self.digits(Base::Decimal) {
            self.fail("exponent has no digits");
        }
    }
}

/// Whether each underscore stands between digits; a prefix counts as one.
fn separates(number: &[u8]) -> bool {
    let is_hex = matches!(number, [b'0', b'x' | b'X', ..]);
    let prefixed = matches!(number, [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..]);
    let mut last = if prefixed { b'0' } else { b'.' };
    for &byte in &number[if prefixed { 2 } else { 0 }..] {
        let kind = match byte {
            b'_' => b'_',
            digit if digit.is_ascii_digit() || is_hex && digit.is_ascii_hexdigit() => b'0',
            _ => b'.',
        };
        if kind == b'_' && last != b'0' || last == b'_' && kind != b'0' {
            return false;
        }
        last = kind;
    }
    last != b'_'
}

/// A number, or what Go says of it. Hexadecimal ones are none.
pub(super) fn float(text: &str) -> Result<f64, String> {
    let fault = |why| format!("strconv.ParseFloat: parsing {text:?}: {why}");
    let is_decimal = !matches!(text.as_bytes(), [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..]);
    if !is_decimal || !separates(text.as_bytes()) {
        return Err(fault("invalid syntax"));
    }
    let value: f64 = text.replace('_', "").parse().map_err(|_| fault("invalid syntax"))?;
    if value.is_infinite() { Err(fault("value out of range")) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scanned_as_go_does_it() {
        for (text, len, why) in [
            ("5m", 1, ""),
            ("1.5e-3)", 6, ""),
            (".5 ", 2, ""),
            ("5.", 2, ""),
            ("08", 2, "invalid digit '8' in octal literal"),
            ("08.5", 4, ""),
            ("0x1F", 4, ""),
            ("0x", 2, "hexadecimal literal has no digits"),
            ("0x1.8", 5, "hexadecimal mantissa requires a 'p' exponent"),
            ("0B", 2, "binary literal has no digits"),
            ("0o1.5", 5, "invalid radix point in octal literal"),
            ("0o1e5", 5, "'e' exponent requires decimal mantissa"),
            ("1e", 2, "exponent has no digits"),
            ("1_000", 5, ""),
            ("1__0", 4, "'_' must separate successive digits"),
            ("1_", 2, "'_' must separate successive digits"),
        ] {
            assert_eq!(scan_number(text, false), (len, Some(why.to_owned()).filter(|w| !w.is_empty())), "{text}");
        }
        assert_eq!(scan_number("0B", true), (1, Some("decimal literal has no digits".to_owned())));
    }

    #[test]
    fn numbers_are_read_as_go_does_it() {
        for (text, want) in [("1_000", Some(1000.0)), ("08", Some(8.0)), ("5.", Some(5.0)), ("1e-999", Some(0.0))] {
            assert_eq!(float(text).ok(), want, "{text}");
        }
        for (text, why) in [("0x10", "invalid syntax"), ("0b1", "invalid syntax"), ("1e999", "value out of range")] {
            assert_eq!(float(text), Err(format!("strconv.ParseFloat: parsing \"{text}\": {why}")));
        }
    }
}

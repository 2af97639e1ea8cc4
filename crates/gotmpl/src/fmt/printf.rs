//! Formats: what stands behind a percent sign.

use super::{Buffer, Flags, Printer};
use crate::value::Value;

/// Numbers beyond this are no width and no precision.
const NUMBER_MAX: i64 = 1_000_000;

/// Go's `Sprintf`.
pub(crate) fn printf(out: &mut Buffer<'_>, format: &str, args: &[Value<'_>]) {
    let mut formatter = Formatter { printer: Printer::new(out), rest: format, args, next: 0, reordered: false };
    formatter.run();
}

struct Formatter<'b, 'o, 'f> {
    printer: Printer<'b, 'o>,
    rest: &'f str,
    args: &'f [Value<'f>],
    /// The argument that is next.
    next: usize,
    /// Whether arguments were taken by number: then none counts as left over.
    reordered: bool,
}

impl Formatter<'_, '_, '_> {
    fn run(&mut self) {
        while let Some(at) = self.rest.find('%') {
            self.printer.out.push_str(&self.rest[..at]);
            self.rest = &self.rest[at + 1..];
            if !self.directive() {
                return self.left_over();
            }
        }
        self.printer.out.push_str(self.rest);
        self.left_over();
    }

    fn accept(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// One directive, the percent sign of which is behind us; false at the end of the format.
    fn directive(&mut self) -> bool {
        self.printer.flags = Flags::default();
        self.flags();
        // As Go does it, a verb right behind the flags is not looked at twice.
        if let Some(verb) = self.rest.chars().next().filter(char::is_ascii_lowercase)
            && self.next < self.args.len()
        {
            self.rest = &self.rest[1..];
            self.write(verb);
            return true;
        }
        let mut is_good = true;
        let mut after_index = self.index(&mut is_good);
        self.width(&mut after_index, &mut is_good);
        if self.rest.len() > 1 && self.accept('.') {
            is_good &= !after_index;
            after_index = self.index(&mut is_good);
            self.precision(&mut after_index);
        }
        if !after_index {
            self.index(&mut is_good);
        }
        let Some(verb) = self.rest.chars().next() else {
            self.printer.out.push_str("%!(NOVERB)");
            return false;
        };
        self.rest = &self.rest[verb.len_utf8()..];
        match verb {
            '%' => self.printer.out.push_str("%"),
            _ if !is_good => self.complain(verb, "(BADINDEX)"),
            _ if self.next >= self.args.len() => self.complain(verb, "(MISSING)"),
            _ => self.write(verb),
        }
        true
    }

    fn complain(&mut self, verb: char, what: &str) {
        self.printer.out.push_str("%!");
        self.printer.out.push(verb);
        self.printer.out.push_str(what);
    }

    fn write(&mut self, verb: char) {
        let flags = &mut self.printer.flags;
        if matches!(verb, 'v' | 'w') {
            flags.sharp_v = std::mem::take(&mut flags.sharp);
            flags.plus_v = std::mem::take(&mut flags.plus);
        }
        self.printer.arg(&self.args[self.next], verb);
        self.next += 1;
    }

    fn flags(&mut self) {
        while let Some(c) = self.rest.chars().next() {
            let flags = &mut self.printer.flags;
            match c {
                '#' => flags.sharp = true,
                '0' => flags.zero = true,
                '+' => flags.plus = true,
                '-' => flags.minus = true,
                ' ' => flags.space = true,
                _ => return,
            }
            self.rest = &self.rest[1..];
        }
    }

    fn width(&mut self, after_index: &mut bool, is_good: &mut bool) {
        if self.accept('*') {
            let width = self.number_argument();
            if width.is_none() {
                self.printer.out.push_str("%!(BADWIDTH)");
            }
            let flags = &mut self.printer.flags;
            if width.is_some_and(|width| width < 0) {
                flags.minus = true;
                flags.zero = false;
            }
            flags.width = width.and_then(|width| usize::try_from(width.unsigned_abs()).ok());
            *after_index = false;
        } else {
            self.printer.flags.width = self.number();
            *is_good &= !(*after_index && self.printer.flags.width.is_some());
        }
    }

    fn precision(&mut self, after_index: &mut bool) {
        if self.accept('*') {
            let precision = self.number_argument().and_then(|precision| usize::try_from(precision).ok());
            if precision.is_none() {
                self.printer.out.push_str("%!(BADPREC)");
            }
            self.printer.flags.precision = precision;
            *after_index = false;
        } else {
            self.printer.flags.precision = Some(self.number().unwrap_or(0));
        }
    }

    /// A number in the format; one that is too large swallows what is left.
    fn number(&mut self) -> Option<usize> {
        let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = &self.rest[..length];
        let number = parse_number(digits);
        self.rest = if number.is_none() && length > 0 { "" } else { &self.rest[length..] };
        number
    }

    fn number_argument(&mut self) -> Option<i64> {
        let value = self.args.get(self.next)?;
        self.next += 1;
        let number = match *value.beneath() {
            Value::Int(v) | Value::Int64(v) => v,
            Value::Byte(v) => i64::from(v),
            Value::Uint64(v) => i64::try_from(v).ok()?,
            _ => return None,
        };
        (-NUMBER_MAX..=NUMBER_MAX).contains(&number).then_some(number)
    }

    /// `[2]`: which argument is next; false when there is none such.
    fn index(&mut self, is_good: &mut bool) -> bool {
        if !self.rest.starts_with('[') {
            return false;
        }
        self.reordered = true;
        let close = if self.rest.len() < 3 { None } else { self.rest.find(']') };
        let Some(close) = close else {
            self.rest = &self.rest[1..];
            *is_good = false;
            return false;
        };
        let digits = &self.rest[1..close];
        let number = if digits.bytes().all(|b| b.is_ascii_digit()) { parse_number(digits) } else { None };
        self.rest = &self.rest[close + 1..];
        match number.and_then(|number| number.checked_sub(1)).filter(|index| *index < self.args.len()) {
            Some(index) => self.next = index,
            None => *is_good = false,
        }
        number.is_some()
    }

    fn left_over(&mut self) {
        if self.reordered || self.next >= self.args.len() {
            return;
        }
        self.printer.flags = Flags::default();
        self.printer.out.push_str("%!(EXTRA ");
        for (i, value) in self.args[self.next..].iter().enumerate() {
            if i > 0 {
                self.printer.out.push_str(", ");
            }
            self.printer.out.push_str(&value.type_name());
            if !matches!(value, Value::Nil) {
                self.printer.out.push_str("=");
                self.printer.arg(value, 'v');
            }
        }
        self.printer.out.push_str(")");
    }
}

/// Digits as a number, if there are any and it is not too large.
fn parse_number(digits: &str) -> Option<usize> {
    let mut number: usize = 0;
    for digit in digits.bytes() {
        if number > 1_000_000 {
            return None;
        }
        number = number * 10 + usize::from(digit - b'0');
    }
    (!digits.is_empty()).then_some(number)
}

//! Integers, and the characters they stand for.

use super::{PRECISION_MAX, Printer};
use crate::quote::quote_char;
use crate::unicode::is_printable;
use crate::value::Value;

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

impl Printer<'_, '_> {
    pub(super) fn signed(&mut self, v: i64, verb: char, value: &Value<'_>) {
        self.integer(v.unsigned_abs(), v < 0, true, v.cast_unsigned(), verb, value);
    }

    pub(super) fn unsigned(&mut self, v: u64, verb: char, value: &Value<'_>) {
        self.integer(v, false, false, v, verb, value);
    }

    /// `code` is the number without a sign of its own: what stands for a character.
    fn integer(&mut self, magnitude: u64, negative: bool, is_signed: bool, code: u64, verb: char, value: &Value<'_>) {
        let character = u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(REPLACEMENT);
        match verb {
            'v' if self.flags.sharp_v && !is_signed => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                self.number(magnitude, negative, 16, verb);
                self.flags.sharp = sharp;
            }
            'v' | 'd' => self.number(magnitude, negative, 10, verb),
            'b' => self.number(magnitude, negative, 2, verb),
            'o' | 'O' => self.number(magnitude, negative, 8, verb),
            'x' | 'X' => self.number(magnitude, negative, 16, verb),
            'c' => self.pad(character.encode_utf8(&mut [0; 4])),
            'q' => self.pad(&quote_char(character, self.flags.plus)),
            'U' => self.unicode(code),
            _ => self.bad_verb(value, verb),
        }
    }

    fn number(&mut self, magnitude: u64, negative: bool, radix: u32, verb: char) {
        let flags = self.flags;
        let has_sign = negative || flags.plus || flags.space;
        let digits_min = match (flags.precision, flags.width) {
            (Some(0), _) if magnitude == 0 => {
                let zero = std::mem::replace(&mut self.flags.zero, false);
                self.padding(flags.width.unwrap_or(0));
                self.flags.zero = zero;
                return;
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(usize::from(has_sign)),
            _ => 0,
        };
        let digits = match (radix, verb) {
            (2, _) => format!("{magnitude:b}"),
            (8, _) => format!("{magnitude:o}"),
            (16, 'X') => format!("{magnitude:X}"),
            (16, _) => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let zeros = digits_min.saturating_sub(digits.len());
        let sign = match () {
            () if negative => "-",
            () if flags.plus => "+",
            () if flags.space => " ",
            () => "",
        };
        let needs_zero = flags.sharp && zeros == 0 && !digits.starts_with('0');
        let prefix = match radix {
            2 if flags.sharp => "0b",
            8 if verb == 'O' && needs_zero => "0o0",
            8 if verb == 'O' => "0o",
            8 if needs_zero => "0",
            16 if flags.sharp && verb == 'X' => "0X",
            16 if flags.sharp => "0x",
            _ => "",
        };
        let length = sign.len() + prefix.len() + zeros + digits.len();
        let missing = flags.width.unwrap_or(0).saturating_sub(length);
        if !flags.minus {
            self.out.fill(' ', missing);
        }
        self.out.push_str(sign);
        self.out.push_str(prefix);
        self.out.fill('0', zeros);
        self.out.push_str(&digits);
        if flags.minus {
            self.out.fill(' ', missing);
        }
    }

    /// `U+0078`, and `U+0078 'x'` with the sharp flag.
    fn unicode(&mut self, code: u64) {
        let digits = self.flags.precision.unwrap_or(4).clamp(4, PRECISION_MAX);
        let hex = format!("{code:X}");
        let zeros = "0".repeat(digits.saturating_sub(hex.len()));
        let shown = u32::try_from(code).ok().and_then(char::from_u32).filter(|c| self.flags.sharp && is_printable(*c));
        let shown = shown.map(|c| format!(" '{c}'")).unwrap_or_default();
        self.pad_with_spaces(&format!("U+{zeros}{hex}{shown}"));
    }
}

//! Quoted texts.

use super::Lexer;
use crate::parse::quote::code_point;
use crate::parse::token::TokenKind;

impl Lexer<'_> {
    pub(super) fn string(&mut self, quote: char) {
        loop {
            match self.next() {
                Some('\\') => {
                    if let Err(why) = self.escape(quote) {
                        return self.fault(why);
                    }
                }
                Some(char::REPLACEMENT_CHARACTER) => return self.fault("invalid UTF-8 rune"),
                None | Some('\n') => return self.fault("unterminated quoted string"),
                Some(c) if c == quote => return self.emit(TokenKind::String),
                Some(_) => {}
            }
        }
    }

    pub(super) fn raw_string(&mut self) {
        loop {
            match self.next() {
                Some(char::REPLACEMENT_CHARACTER) => return self.fault("invalid UTF-8 rune"),
                None => return self.fault("unterminated raw string"),
                Some('`') => return self.emit(TokenKind::String),
                Some(_) => {}
            }
        }
    }

    pub(super) fn escape(&mut self, quote: char) -> Result<(), String> {
        const UNTERMINATED: &str = "escape sequence not terminated";
        let first = self.next().ok_or(UNTERMINATED)?;
        let (count, radix, max, mut value) = match first {
            'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => return Ok(()),
            c if c == quote => return Ok(()),
            '0'..='7' => (2, 8, 0xff, first.to_digit(8).unwrap_or_default()),
            'x' => (2, 16, 0xff, 0),
            'u' => (4, 16, 0x10_ffff, 0),
            'U' => (8, 16, 0x10_ffff, 0_u32),
            c => return Err(format!("unknown escape sequence {}", code_point(c))),
        };
        for _ in 0..count {
            let c = self.next().ok_or(UNTERMINATED)?;
            let illegal = || format!("illegal character {} in escape sequence", code_point(c));
            value = value.wrapping_mul(radix).wrapping_add(c.to_digit(radix).ok_or_else(illegal)?);
        }
        if value > max || (0xd800..0xe000).contains(&value) {
            return Err("escape sequence is an invalid Unicode code point".to_owned());
        }
        Ok(())
    }
}

//! The tokens between `{{` and `}}`.

use super::{Keyword, Kind, Lexer, RIGHT, SPACES, Token};
use crate::quote::quote;
use crate::unicode::{describe, is_word};

impl<'s> Lexer<'s> {
    pub(super) fn inside(&mut self) -> Token<'s> {
        if let Some(trims) = self.at_right_delim() {
            return if self.parens == 0 { self.right_delim(trims) } else { self.fail("unclosed left paren") };
        }
        let Some(c) = self.bump() else { return self.fail("unclosed action") };
        match c {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '=' => self.take(Kind::Assign),
            ':' if self.accept("=") => self.take(Kind::Declare),
            ':' => self.fail("expected :="),
            '|' => self.take(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => self.raw(),
            '$' => self.name(Kind::Variable),
            '.' if !self.rest().is_empty() && !self.rest().starts_with(|c: char| c.is_ascii_digit()) => {
                self.name(Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => self.number(),
            '(' => {
                self.parens += 1;
                self.take(Kind::LeftParen)
            }
            ')' if self.parens == 0 => self.fail("unexpected right paren"),
            ')' => {
                self.parens -= 1;
                self.take(Kind::RightParen)
            }
            _ if is_word(c) => self.identifier(),
            ' '..='~' => self.take(Kind::Char),
            _ => self.fail(format!("unrecognized character in action: {}", describe(c))),
        }
    }

    fn right_delim(&mut self, trims: bool) -> Token<'s> {
        if trims {
            self.pos += 2;
            self.ignore();
        }
        self.pos += RIGHT.len();
        let token = self.take(Kind::RightDelim);
        if trims {
            let rest = self.rest();
            self.pos += rest.len() - rest.trim_start_matches(SPACES).len();
            self.ignore();
        }
        self.is_inside = false;
        token
    }

    /// A run of spaces, the first of which is behind us; the last one may belong to ` -}}`.
    fn space(&mut self) -> Token<'s> {
        while self.peek().is_some_and(|c| SPACES.contains(&c)) {
            self.bump();
        }
        self.pos -= 1;
        if self.at_right_delim() == Some(true) {
            if self.pos == self.start {
                return self.right_delim_in_parens();
            }
        } else {
            self.pos += 1;
        }
        self.take(Kind::Space)
    }

    /// Go does not look for open parentheses on this path, and the parser finds them.
    fn right_delim_in_parens(&mut self) -> Token<'s> {
        self.right_delim(true)
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(_) => self.rest().starts_with(RIGHT),
        }
    }

    fn bad_character(&mut self) -> Token<'s> {
        let c = self.peek().unwrap_or_default();
        self.fail(format!("bad character {}", describe(c)))
    }

    fn word(&mut self) {
        while self.peek().is_some_and(is_word) {
            self.bump();
        }
    }

    fn identifier(&mut self) -> Token<'s> {
        self.word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let word = &self.input[self.start..self.pos];
        let kind = match Keyword::of(word) {
            Some(Keyword::Break) if !self.keeps_break => Kind::Identifier,
            Some(Keyword::Continue) if !self.keeps_continue => Kind::Identifier,
            Some(keyword) => Kind::Keyword(keyword),
            None if matches!(word, "true" | "false") => Kind::Bool,
            None => Kind::Identifier,
        };
        self.take(kind)
    }

    /// A field or a variable, of which the first character is behind us.
    fn name(&mut self, kind: Kind) -> Token<'s> {
        if self.at_terminator() {
            return self.take(if kind == Kind::Field { Kind::Keyword(Keyword::Dot) } else { kind });
        }
        self.word();
        if self.at_terminator() { self.take(kind) } else { self.bad_character() }
    }

    fn quoted(&mut self, end: char, kind: Kind, unterminated: &'static str) -> Token<'s> {
        loop {
            match self.bump() {
                Some('\\') => {
                    if matches!(self.bump(), None | Some('\n')) {
                        return self.fail(unterminated);
                    }
                }
                None | Some('\n') => return self.fail(unterminated),
                Some(c) if c == end => return self.take(kind),
                Some(_) => {}
            }
        }
    }

    fn raw(&mut self) -> Token<'s> {
        match self.rest().find('`') {
            Some(length) => {
                self.pos += length + 1;
                self.take(Kind::RawString)
            }
            None => self.fail("unterminated raw quoted string"),
        }
    }

    fn number(&mut self) -> Token<'s> {
        self.pos = self.start;
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.peek(), Some('+' | '-')) {
            if !self.scan_number() || !self.input[..self.pos].ends_with('i') {
                return self.bad_number();
            }
            return self.take(Kind::Complex);
        }
        self.take(Kind::Number)
    }

    fn bad_number(&mut self) -> Token<'s> {
        let text = quote(&self.input[self.start..self.pos], false);
        self.fail(format!("bad number syntax: {text}"))
    }

    /// Something like a number: what is wrong inside is found when it is read.
    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        let (mut is_decimal, mut is_hex) = (true, false);
        if self.accept("0") {
            if self.accept("xX") {
                (digits, is_decimal, is_hex) = ("0123456789abcdefABCDEF_", false, true);
            } else if self.accept("oO") {
                (digits, is_decimal) = ("01234567_", false);
            } else if self.accept("bB") {
                (digits, is_decimal) = ("01_", false);
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        if (is_decimal && self.accept("eE")) || (is_hex && self.accept("pP")) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_word) {
            self.bump();
            return false;
        }
        true
    }
}

//! Text to tokens.
//!
//! ```text
//!   text {{- .a | f 1 -}} text
//!        └─ inside ──────┘        spaces are tokens inside: `.a .b` are two things, `.a.b` is one
//! ```

mod inside;
mod token;

use std::borrow::Cow;

pub(crate) use token::{Keyword, Kind, Token};

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

/// Hands out tokens one by one. After an error it is at the end.
#[derive(Debug)]
pub(crate) struct Lexer<'s> {
    input: &'s str,
    pos: usize,
    start: usize,
    start_line: usize,
    is_inside: bool,
    parens: usize,
    /// Whether `break` and `continue` are words with a meaning: a function of that name takes it away.
    keeps_break: bool,
    keeps_continue: bool,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(input: &'s str, keeps_break: bool, keeps_continue: bool) -> Self {
        let (pos, start, start_line, is_inside, parens) = (0, 0, 1, false, 0);
        Self { input, pos, start, start_line, is_inside, parens, keeps_break, keeps_continue }
    }

    pub(crate) fn next(&mut self) -> Token<'s> {
        if self.is_inside { self.inside() } else { self.outside() }
    }

    fn rest(&self) -> &'s str {
        &self.input[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn accept(&mut self, set: &str) -> bool {
        let found = self.peek().is_some_and(|c| set.contains(c));
        if found {
            self.bump();
        }
        found
    }

    fn accept_run(&mut self, set: &str) {
        while self.accept(set) {}
    }

    fn take(&mut self, kind: Kind) -> Token<'s> {
        let text = &self.input[self.start..self.pos];
        let token = Token { kind, pos: self.start, line: self.start_line, text: Cow::Borrowed(text) };
        self.ignore();
        token
    }

    fn ignore(&mut self) {
        self.start_line += count_lines(&self.input[self.start..self.pos]);
        self.start = self.pos;
    }

    fn fail(&mut self, message: impl Into<Cow<'s, str>>) -> Token<'s> {
        let token = Token { kind: Kind::Error, pos: self.start, line: self.start_line, text: message.into() };
        (self.input, self.pos, self.start) = ("", 0, 0);
        token
    }

    /// Text up to the next action, and comments.
    fn outside(&mut self) -> Token<'s> {
        loop {
            let Some(length) = self.rest().find(LEFT) else {
                self.pos = self.input.len();
                if self.pos > self.start {
                    return self.take(Kind::Text);
                }
                return Token { kind: Kind::Eof, pos: self.pos, line: self.start_line, text: Cow::Borrowed("EOF") };
            };
            if length > 0 {
                let text = &self.rest()[..length];
                let trims = has_left_trim(&self.rest()[length + LEFT.len()..]);
                let kept = if trims { text.trim_end_matches(SPACES).len() } else { length };
                self.pos += kept;
                let token = self.take(Kind::Text);
                self.pos += length - kept;
                self.ignore();
                if kept > 0 {
                    return token;
                }
            }
            if let Some(token) = self.left_delim() {
                return token;
            }
        }
    }

    /// The start of an action; nothing when it was a comment, which is behind us then.
    fn left_delim(&mut self) -> Option<Token<'s>> {
        let marker = if has_left_trim(&self.rest()[LEFT.len()..]) { 2 } else { 0 };
        if self.rest()[LEFT.len() + marker..].starts_with("/*") {
            self.pos += LEFT.len() + marker;
            self.ignore();
            return self.comment();
        }
        self.pos += LEFT.len();
        let token = self.take(Kind::LeftDelim);
        self.is_inside = true;
        self.parens = 0;
        self.pos += marker;
        self.ignore();
        Some(token)
    }

    fn comment(&mut self) -> Option<Token<'s>> {
        let Some(length) = self.rest()[2..].find("*/") else {
            return Some(self.fail("unclosed comment"));
        };
        self.pos += length + 4;
        let Some(trims) = self.at_right_delim() else {
            return Some(self.fail("comment ends before closing delimiter"));
        };
        self.right_delim_behind(trims);
        self.ignore();
        None
    }

    fn right_delim_behind(&mut self, trims: bool) {
        self.pos += RIGHT.len() + if trims { 2 } else { 0 };
        if trims {
            let rest = self.rest();
            self.pos += rest.len() - rest.trim_start_matches(SPACES).len();
        }
    }

    /// Whether the action ends here, and whether it trims the text behind it.
    fn at_right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_trim(rest) && rest[2..].starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|b| *b == b'\n').count()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn has_left_trim(text: &str) -> bool {
    matches!(text.as_bytes(), [b'-', space, ..] if is_space(*space))
}

fn has_right_trim(text: &str) -> bool {
    matches!(text.as_bytes(), [space, b'-', ..] if is_space(*space))
}

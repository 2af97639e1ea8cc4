//! Text to words, each with its place.
//!
//! Errors name places as Loki does: of a word that is read past its first token — an operator of two characters, a
//! duration, a range — only the column is known, and its line is 0.

use super::error::Fault;
use super::quote::unquote;
use super::token::{SYMBOLS, Token, function, keyword};
use crate::units;

/// A word and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) token: Token,
    /// 1-based, or 0 where it is not known.
    pub(super) line: usize,
    /// 1-based, in characters.
    pub(super) column: usize,
}

/// The words of a text, up to the end or the first fault.
pub(super) fn lex(text: &str) -> (Vec<Word>, Option<Fault>) {
    let mut lexer = Lexer { text, at: 0, line: 1, line_start: 0, words: Vec::new() };
    loop {
        match lexer.word() {
            Ok(true) => {}
            Ok(false) => return (lexer.words, None),
            Err(fault) => return (lexer.words, Some(fault)),
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// Where the line starts.
    line_start: usize,
    words: Vec<Word>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn column(&self) -> usize {
        self.text.get(self.line_start..self.at).unwrap_or_default().chars().count() + 1
    }

    fn skip(&mut self, bytes: usize) {
        let passed = self.rest().get(..bytes).unwrap_or_default();
        if let Some(newline) = passed.rfind('\n') {
            self.line += passed.matches('\n').count();
            self.line_start = self.at + newline + 1;
        }
        self.at += bytes;
    }

    fn fault(&self, line: usize, message: impl Into<String>) -> Fault {
        Fault { line, column: self.column(), message: message.into() }
    }

    /// Adds a word of that many bytes whose line is known or not.
    fn add(&mut self, token: Token, bytes: usize, has_line: bool) {
        let line = if has_line { self.line } else { 0 };
        self.words.push(Word { token, line, column: self.column() });
        self.skip(bytes);
    }

    /// Reads one word; `false` at the end.
    fn word(&mut self) -> Result<bool, Fault> {
        self.space()?;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            self.add(Token::End, 0, true);
            return Ok(false);
        };
        match first {
            '"' | '`' => self.string(first)?,
            '\'' => return Err(self.fault(self.line, "invalid char literal")),
            '[' => self.range()?,
            c if c.is_ascii_digit() => self.number(),
            '.' if rest.get(1..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit())) => self.number(),
            '-' if self.flag() || self.negative_duration() => {}
            c if c == '_' || c.is_alphabetic() => self.name(),
            c => match SYMBOLS.into_iter().find(|s| rest.starts_with(s)) {
                Some(symbol) => self.add(Token::Symbol(symbol), symbol.len(), symbol.len() == 1),
                None => self.add(Token::Identifier(c.to_string()), c.len_utf8(), true),
            },
        }
        Ok(true)
    }

    /// White space and comments.
    fn space(&mut self) -> Result<(), Fault> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            if blank > 0 {
                self.skip(blank);
            } else if rest.starts_with('#') || rest.starts_with("//") {
                self.skip(rest.find('\n').unwrap_or(rest.len()));
            } else if rest.starts_with("/*") {
                let end = rest.find("*/").ok_or_else(|| self.fault(self.line, "comment not terminated"))?;
                self.skip(end + 2);
            } else {
                return Ok(());
            }
        }
    }

    fn string(&mut self, quote: char) -> Result<(), Fault> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|&(_, c)| {
            let ends = (c == quote || (c == '\n' && quote == '"')) && !escaped;
            escaped = quote == '"' && c == '\\' && !escaped;
            ends
        });
        match end {
            Some((end, c)) if c == quote => {
                let text = unquote(&rest[..=end]).map_err(|why| self.fault(self.line, why))?;
                self.add(Token::Text(text), end + 1, true);
                Ok(())
            }
            _ => Err(self.fault(self.line, "literal not terminated")),
        }
    }

    fn range(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let Some(end) = rest.find(']') else { return Err(self.fault(0, "missing closing ']' in duration")) };
        let range = units::prometheus_duration_ns(&rest[1..end]).map_err(|why| self.fault(0, why))?;
        self.add(Token::Range(range), end + 1, false);
        Ok(())
    }

    /// A number, a duration such as `1h30m`, or a size such as `10KB`.
    fn number(&mut self) {
        let rest = self.rest();
        let number = number_len(rest);
        let with = |is_more: fn(char) -> bool| {
            let tail = &rest[number..];
            number + tail.find(|c: char| !(is_more(c) || c.is_numeric() || c == '.')).unwrap_or(tail.len())
        };
        let duration = with(|c| matches!(c, 'n' | 'u' | 'µ' | 'm' | 's' | 'h' | 'd' | 'w' | 'y'));
        let bytes = with(|c| matches!(c, 'B' | 'i' | 'k' | 'K' | 'M' | 'G' | 'T' | 'P'));
        if duration > number
            && let Some(ns) = units::query_duration_ns(&rest[..duration])
        {
            self.add(Token::Duration(ns), duration, false);
        } else if bytes > number
            && let Some(size) = units::whole_bytes(&rest[..bytes])
        {
            self.add(Token::Bytes(size), bytes, false);
        } else {
            self.add(Token::Number(rest[..number].to_owned()), number, true);
        }
    }

    fn flag(&mut self) -> bool {
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_alphabetic() || c == '-')).unwrap_or(rest.len());
        let Some(flag) = ["--strict", "--keep-empty"].into_iter().find(|f| *f == &rest[..len]) else { return false };
        self.add(Token::Flag(flag), len, false);
        true
    }

    /// `-5m`
    fn negative_duration(&mut self) -> bool {
        let rest = self.rest();
        let is_part =
            |c: char| c.is_numeric() || matches!(c, '.' | 'n' | 'u' | 'µ' | 'm' | 's' | 'h' | 'd' | 'w' | 'y');
        let len = 1 + rest[1..].find(|c: char| !is_part(c)).unwrap_or(rest.len() - 1);
        let Some(ns) = units::query_duration_ns(&rest[1..len]).filter(|_| !rest[1..len].is_empty()) else {
            return false;
        };
        if rest[1..len].bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        self.add(Token::Duration(-ns), len, false);
        true
    }

    fn name(&mut self) {
        let rest = self.rest();
        let len = rest.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(rest.len());
        let word = &rest[..len];
        let token = match (function(word), keyword(word)) {
            (Some(function), _) if is_call(&rest[len..]) => Token::Function(function),
            (Some(_), _) | (None, None) => Token::Identifier(word.to_owned()),
            (None, Some(keyword)) => Token::Symbol(keyword),
        };
        self.add(token, len, true);
    }
}

/// How many bytes of a text are a number.
fn number_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    if matches!(bytes, [b'0', b'x' | b'X', ..]) {
        return 2 + bytes[2..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
    }
    let mut len = digits(0);
    if bytes.get(len) == Some(&b'.') {
        len += 1 + digits(len + 1);
    }
    if matches!(bytes.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
        let exponent = bytes.get(len + 1 + sign..).map_or(0, |_| digits(len + 1 + sign));
        if exponent > 0 {
            len += 1 + sign + exponent;
        }
    }
    len
}

/// Whether a parenthesis follows, or a grouping.
fn is_call(rest: &str) -> bool {
    let rest = rest.trim_start();
    let after = |word: &str| {
        let found = rest.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word));
        found && rest[word.len()..].trim_start().starts_with('(')
    };
    rest.starts_with('(') || after("by") || after("without")
}

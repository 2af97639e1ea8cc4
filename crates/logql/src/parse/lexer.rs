//! Text to words, each with its place.
//!
//! Errors name places as Loki does: of a word that is read past its first token — an operator of two characters, a
//! duration, a range — only the column is known, and its line is 0.

use super::error::Fault;
use super::number::scan_number;
use super::quote::{scan_quoted, unquote};
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

/// The words of a text.
pub(super) struct Words {
    /// Up to the end, or to the first that cannot be read; the last is the end.
    pub(super) words: Vec<Word>,
    /// The first fault, and how many words stand in front of the one it was found in.
    pub(super) fault: Option<(usize, Fault)>,
}

/// Reads all words.
pub(super) fn lex(text: &str) -> Words {
    let mut lexer = Lexer { text, at: 0, line: 1, column: 1, found: Words { words: Vec::new(), fault: None } };
    while !lexer.found.words.last().is_some_and(|word| word.token == Token::End) {
        lexer.word();
    }
    lexer.found
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    column: usize,
    found: Words,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        let passed = self.rest().get(..bytes).unwrap_or_default();
        match passed.rfind('\n') {
            None => self.column += passed.chars().count(),
            Some(newline) => {
                self.line += passed.matches('\n').count();
                self.column = passed[newline + 1..].chars().count() + 1;
            }
        }
        self.at += bytes;
    }

    /// The word here has a fault, which is told if it is the first; it may be a word all the same.
    fn fault(&mut self, line: usize, message: impl Into<String>) {
        let (word, column) = (self.found.words.len(), self.column);
        self.found.fault.get_or_insert_with(|| (word, Fault { line, column, message: message.into() }));
    }

    /// The word here has a fault and cannot be read: as if the text ended.
    fn end(&mut self, line: usize, message: impl Into<String>) {
        self.fault(line, message);
        self.add(Token::End, 0, true);
    }

    /// Adds a word of that many bytes whose line is known or not.
    fn add(&mut self, token: Token, bytes: usize, has_line: bool) {
        let line = if has_line { self.line } else { 0 };
        self.found.words.push(Word { token, line, column: self.column });
        self.skip(bytes);
    }

    /// Reads one word.
    fn word(&mut self) {
        let start = self.at;
        self.space();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            self.add(Token::End, 0, true);
            return;
        };
        match first {
            '"' | '`' => self.string(first),
            '\'' => self.character(),
            '[' => self.range(),
            c if c.is_ascii_digit() => self.number(self.at > start),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(self.at > start),
            '-' if self.flag() || self.negative_duration() => {}
            c if c == '_' || c.is_alphabetic() => self.name(),
            c => match SYMBOLS.into_iter().find(|s| rest.starts_with(s)) {
                Some(symbol) => self.add(Token::Symbol(symbol), symbol.len(), symbol.len() == 1),
                None => self.add(Token::Identifier(c.to_string()), c.len_utf8(), true),
            },
        }
    }

    /// White space and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            if blank > 0 {
                self.skip(blank);
            } else if rest.starts_with('#') || rest.starts_with("//") {
                self.skip(rest.find('\n').unwrap_or(rest.len()));
            } else if let Some(comment) = rest.strip_prefix("/*") {
                let end = comment.find("*/").map(|end| end + 4);
                if end.is_none() {
                    self.fault(self.line, "comment not terminated");
                }
                self.skip(end.unwrap_or(rest.len()));
            } else {
                return;
            }
        }
    }

    fn string(&mut self, quote: char) {
        let rest = self.rest();
        let scanned = scan_quoted(rest, quote);
        let text = match scanned.fault {
            Some(why) => Err(why),
            None => unquote(&rest[..scanned.len]),
        };
        match text {
            Ok(text) => self.add(Token::Text(text), scanned.len, true),
            Err(why) => self.end(self.line, why),
        }
    }

    /// `'x'` is a word that has no meaning anywhere.
    fn character(&mut self) {
        let rest = self.rest();
        let scanned = scan_quoted(rest, '\'');
        let why = scanned.fault.or((scanned.count != 1).then_some("invalid char literal"));
        if let Some(why) = why {
            self.fault(self.line, why);
        }
        self.add(Token::Identifier(rest[..scanned.len].to_owned()), scanned.len, true);
    }

    fn range(&mut self) {
        let rest = self.rest();
        let Some(end) = rest.find(']') else { return self.end(0, "missing closing ']' in duration") };
        match units::prometheus_duration_ns(&rest[1..end]) {
            Ok(range) => self.add(Token::Range(range), end + 1, false),
            Err(why) => self.end(0, why),
        }
    }

    /// A number, a duration such as `1h30m`, or a size such as `10KB`.
    fn number(&mut self, is_spaced: bool) {
        let rest = self.rest();
        let (number, fault) = scan_number(rest, is_spaced);
        if let Some(why) = fault {
            self.fault(self.line, why);
        }
        let duration = number + run(&rest[number..], is_duration);
        let bytes = number + run(&rest[number..], |c| matches!(c, 'B' | 'i' | 'k' | 'K' | 'M' | 'G' | 'T' | 'P'));
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

    /// `-5m`; days and longer units have no sign.
    fn negative_duration(&mut self) -> bool {
        let rest = self.rest();
        let len = 1 + run(&rest[1..], is_duration);
        let Some(ns) = units::go_duration_ns(&rest[..len]) else { return false };
        self.add(Token::Duration(ns), len, false);
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

/// How many bytes of a text belong to a number with a unit.
fn run(text: &str, is_unit: fn(char) -> bool) -> usize {
    text.find(|c: char| !(is_unit(c) || c.is_numeric() || c == '.')).unwrap_or(text.len())
}

fn is_duration(c: char) -> bool {
    matches!(c, 'n' | 'u' | 'µ' | 'm' | 's' | 'h' | 'd' | 'w' | 'y')
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

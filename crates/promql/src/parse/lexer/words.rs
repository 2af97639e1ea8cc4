//! Words, once their first character is read.

use super::{Lexer, Mode, is_alpha, is_space, is_word, starts_duration_function};
use crate::parse::ast::BinaryOp;
use crate::parse::number::{self, Scanned};
use crate::parse::quote::{quote, quote_char};
use crate::parse::token::{Keyword, TokenKind, duration_function, keyword};

impl Lexer<'_> {
    pub(super) fn comment(&mut self) {
        self.skip(|c| !matches!(c, '\n' | '\r'));
    }

    pub(super) fn open(&mut self) {
        self.emit(TokenKind::LeftParen);
        self.depth += 1;
    }

    pub(super) fn close(&mut self) {
        if self.depth == 0 {
            self.start = self.at;
            return self.fault("unexpected right parenthesis ')'");
        }
        self.emit(TokenKind::RightParen);
        self.depth -= 1;
    }

    pub(super) fn open_bracket(&mut self) {
        if self.in_brackets {
            return self.fault("unexpected left bracket '['");
        }
        self.has_colon = false;
        self.emit(TokenKind::LeftBracket);
        self.skip(is_space);
        self.in_brackets = true;
        self.mode = Mode::Duration;
    }

    pub(super) fn close_bracket(&mut self) {
        if !self.in_brackets {
            return self.fault("unexpected right bracket ']'");
        }
        self.emit(TokenKind::RightBracket);
        self.in_brackets = false;
        self.mode = Mode::Statement;
    }

    pub(super) fn duration_colon(&mut self) {
        if !self.has_duration || self.has_colon {
            self.start = self.at;
            return self.fault(if self.has_duration {
                "unexpected repeated colon in duration expression"
            } else {
                "unexpected colon before duration in duration expression"
            });
        }
        self.emit(TokenKind::Colon);
        self.has_colon = true;
    }

    pub(super) fn duration_function(&mut self) -> bool {
        self.skip(is_alpha);
        let known = duration_function(self.word());
        known.map(|kind| self.emit(kind)).is_some()
    }

    pub(super) fn number(&mut self) {
        match number::scan(self.text, self.start) {
            Scanned::Number(end) => {
                self.at = end;
                self.emit(TokenKind::Number);
            }
            Scanned::Duration(end) => {
                self.at = end;
                self.emit(TokenKind::Duration);
            }
            Scanned::Bad(end) => {
                self.at = end;
                let word = quote(self.word());
                self.fault(format!("bad number or duration syntax: {word}"));
            }
        }
    }

    /// Colons are part of metric names, but set range and step apart inside of brackets.
    pub(super) fn identifier(&mut self, first: char) {
        if !self.in_brackets {
            self.skip(|c| is_word(c) || c == ':');
            let kind = self.identifier_kind();
            return self.emit(kind);
        }
        if first == ':' {
            if self.has_colon {
                return self.fault("unexpected colon ':'");
            }
            self.has_colon = true;
            return self.emit(TokenKind::Colon);
        }
        if !(starts_duration_function(first) && self.duration_function()) {
            self.fault(format!("unexpected character: {}, expected ':'", quote_char(first)));
        }
    }

    pub(super) fn identifier_kind(&self) -> TokenKind {
        match keyword(self.word()) {
            // These came late: they are names of metrics unless a value follows.
            Some(TokenKind::Keyword(Keyword::Fill | Keyword::FillLeft | Keyword::FillRight))
                if !self.is_parenthesis_next() =>
            {
                TokenKind::Identifier
            }
            Some(kind) => kind,
            None if self.word().contains(':') => TokenKind::MetricIdentifier,
            None => TokenKind::Identifier,
        }
    }

    pub(super) fn is_parenthesis_next(&self) -> bool {
        self.text.get(self.at..).unwrap_or_default().trim_start_matches(is_space).starts_with('(')
    }

    pub(super) fn arithmetic(&mut self, c: char) {
        let op = match c {
            '+' => BinaryOp::Add,
            '-' => BinaryOp::Sub,
            '*' => BinaryOp::Mul,
            '/' => BinaryOp::Div,
            '%' => BinaryOp::Mod,
            _ => BinaryOp::Pow,
        };
        self.emit(TokenKind::Operator(op));
    }

    pub(super) fn operator(&mut self, c: char) {
        let op = match c {
            '+' | '-' | '*' | '/' | '%' | '^' => return self.arithmetic(c),
            '=' if self.accept('=') => BinaryOp::Equal,
            '=' if self.peek() == Some('~') => return self.unexpected_after("'='"),
            '=' => return self.emit(TokenKind::Equal),
            '!' if self.accept('=') => BinaryOp::NotEqual,
            '!' => return self.unexpected_after("'!'"),
            '<' if self.accept('=') => BinaryOp::LessEqual,
            '<' if self.accept('/') => BinaryOp::TrimUpper,
            '<' => BinaryOp::Less,
            '>' if self.accept('=') => BinaryOp::GreaterEqual,
            '>' if self.accept('/') => BinaryOp::TrimLower,
            '>' => BinaryOp::Greater,
            c => return self.fault(format!("unexpected character: {}", quote_char(c))),
        };
        self.emit(TokenKind::Operator(op));
    }

    pub(super) fn unexpected_after(&mut self, what: &str) {
        // Go shows the end of its input as the replacement character.
        let next = self.peek().map_or_else(|| "'\u{fffd}'".to_owned(), quote_char);
        self.fault(format!("unexpected character after {what}: {next}"));
    }
}

//! Words to a tree, by recursive descent.

mod binary;
mod filter;
mod metric;
mod range;
mod selector;
mod stage;

use super::ast::Expr;
use super::error::Fault;
use super::lexer::{Word, lex};
use super::token::Token;
use crate::error::Error;

/// How deep expressions may nest.
const DEPTH_MAX: usize = 100;
/// How many operators may join operands: each makes the tree deeper.
const OPERATORS_MAX: usize = 1000;

/// Reads a whole query.
pub(super) fn read(text: &str) -> Result<Expr, Error> {
    let (words, fault) = lex(text);
    let mut reader = Reader { words, fault, at: 0, depth: 0, operators: 0 };
    let expr = reader.expr(0)?;
    if *reader.peek() != Token::End {
        return Err(reader.unexpected(&[]));
    }
    Ok(expr)
}

struct Reader {
    words: Vec<Word>,
    /// What the text behind the last word is not.
    fault: Option<Fault>,
    at: usize,
    depth: usize,
    operators: usize,
}

impl Reader {
    fn peek(&self) -> &Token {
        self.peek_after(0)
    }

    fn peek_after(&self, count: usize) -> &Token {
        self.words.get(self.at + count).map_or(&Token::End, |word| &word.token)
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(s) if *s == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), Error> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&[symbol])) }
    }

    fn fail(&self, message: impl Into<String>) -> Error {
        if let (None, Some(fault)) = (self.words.get(self.at), &self.fault) {
            return fault.clone().into();
        }
        let (line, column) = self.words.get(self.at).map_or((0, 0), |word| (word.line, word.column));
        Fault { line, column, message: message.into() }.into()
    }

    /// The word that is next may not stand there; up to four that may are named.
    fn unexpected(&self, expected: &[&str]) -> Error {
        let mut message = format!("syntax error: unexpected {}", self.peek().name());
        for (i, word) in expected.iter().enumerate() {
            message.push_str(if i == 0 { ", expecting " } else { " or " });
            message.push_str(word);
        }
        self.fail(message)
    }

    /// Runs `read` one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth >= DEPTH_MAX {
            return Err(self.fail("expression nests too deep"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Counts an operator.
    fn operator(&mut self) -> Result<(), Error> {
        self.operators += 1;
        if self.operators > OPERATORS_MAX { Err(self.fail("expression has too many operators")) } else { Ok(()) }
    }

    fn identifier(&mut self, expected: &[&str]) -> Result<String, Error> {
        match self.peek() {
            Token::Identifier(name) if is_name(name) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// A name where nothing else may stand: words of the language are names too.
    fn label(&mut self, expected: &[&str]) -> Result<String, Error> {
        match *self.peek() {
            Token::Symbol(word) if is_name(word) => {
                self.at += 1;
                Ok(word.to_owned())
            }
            _ => self.identifier(expected),
        }
    }

    fn text(&mut self, expected: &[&str]) -> Result<String, Error> {
        match self.peek() {
            Token::Text(text) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// Labels in parentheses.
    fn labels(&mut self) -> Result<Vec<String>, Error> {
        self.expect("(")?;
        let mut labels = Vec::new();
        if self.take(")") {
            return Ok(labels);
        }
        loop {
            labels.push(self.label(if labels.is_empty() { &["IDENTIFIER", ")"] } else { &["IDENTIFIER"] })?);
            if self.take(")") {
                return Ok(labels);
            }
            if !self.take(",") {
                return Err(self.unexpected(&[",", ")"]));
            }
        }
    }

    /// A number as it is written.
    fn number(&mut self, expected: &[&str]) -> Result<String, Error> {
        match self.peek() {
            Token::Number(text) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// A number with or without a sign.
    fn literal(&mut self) -> Result<f64, Error> {
        let is_negative = self.is("-");
        self.at += usize::from(is_negative || self.is("+"));
        let value = float(&self.number(&["NUMBER"])?)
            .map_err(|why| Error::Invalid(format!("unable to parse literal as a float: {why}")))?;
        Ok(if is_negative { -value } else { value })
    }
}

/// Whether a word may name a label.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c == '_' || c.is_alphabetic())
}

/// A number, or what Go says of it.
fn float(text: &str) -> Result<f64, String> {
    let is_hex = text.starts_with("0x") || text.starts_with("0X");
    let parsed = if is_hex { None } else { text.parse().ok() };
    parsed.ok_or_else(|| format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"))
}

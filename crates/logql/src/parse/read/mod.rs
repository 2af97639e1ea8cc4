//! Words to a tree, by recursive descent.

mod binary;
mod filter;
mod metric;
mod range;
mod selector;
mod stage;

use super::ast::Expr;
use super::error::Fault;
use super::lexer::{Word, Words, lex};
use super::number::float;
use super::token::Token;
use crate::error::Error;

/// How deep expressions may nest.
const DEPTH_MAX: usize = 100;
/// How many operators may join operands: each makes the tree deeper.
const OPERATORS_MAX: usize = 1000;

/// A query that could be read.
pub(super) struct Read {
    pub(super) expr: Expr,
    /// What is wrong with its meaning.
    pub(super) meaning: Option<Error>,
}

/// Reads a whole query.
pub(super) fn read(text: &str) -> Result<Read, Error> {
    let Words { words, fault } = lex(text);
    let mut reader = Reader { words, fault, at: 0, depth: 0, operators: 0, meaning: Vec::new() };
    let expr = reader.expr(0)?;
    if *reader.peek() != Token::End || reader.fault.is_some() {
        return Err(reader.unexpected(&[]));
    }
    Ok(Read { expr, meaning: reader.meaning.into_iter().next() })
}

struct Reader {
    words: Vec<Word>,
    /// The first fault of a word, and which word that is.
    fault: Option<(usize, Fault)>,
    at: usize,
    depth: usize,
    operators: usize,
    /// What is wrong with the meaning of what has been read. Told only if all can be read: outer expressions first.
    meaning: Vec<Error>,
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

    /// A fault at the next word, or in a word before it that could not be read.
    fn fail(&self, message: impl Into<String>) -> Error {
        if let Some((_, fault)) = self.fault.as_ref().filter(|(word, _)| *word <= self.at) {
            return fault.clone().into();
        }
        let (line, column) = self.words.get(self.at).map_or((0, 0), |word| (word.line, word.column));
        Fault { line, column, message: message.into() }.into()
    }

    /// Notes what is wrong with an expression's meaning; `since` is how many faults there were in front of it. What is
    /// wrong inside of the expression does not matter then.
    fn note(&mut self, since: usize, checked: Result<(), Error>) {
        if let Err(fault) = checked {
            self.meaning.truncate(since);
            self.meaning.push(fault);
        }
    }

    /// The value, or a fault of meaning and nothing of worth.
    fn value<T: Default>(&mut self, since: usize, value: Result<T, String>) -> T {
        value.unwrap_or_else(|why| {
            self.note(since, Err(Error::Invalid(why)));
            T::default()
        })
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

    /// A name; what is an identifier only because it is nothing else is told once all could be read.
    fn identifier(&mut self, expected: &[&str]) -> Result<String, Error> {
        let Token::Identifier(name) = self.peek() else { return Err(self.unexpected(expected)) };
        let name = name.clone();
        if !is_name(&name) {
            self.note(self.meaning.len(), Err(Error::Invalid(format!("invalid label name: {name}"))));
        }
        self.at += 1;
        Ok(name)
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
            labels.push(self.identifier(if labels.is_empty() { &["IDENTIFIER", ")"] } else { &["IDENTIFIER"] })?);
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
    fn literal(&mut self) -> Result<Result<f64, String>, Error> {
        let is_negative = self.is("-");
        self.at += usize::from(is_negative || self.is("+"));
        let value =
            float(&self.number(&["NUMBER"])?).map_err(|why| format!("unable to parse literal as a float: {why}"));
        Ok(value.map(|value| if is_negative { -value } else { value }))
    }
}

/// Whether a word may name a label.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c == '_' || c.is_alphabetic())
}

//! What all parts of the parser share: the next token, and what to say of one that does not fit.

use super::lexer::{Token, tokens};
use crate::ast::{Field, Intrinsic, Query, Static};
use crate::error::Error;

/// Deepest nesting of parentheses and signs.
const DEPTH_MAX: usize = 100;

pub(super) struct Reader<'a> {
    text: &'a str,
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Error> {
        Ok(Self { text, tokens: tokens(text)?, at: 0, depth: 0 })
    }

    pub(super) fn query(mut self) -> Result<Query, Error> {
        let root = self.root()?;
        let mut hints = Vec::new();
        while self.take_word("with") {
            hints = self.hints()?;
        }
        self.end()?;
        Ok(Query { root, hints })
    }

    pub(super) fn lone_field(mut self) -> Result<Field, Error> {
        let field = self.field()?;
        self.end()?;
        Ok(field)
    }

    fn end(&self) -> Result<(), Error> {
        if *self.peek() == Token::End { Ok(()) } else { self.unexpected("") }
    }

    // === Tokens ===

    pub(super) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> &Token {
        self.tokens.get(self.at + ahead).map_or(&Token::End, |(token, _)| token)
    }

    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// Where the next token is among all.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// Back to a place.
    pub(super) fn back_to(&mut self, place: usize) {
        self.at = place;
    }

    /// The operator that comes next, if it is one.
    pub(super) fn op(&self) -> Option<&'static str> {
        match self.peek() {
            Token::Op(op) => Some(op),
            _ => None,
        }
    }

    pub(super) fn take(&mut self, op: &str) -> bool {
        let found = self.op() == Some(op);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(w) if w == word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, op: &str) -> Result<(), Error> {
        if self.take(op) { Ok(()) } else { self.unexpected(op) }
    }

    /// `( … )`, where only nothing may be inside.
    pub(super) fn empty_parens(&mut self) -> Result<(), Error> {
        self.expect("(")?;
        self.expect(")")
    }

    pub(super) fn parens<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.expect("(")?;
        let result = self.nest(inner)?;
        self.expect(")")?;
        Ok(result)
    }

    pub(super) fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let mut all = vec![each(self)?];
        while self.take(",") {
            all.push(each(self)?);
        }
        Ok(all)
    }

    pub(super) fn nest<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth >= DEPTH_MAX {
            return self.fail(format!("nested more than {DEPTH_MAX} times"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    // === Faults ===

    pub(super) fn unexpected<T>(&self, expected: &str) -> Result<T, Error> {
        let what = match self.peek() {
            Token::Word(word) if !is_known(word) => format!("unexpected IDENTIFIER {word}"),
            token => format!("unexpected {token}"),
        };
        let expecting = if expected.is_empty() { String::new() } else { format!(", expecting {expected}") };
        self.fail(format!("syntax error: {what}{expecting}"))
    }

    /// A fault at the next token.
    pub(super) fn fail<T>(&self, message: String) -> Result<T, Error> {
        let at = self.tokens.get(self.at).map_or(self.text.len(), |(_, at)| *at);
        Err(Error::syntax(self.text, at, message))
    }

    // === What occurs everywhere ===

    pub(super) fn field(&mut self) -> Result<Field, Error> {
        match self.lookup_field() {
            Some((field, tokens)) => {
                self.at += tokens;
                Ok(field)
            }
            None => self.unexpected("an attribute"),
        }
    }

    /// The field that comes next, and how many tokens it is.
    pub(super) fn lookup_field(&self) -> Option<(Field, usize)> {
        let intrinsic = |name: &str| {
            Intrinsic::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, i)| Field::Intrinsic(i))
        };
        match (self.peek(), self.peek_at(1)) {
            (Token::Attribute(field), _) => Some((field.clone(), 1)),
            (Token::Word(word), _) => Some((intrinsic(word)?, 1)),
            (Token::Scope(scope), Token::Word(word)) => Some((intrinsic(&format!("{scope}{word}"))?, 2)),
            _ => None,
        }
    }

    /// `with(name=value, …)`: how to go about it, never what to find.
    fn hints(&mut self) -> Result<Vec<(String, Static)>, Error> {
        self.parens(|reader| {
            reader.list(|reader| {
                let Token::Word(name) = reader.peek().clone() else { return reader.unexpected("IDENTIFIER") };
                reader.skip();
                reader.expect("=")?;
                Ok((name, reader.static_value()?))
            })
        })
    }

    pub(super) fn static_value(&mut self) -> Result<Static, Error> {
        let value = match self.peek() {
            Token::Text(text) => Static::String(text.as_str().into()),
            Token::Int(n) => Static::Int(*n),
            Token::Float(n) => Static::Float(*n),
            Token::Duration(ns) => Static::Duration(*ns),
            Token::Word(word) => match Static::of_word(word).filter(|value| *value != Static::Nil) {
                Some(value) => value,
                None => return self.unexpected("a value"),
            },
            _ => return self.unexpected("a value"),
        };
        self.skip();
        Ok(value)
    }

    pub(super) fn int(&mut self) -> Result<i64, Error> {
        let Token::Int(n) = *self.peek() else { return self.unexpected("INTEGER") };
        self.skip();
        Ok(n)
    }
}

/// Whether the language has the word; others are told as identifiers.
fn is_known(word: &str) -> bool {
    const FUNCTIONS: [&str; 21] = [
        "count",
        "avg",
        "max",
        "min",
        "sum",
        "by",
        "coalesce",
        "select",
        "rate",
        "count_over_time",
        "min_over_time",
        "max_over_time",
        "avg_over_time",
        "sum_over_time",
        "quantile_over_time",
        "histogram_over_time",
        "compare",
        "topk",
        "bottomk",
        "with",
        "parent",
    ];
    FUNCTIONS.contains(&word)
        || Static::of_word(word).is_some()
        || Intrinsic::NAMES.iter().any(|(name, _)| name.split(':').any(|part| part == word))
}

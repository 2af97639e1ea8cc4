//! From words to a script for the library, and all that the library is not told.
//!
//! The reader goes through the words once. It knows what may stand where, so it says what Prometheus says of a word
//! that may not, at its place; but it builds no tree. What it leaves behind is the same expression with every operand
//! as a placeholder, which the library parses, and the parts that the placeholders stand for, in the order of the
//! text.

mod braces;
mod call;
mod duration;
mod labels;
mod matching;
mod script;
mod suffix;

use super::ParseOptions;
use super::ast::{BinaryOp, ExprKind, Number, Span, UnaryOp};
use super::error::Fault;
use super::token::{Keyword, Token, TokenKind};
use super::{lexer, number, quote};

pub(super) use self::call::{Callee, SCRIPT_FUNCTION};
pub(super) use self::matching::Modifiers;
use self::script::{is_metric_name, script_operator};
pub(super) use self::suffix::Suffix;

/// How deep parentheses may stand in each other.
const NESTING_MAX: usize = 100;
/// Operators, signs and subqueries of one expression: each may make the tree deeper.
const OPERATORS_MAX: usize = 1000;
const TEXT_BYTES_MAX: usize = 1 << 20;

/// What the library is given, and what it is not told.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
}

/// A part of an expression; what belongs to which operator is the library's to say.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    /// Without its suffixes.
    pub(super) span: Span,
    /// Behind an operand, in the order of the text.
    pub(super) suffixes: Vec<Suffix>,
}

#[derive(Debug)]
pub(super) enum PartKind {
    /// A number, a string or a selector.
    Leaf(ExprKind),
    /// Its inner parts follow.
    Paren,
    /// Its arguments follow.
    Call(Callee),
    Sign(UnaryOp),
    Operator(BinaryOp, Modifiers),
}

/// Reads a whole expression.
pub(super) fn read(text: &str, options: &ParseOptions) -> Result<Script, Fault> {
    let mut reader = Reader::new(text, options)?;
    if reader.peek().kind == TokenKind::End {
        return Err(Fault::new(Span::default(), "no expression found in input"));
    }
    reader.expression()?;
    reader.end()?;
    Ok(reader.script)
}

/// Reads a selector without modifiers.
pub(super) fn read_selector(text: &str) -> Result<Part, Fault> {
    let options = ParseOptions::default();
    let mut reader = Reader::new(text, &options)?;
    let token = reader.peek().clone();
    if !(token.kind == TokenKind::LeftBrace || is_metric_name(&token.kind)) {
        return Err(reader.unexpected("", ""));
    }
    let (kind, span) = reader.selector()?;
    reader.end()?;
    Ok(Part { kind: PartKind::Leaf(kind), span, suffixes: Vec::new() })
}

struct Reader<'a> {
    text: &'a str,
    options: &'a ParseOptions,
    tokens: Vec<Token>,
    at: usize,
    script: Script,
    nesting: usize,
    operators: usize,
    /// How many aggregations are open: what is unexpected inside of one is said to be so.
    aggregations: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, options: &'a ParseOptions) -> Result<Self, Fault> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(Fault::new(Span::default(), format!("the expression is longer than {TEXT_BYTES_MAX} bytes")));
        }
        let tokens = lexer::lex(text);
        Ok(Self { text, options, tokens, at: 0, script: Script::default(), nesting: 0, operators: 0, aggregations: 0 })
    }

    // === words ===

    fn peek(&self) -> &Token {
        self.peek_after(0)
    }

    /// The last word is the end or a fault, and is never passed.
    fn peek_after(&self, count: usize) -> &Token {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.get((self.at + count).min(last)).expect("a text has at least the word that ends it")
    }

    fn advance(&mut self) -> Span {
        let span = self.peek().span;
        self.at = (self.at + 1).min(self.tokens.len().saturating_sub(1));
        span
    }

    fn is_next(&self, kind: &TokenKind) -> bool {
        self.peek().kind == *kind
    }

    fn accept(&mut self, kind: &TokenKind) -> Option<Span> {
        self.is_next(kind).then(|| self.advance())
    }

    fn accept_keyword(&mut self, keyword: Keyword) -> Option<Span> {
        self.accept(&TokenKind::Keyword(keyword))
    }

    fn expect(&mut self, kind: &TokenKind, context: &str, expected: &str) -> Result<Span, Fault> {
        self.accept(kind).ok_or_else(|| self.unexpected(context, expected))
    }

    fn word(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn end(&self) -> Result<(), Fault> {
        if self.is_next(&TokenKind::End) { Ok(()) } else { Err(self.unexpected("", "")) }
    }

    /// The fault of the next word, which may not stand there.
    fn unexpected(&self, context: &str, expected: &str) -> Fault {
        let token = self.peek();
        if let TokenKind::Fault(why) = &token.kind {
            return Fault::new(token.span, why.clone());
        }
        let mut why = format!("unexpected {}", token.describe(self.text));
        if !context.is_empty() {
            why.push_str(" in ");
            why.push_str(context);
        } else if self.aggregations > 0 {
            why.push_str(" in aggregation");
        }
        if !expected.is_empty() {
            why.push_str(", expected ");
            why.push_str(expected);
        }
        Fault::new(token.span, why)
    }

    /// A fault of what was read already, unless the next word is one itself: Prometheus looks at it first.
    fn fault(&self, span: Span, why: impl Into<String>) -> Fault {
        match &self.peek().kind {
            TokenKind::Fault(_) => self.unexpected("", ""),
            _ => Fault::new(span, why),
        }
    }

    // === bounds ===

    fn deeper(&mut self, at: Span) -> Result<(), Fault> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(Fault::new(at, format!("the expression is nested deeper than {NESTING_MAX} levels")));
        }
        Ok(())
    }

    fn count_operator(&mut self, at: Span) -> Result<(), Fault> {
        self.operators += 1;
        if self.operators > OPERATORS_MAX {
            return Err(Fault::new(at, format!("the expression has more than {OPERATORS_MAX} operators")));
        }
        Ok(())
    }

    // === expressions ===

    fn expression(&mut self) -> Result<(), Fault> {
        let nesting = self.nesting;
        loop {
            self.operand()?;
            let TokenKind::Operator(op) = self.peek().kind else { break };
            let span = self.advance();
            self.count_operator(span)?;
            // Powers and signs nest to the right; all other chains to the left, where they are gone through in loops.
            if op == BinaryOp::Pow {
                self.deeper(span)?;
            } else {
                self.nesting = nesting;
            }
            let modifiers = self.modifiers()?;
            self.script.text.push_str(script_operator(op));
            self.push(PartKind::Operator(op, modifiers), span);
        }
        self.nesting = nesting;
        Ok(())
    }

    fn operand(&mut self) -> Result<(), Fault> {
        while let Some(sign) = self.sign() {
            let span = self.advance();
            self.count_operator(span)?;
            self.deeper(span)?;
            // The library drops plus signs; which one it was stands in the parts.
            self.script.text.push_str(" -");
            self.push(PartKind::Sign(sign), span);
        }
        let part = self.primary()?;
        self.suffixes(part)
    }

    fn sign(&self) -> Option<UnaryOp> {
        match self.peek().kind {
            TokenKind::Operator(BinaryOp::Add) => Some(UnaryOp::Plus),
            TokenKind::Operator(BinaryOp::Sub) => Some(UnaryOp::Minus),
            _ => None,
        }
    }

    /// Yields the index of the part.
    fn primary(&mut self) -> Result<usize, Fault> {
        let token = self.peek().clone();
        let is_call = self.peek_after(1).kind == TokenKind::LeftParen;
        match token.kind {
            TokenKind::Number | TokenKind::Duration => {
                let number = self.number()?;
                Ok(self.leaf(ExprKind::Number(number), token.span))
            }
            TokenKind::String => {
                self.advance();
                let text = self.unquote(token.span)?;
                Ok(self.leaf(ExprKind::String(text), token.span))
            }
            TokenKind::LeftParen => self.paren(),
            TokenKind::Aggregator(op) if self.is_aggregation() => self.aggregation(op),
            TokenKind::Identifier | TokenKind::Function(_) if is_call => self.call(),
            TokenKind::LeftBrace => self.leaf_selector(),
            kind if is_metric_name(&kind) => self.leaf_selector(),
            _ => Err(self.unexpected("", "")),
        }
    }

    fn paren(&mut self) -> Result<usize, Fault> {
        let open = self.advance();
        self.deeper(open)?;
        self.script.text.push_str(" (");
        let part = self.push(PartKind::Paren, open);
        self.expression()?;
        let close = self.expect(&TokenKind::RightParen, "", "")?;
        self.script.text.push(')');
        self.nesting -= 1;
        self.close(part, close);
        Ok(part)
    }

    fn leaf_selector(&mut self) -> Result<usize, Fault> {
        let (kind, span) = self.selector()?;
        Ok(self.leaf(kind, span))
    }

    fn leaf(&mut self, kind: ExprKind, span: Span) -> usize {
        self.script.text.push_str(" x");
        self.push(PartKind::Leaf(kind), span)
    }

    fn push(&mut self, kind: PartKind, span: Span) -> usize {
        self.script.parts.push(Part { kind, span, suffixes: Vec::new() });
        self.script.parts.len() - 1
    }

    fn close(&mut self, part: usize, close: Span) {
        if let Some(part) = self.script.parts.get_mut(part) {
            part.span.end = close.end;
        }
    }

    // === literals ===

    /// A number or a duration, which are the same but for how they are written.
    fn number(&mut self) -> Result<Number, Fault> {
        let token = self.peek().clone();
        let is_duration = token.kind == TokenKind::Duration;
        if !is_duration && token.kind != TokenKind::Number {
            return Err(self.unexpected("", ""));
        }
        self.advance();
        let word = self.word(token.span);
        let value = if is_duration {
            super::duration::parse_literal(word).map_err(|why| Fault::new(token.span, why))?
        } else {
            number::parse(word).map_err(|why| Fault::new(token.span, why))?
        };
        Ok(Number { value, is_duration })
    }

    fn unquote(&self, span: Span) -> Result<String, Fault> {
        let word = self.word(span);
        quote::unquote(word)
            .map_err(|why| Fault::new(span, format!("error unquoting string {}: {why}", quote::quote(word))))
    }
}

//! Selectors: a name, and matchers in braces.

use aio_types::{METRIC_NAME, MatchOp, Matcher};

use super::Reader;
use super::script::is_metric_name;
use crate::parse::ast::{BinaryOp, ExprKind, Selector, Shift, Span};
use crate::parse::error::Fault;
use crate::parse::token::TokenKind;

const CONTEXT: &str = "label matching";

impl Reader<'_> {
    /// A name with or without braces, or braces.
    pub(super) fn selector(&mut self) -> Result<(ExprKind, Span), Fault> {
        let first = self.peek().clone();
        let name = is_metric_name(&first.kind).then(|| {
            let span = self.advance();
            self.word(span).to_owned()
        });
        let mut span = first.span;
        let mut matchers = Vec::new();
        if self.is_next(&TokenKind::LeftBrace) {
            self.advance();
            span.end = self.matchers(&mut matchers)?.end;
        }
        if let Some(name) = &name {
            matchers.push(matcher(METRIC_NAME, MatchOp::Equal, name, span)?);
        }
        let selector = Selector { name, matchers, shift: Shift::default(), extension: None };
        Ok((ExprKind::Vector(selector), span))
    }

    /// What stands behind the left brace, to the right one.
    fn matchers(&mut self, matchers: &mut Vec<Matcher>) -> Result<Span, Fault> {
        loop {
            if let Some(close) = self.accept(&TokenKind::RightBrace) {
                return Ok(close);
            }
            matchers.push(self.matcher()?);
            if self.accept(&TokenKind::Comma).is_none() {
                return self.expect(&TokenKind::RightBrace, CONTEXT, "\",\" or \"}\"");
            }
        }
    }

    fn matcher(&mut self) -> Result<Matcher, Fault> {
        let first = self.peek().clone();
        let name = match first.kind {
            TokenKind::Identifier => {
                self.advance();
                self.word(first.span).to_owned()
            }
            TokenKind::String => {
                self.advance();
                self.unquote(first.span)?
            }
            _ => return Err(self.unexpected(CONTEXT, "identifier or \"}\"")),
        };
        let Some(op) = self.match_op() else {
            if first.kind == TokenKind::String {
                return matcher(METRIC_NAME, MatchOp::Equal, &name, first.span);
            }
            return Err(self.unexpected(CONTEXT, "label matching operator"));
        };
        self.advance();
        let value = self.expect(&TokenKind::String, CONTEXT, "string")?;
        matcher(&name, op, &self.unquote(value)?, first.span.to(value))
    }

    fn match_op(&self) -> Option<MatchOp> {
        Some(match self.peek().kind {
            TokenKind::Equal => MatchOp::Equal,
            TokenKind::Operator(BinaryOp::NotEqual) => MatchOp::NotEqual,
            TokenKind::EqualRegex => MatchOp::Regex,
            TokenKind::NotEqualRegex => MatchOp::NotRegex,
            _ => return None,
        })
    }
}

fn matcher(name: &str, op: MatchOp, value: &str, span: Span) -> Result<Matcher, Fault> {
    Matcher::new(name, op, value).map_err(|error| Fault::new(span, format!("error parsing regexp: {}", error.reason)))
}

//! Lists of labels behind `by`, `on` and their like.

use super::Reader;
use crate::parse::ast::{BinaryOp, Span};
use crate::parse::error::Fault;
use crate::parse::quote::quote;
use crate::parse::token::{Keyword, TokenKind};

const CONTEXT: &str = "grouping opts";

impl Reader<'_> {
    /// A list in parentheses.
    pub(super) fn labels(&mut self) -> Result<(Vec<String>, Span), Fault> {
        self.expect(&TokenKind::LeftParen, CONTEXT, "\"(\"")?;
        let mut labels = Vec::new();
        loop {
            if let Some(close) = self.accept(&TokenKind::RightParen) {
                return Ok((labels, close));
            }
            labels.push(self.label()?);
            if self.accept(&TokenKind::Comma).is_none() {
                let close = self.expect(&TokenKind::RightParen, CONTEXT, "\",\" or \")\"")?;
                return Ok((labels, close));
            }
        }
    }

    fn label(&mut self) -> Result<String, Fault> {
        let token = self.peek().clone();
        let label = match token.kind {
            TokenKind::String => {
                let label = self.unquote(token.span)?;
                if label.is_empty() || label.contains(char::REPLACEMENT_CHARACTER) {
                    return Err(Fault::new(token.span, format!("invalid label name for grouping: {}", quote(&label))));
                }
                label
            }
            kind if is_label(&kind) => self.word(token.span).to_owned(),
            _ => return Err(self.unexpected(CONTEXT, "label")),
        };
        self.advance();
        Ok(label)
    }
}

/// Most keywords are labels here.
fn is_label(kind: &TokenKind) -> bool {
    match kind {
        TokenKind::Identifier | TokenKind::MetricIdentifier | TokenKind::Aggregator(_) | TokenKind::Function(_) => true,
        TokenKind::Operator(BinaryOp::And | BinaryOp::Or | BinaryOp::Unless | BinaryOp::Atan2) => true,
        TokenKind::Keyword(keyword) => *keyword != Keyword::Without,
        _ => false,
    }
}

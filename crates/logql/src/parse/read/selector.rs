//! Stream selectors and matchers.

use aio_types::MatchOp;

use super::Reader;
use crate::error::Error;
use crate::parse::ast::LabelMatcher;
use crate::parse::token::Token;

impl Reader {
    pub(super) fn selector(&mut self) -> Result<Vec<LabelMatcher>, Error> {
        self.expect("{")?;
        let mut matchers = Vec::new();
        if self.take("}") {
            return Ok(matchers);
        }
        loop {
            let name = self.label(if matchers.is_empty() { &["IDENTIFIER", "}"] } else { &["IDENTIFIER"] })?;
            let Some(op) = self.match_op() else { return Err(self.unexpected(&["=", "=~", "!~", "!="])) };
            matchers.push(LabelMatcher { name, op, value: self.text(&["STRING"])? });
            if self.take("}") {
                return Ok(matchers);
            }
            if !self.take(",") {
                return Err(self.unexpected(&["}", ","]));
            }
        }
    }

    pub(super) fn match_op(&mut self) -> Option<MatchOp> {
        let op = match self.peek() {
            Token::Symbol("=") => MatchOp::Equal,
            Token::Symbol("!=") => MatchOp::NotEqual,
            Token::Symbol("=~") => MatchOp::Regex,
            Token::Symbol("!~") => MatchOp::NotRegex,
            _ => return None,
        };
        self.at += 1;
        Some(op)
    }
}

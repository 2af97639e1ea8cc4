//! Stream selectors and matchers.

use aio_types::MatchOp;

use super::Reader;
use crate::error::Error;
use crate::parse::ast::LabelMatcher;
use crate::parse::check;
use crate::parse::token::Token;

impl Reader {
    pub(super) fn selector(&mut self) -> Result<Vec<LabelMatcher>, Error> {
        self.expect("{")?;
        let (mut matchers, mut compiled) = (Vec::new(), Vec::new());
        while !(matchers.is_empty() && self.take("}")) {
            let name = self.identifier(if matchers.is_empty() { &["IDENTIFIER", "}"] } else { &["IDENTIFIER"] })?;
            let Some(op) = self.match_op() else { return Err(self.unexpected(&["=", "=~", "!~", "!="])) };
            let value = self.text(&["STRING"])?;
            let matcher = LabelMatcher { name, op, value };
            compiled.push(crate::parse::matcher(&matcher)?);
            matchers.push(matcher);
            if self.take("}") {
                break;
            }
            if !self.take(",") {
                return Err(self.unexpected(&["}", ","]));
            }
        }
        self.note(self.meaning.len(), check::matchers(&compiled));
        Ok(matchers)
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

/// A matcher whose pattern is one; a fault of it is told before any of what follows.
pub(super) fn checked(matcher: LabelMatcher) -> Result<LabelMatcher, Error> {
    crate::parse::matcher(&matcher).map(|_| matcher)
}

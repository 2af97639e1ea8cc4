//! Label filters.

use aio_types::MatchOp;

use super::Reader;
use super::selector::checked;
use crate::error::Error;
use crate::parse::ast::{CompareOp, LabelFilter, LabelMatcher, Quantity};
use crate::parse::token::Token;

impl Reader {
    /// `and` binds tighter than `or`; a comma, or nothing at all, joins what stands before with all that follows.
    pub(super) fn label_filter(&mut self) -> Result<LabelFilter, Error> {
        let mut left = self.conjunction()?;
        while self.take("or") {
            self.operator()?;
            let right = self.conjunction()?;
            left = LabelFilter::Or(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<LabelFilter, Error> {
        let mut left = self.listed()?;
        while self.take("and") {
            self.operator()?;
            let right = self.listed()?;
            left = LabelFilter::And(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn listed(&mut self) -> Result<LabelFilter, Error> {
        let left = self.condition()?;
        let is_juxtaposed = matches!(self.peek(), Token::Identifier(_) | Token::Symbol("("));
        if !is_juxtaposed && !self.take(",") {
            return Ok(left);
        }
        let right = self.nested(Self::label_filter)?;
        Ok(LabelFilter::And(Box::new(left), Box::new(right)))
    }

    fn condition(&mut self) -> Result<LabelFilter, Error> {
        if self.take("(") {
            let inner = self.nested(Self::label_filter)?;
            return if self.take(")") { Ok(inner) } else { Err(self.unexpected(&[])) };
        }
        let name = self.identifier(&["IDENTIFIER", "("])?;
        let op = match *self.peek() {
            Token::Symbol("=") => CompareOp::Equal,
            Token::Symbol("==") => CompareOp::Equal,
            Token::Symbol("!=") => CompareOp::NotEqual,
            Token::Symbol(">") => CompareOp::Greater,
            Token::Symbol(">=") => CompareOp::GreaterOrEqual,
            Token::Symbol("<") => CompareOp::Less,
            Token::Symbol("<=") => CompareOp::LessOrEqual,
            Token::Symbol("=~" | "!~") => return self.text_condition(name),
            _ => return Err(self.unexpected(&[])),
        };
        let takes_texts = matches!(self.peek(), Token::Symbol("=" | "!="));
        match (self.peek_after(1), takes_texts) {
            (Token::Text(_), true) => self.text_condition(name),
            (Token::Function("ip"), true) => {
                self.at += 2;
                Ok(LabelFilter::Ip { name, negated: op == CompareOp::NotEqual, range: self.ip_range()? })
            }
            _ => {
                self.at += 1;
                Ok(LabelFilter::Compare { name, op, value: self.quantity()? })
            }
        }
    }

    fn text_condition(&mut self, name: String) -> Result<LabelFilter, Error> {
        let op = self.match_op().unwrap_or(MatchOp::Equal);
        let value = self.text(&["STRING"])?;
        checked(LabelMatcher { name, op, value }).map(LabelFilter::Match)
    }

    fn quantity(&mut self) -> Result<Quantity, Error> {
        let quantity = match *self.peek() {
            Token::Duration(ns) => Quantity::Duration(ns),
            Token::Bytes(bytes) => Quantity::Bytes(bytes),
            Token::Number(_) | Token::Symbol("+" | "-") => {
                return self.literal()?.map(Quantity::Number).map_err(Error::Invalid);
            }
            _ => return Err(self.unexpected(&[])),
        };
        self.at += 1;
        Ok(quantity)
    }
}

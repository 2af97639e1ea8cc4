//! What stands between an operator and its right operand.

use super::Reader;
use crate::parse::ast::{Cardinality, Matching, UnaryOp};
use crate::parse::error::Fault;
use crate::parse::token::{Keyword, TokenKind};

/// Modifiers of an operator.
#[derive(Debug, Default)]
pub(in crate::parse) struct Modifiers {
    pub(in crate::parse) return_bool: bool,
    pub(in crate::parse) matching: Matching,
}

impl Reader<'_> {
    pub(super) fn modifiers(&mut self) -> Result<Modifiers, Fault> {
        let return_bool = self.accept_keyword(Keyword::Bool).is_some();
        let on = self.is_next(&TokenKind::Keyword(Keyword::On));
        let mut matching = Matching { on, ..Matching::default() };
        if matching.on || self.is_next(&TokenKind::Keyword(Keyword::Ignoring)) {
            self.advance();
            matching.labels = self.labels()?.0;
            self.group(&mut matching)?;
        }
        self.fill(&mut matching)?;
        Ok(Modifiers { return_bool, matching })
    }

    fn group(&mut self, matching: &mut Matching) -> Result<(), Fault> {
        matching.cardinality = match self.peek().kind {
            TokenKind::Keyword(Keyword::GroupLeft) => Cardinality::ManyToOne,
            TokenKind::Keyword(Keyword::GroupRight) => Cardinality::OneToMany,
            _ => return Ok(()),
        };
        self.advance();
        // Without a list, an operand follows, maybe after values to fill in.
        let fills = [Keyword::Fill, Keyword::FillLeft, Keyword::FillRight];
        let is_fill = fills.iter().any(|fill| self.is_next(&TokenKind::Keyword(*fill)));
        if self.is_next(&TokenKind::LeftParen) || !(is_fill || self.starts_expression()) {
            matching.include = self.labels()?.0;
        }
        Ok(())
    }

    /// Both sides at once, or one or both of them in either order.
    fn fill(&mut self, matching: &mut Matching) -> Result<(), Fault> {
        if self.accept_keyword(Keyword::Fill).is_some() {
            let value = self.fill_value()?;
            (matching.fill_left, matching.fill_right) = (Some(value), Some(value));
            return Ok(());
        }
        loop {
            if matching.fill_left.is_none() && self.accept_keyword(Keyword::FillLeft).is_some() {
                matching.fill_left = Some(self.fill_value()?);
            } else if matching.fill_right.is_none() && self.accept_keyword(Keyword::FillRight).is_some() {
                matching.fill_right = Some(self.fill_value()?);
            } else {
                return Ok(());
            }
        }
    }

    fn fill_value(&mut self) -> Result<f64, Fault> {
        self.expect(&TokenKind::LeftParen, "", "")?;
        let sign = self.sign();
        if sign.is_some() {
            self.advance();
        }
        let value = self.number()?.value;
        self.expect(&TokenKind::RightParen, "", "")?;
        Ok(if sign == Some(UnaryOp::Minus) { -value } else { value })
    }
}

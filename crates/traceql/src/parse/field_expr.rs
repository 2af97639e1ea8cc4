//! What stands between braces, and in `by(…)`.

use super::fold;
use super::lexer::Token;
use super::reader::Reader;
use crate::ast::{ArithmeticOp, BinaryOp, CompareOp, FieldExpr, Static};
use crate::error::Error;

/// How tightly an operator binds: `&& ||`, comparisons, `+ -`, `* / %`, `^`.
const AND_OR: u8 = 1;
const COMPARE: u8 = 2;
const SUM: u8 = 3;
const PRODUCT: u8 = 5;
const POWER: u8 = 6;
/// `!` binds less tightly than products.
const NOT: u8 = 4;

impl Reader<'_> {
    pub(super) fn field_expr(&mut self) -> Result<FieldExpr, Error> {
        self.binary(AND_OR)
    }

    /// Operators that bind at least so tightly.
    fn binary(&mut self, least: u8) -> Result<FieldExpr, Error> {
        let mut left = self.unary()?;
        while let Some((op, binds)) = self.op().and_then(operator).filter(|(_, binds)| *binds >= least) {
            self.skip();
            if let BinaryOp::Compare(compare @ (CompareOp::Equal | CompareOp::NotEqual)) = op
                && self.take_word("nil")
            {
                left = fold::exists(compare == CompareOp::NotEqual, left);
                continue;
            }
            // Only powers are read from the right.
            let right = self.nest(|reader| reader.binary(if binds == POWER { POWER } else { binds + 1 }))?;
            left = fold::binary(op, left, right);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<FieldExpr, Error> {
        if self.take("!") {
            return Ok(fold::not(self.nest(|reader| reader.binary(NOT + 1))?));
        }
        if self.take("-") {
            return Ok(fold::negative(self.nest(|reader| reader.binary(SUM + 1))?));
        }
        if self.op() == Some("(") {
            return self.parens(Self::field_expr);
        }
        if self.take_word("nil") {
            return self.behind_nil();
        }
        if let Some((field, _)) = self.lookup_field() {
            self.field()?;
            return Ok(FieldExpr::Field(field));
        }
        match self.peek() {
            Token::Word(word) if Static::of_word(word).is_none() => self.unexpected("a field or a value"),
            _ => Ok(FieldExpr::Static(self.static_value()?)),
        }
    }

    /// `nil != …`
    fn behind_nil(&mut self) -> Result<FieldExpr, Error> {
        let exists = match self.op() {
            Some("!=") => true,
            Some("=") => false,
            _ => return self.unexpected("= or !="),
        };
        self.skip();
        if self.take_word("nil") {
            return Ok(FieldExpr::Static(Static::Bool(false)));
        }
        let of = self.nest(|reader| reader.binary(COMPARE + 1))?;
        Ok(fold::exists(exists, of))
    }
}

fn operator(text: &str) -> Option<(BinaryOp, u8)> {
    Some(match text {
        "&&" => (BinaryOp::And, AND_OR),
        "||" => (BinaryOp::Or, AND_OR),
        "=~" => (BinaryOp::Match(true), COMPARE),
        "!~" => (BinaryOp::Match(false), COMPARE),
        "+" | "-" => (BinaryOp::Arithmetic(ArithmeticOp::of(text)?), SUM),
        "*" | "/" | "%" => (BinaryOp::Arithmetic(ArithmeticOp::of(text)?), PRODUCT),
        "^" => (BinaryOp::Arithmetic(ArithmeticOp::Power), POWER),
        _ => (BinaryOp::Compare(CompareOp::of(text)?), COMPARE),
    })
}

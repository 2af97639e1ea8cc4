//! Operators between operands.

use super::Reader;
use crate::error::Error;
use crate::parse::ast::{BinaryExpr, BinaryOp, Expr, Many, Matching};
use crate::parse::token::Token;

impl Reader {
    /// What binds at least as tight as `least`.
    pub(super) fn expr(&mut self, least: u8) -> Result<Expr, Error> {
        self.nested(|reader| {
            let mut left = reader.operand()?;
            while let Some(op) = reader.binary_op().filter(|op| op.precedence() >= least) {
                reader.at += 1;
                reader.operator()?;
                let (is_bool, matching) = reader.modifiers()?;
                // Only `^` binds to the right.
                let right = reader.expr(op.precedence() + u8::from(op != BinaryOp::Pow))?;
                left = join(BinaryExpr { op, left: Box::new(left), right: Box::new(right), is_bool, matching })?;
            }
            Ok(left)
        })
    }

    fn binary_op(&self) -> Option<BinaryOp> {
        if let Token::Symbol(word) = *self.peek() { BinaryOp::named(word) } else { None }
    }

    fn modifiers(&mut self) -> Result<(bool, Matching), Error> {
        let is_bool = self.take("bool");
        let mut matching = Matching { on: self.is("on"), ..Matching::default() };
        if !matching.on && !self.is("ignoring") {
            return Ok((is_bool, matching));
        }
        self.at += 1;
        matching.labels = self.labels()?;
        matching.many = match *self.peek() {
            Token::Symbol("group_left") => Many::Left,
            Token::Symbol("group_right") => Many::Right,
            _ => return Ok((is_bool, matching)),
        };
        self.at += 1;
        // A parenthesis behind may be an operand's, too; labels are tried first, as there.
        if self.is("(") {
            matching.include = self.labels()?;
        }
        Ok((is_bool, matching))
    }
}

/// Numbers are joined at once.
fn join(binary: BinaryExpr) -> Result<Expr, Error> {
    let (Expr::Literal(left), Expr::Literal(right)) = (&*binary.left, &*binary.right) else {
        return Ok(Expr::Binary(binary));
    };
    if binary.op.is_set() {
        return Ok(Expr::Binary(binary));
    }
    Ok(Expr::Literal(binary.op.apply(*left, *right)))
}

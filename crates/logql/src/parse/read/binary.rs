//! Operators between operands.

use super::Reader;
use crate::error::Error;
use crate::parse::ast::{BinaryExpr, BinaryOp, Expr, Many, Matching};
use crate::parse::token::Token;

impl Reader {
    /// What binds at least as tight as `least`.
    pub(super) fn expr(&mut self, least: u8) -> Result<Expr, Error> {
        self.nested(|reader| {
            let since = reader.meaning.len();
            let mut left = reader.operand()?;
            while let Some(op) = reader.binary_op().filter(|op| op.precedence() >= least) {
                reader.at += 1;
                reader.operator()?;
                let (is_bool, matching) = reader.modifiers()?;
                // Only `^` binds to the right.
                let right = reader.expr(op.precedence() + u8::from(op != BinaryOp::Pow))?;
                let binary = BinaryExpr { op, left: Box::new(left), right: Box::new(right), is_bool, matching };
                reader.note(since, legs(&binary));
                left = join(binary);
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

/// Lines have no value, and numbers are no sets.
fn legs(binary: &BinaryExpr) -> Result<(), Error> {
    let op = binary.op.as_str();
    let legs = [("left", &*binary.left), ("right", &*binary.right)];
    let of_lines = legs.into_iter().find_map(|(side, leg)| match leg {
        Expr::Log(log) => Some((side, if log.stages.is_empty() { "MatchersExpr" } else { "PipelineExpr" })),
        _ => None,
    });
    if let Some((side, kind)) = of_lines {
        let why = format!("unexpected type for {side} leg of binary operation ({op}): *syntax.{kind}");
        return Err(Error::Invalid(why));
    }
    let of_numbers = legs.into_iter().find_map(|(side, leg)| match leg {
        Expr::Literal(value) if binary.op.is_set() => Some((side, value)),
        _ => None,
    });
    let Some((side, value)) = of_numbers else { return Ok(()) };
    let why = format!("unexpected literal for {side} leg of logical/set binary operation ({op}): {value:.6}");
    Err(Error::Invalid(why))
}

/// Numbers are joined at once.
fn join(binary: BinaryExpr) -> Expr {
    match (&*binary.left, &*binary.right) {
        (Expr::Literal(left), Expr::Literal(right)) if !binary.op.is_set() => {
            Expr::Literal(binary.op.apply(*left, *right))
        }
        _ => Expr::Binary(binary),
    }
}

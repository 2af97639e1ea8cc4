//! What stands between operators outside of braces. The same operators go between sets of spans, between numbers about
//! them, and between series; which it is follows from what is on their sides.

use super::reader::Reader;
use crate::ast::{ArithmeticOp, BinaryOp, CompareOp, Metrics, Scalar, SecondStage, SpansetExpr, SpansetOp, Static};
use crate::error::Error;
use crate::eval::{Value, binary};

#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// Spans, and whether they are in parentheses: only then can they be combined with a pipeline.
    Spans(SpansetExpr, bool),
    Scalar(Scalar),
    /// A comparison of scalars.
    Filter(Scalar, CompareOp, Scalar),
    Metrics(Metrics),
}

/// How tightly an operator binds; powers from the right, all others from the left.
const AND_OR: u8 = 1;
const COMPARE: u8 = 2;
const SUM: u8 = 3;
const PRODUCT: u8 = 4;
const POWER: u8 = 5;

impl Reader<'_> {
    pub(super) fn operand(&mut self) -> Result<Operand, Error> {
        self.operands(AND_OR)
    }

    /// What may stand beside a comparison.
    pub(super) fn sum(&mut self) -> Result<Operand, Error> {
        self.operands(SUM)
    }

    fn operands(&mut self, least: u8) -> Result<Operand, Error> {
        let mut left = self.operand_alone()?;
        while let Some((op, binds)) = self.op().and_then(|op| Some((op, binds(op)?))).filter(|(_, b)| *b >= least) {
            let place = self.place();
            self.skip();
            let right = self.nest(|reader| reader.operands(if binds == POWER { POWER } else { binds + 1 }))?;
            let Some(joined) = join(op, left, right) else {
                self.back_to(place);
                return self.unexpected("");
            };
            left = joined;
        }
        Ok(left)
    }

    fn operand_alone(&mut self) -> Result<Operand, Error> {
        match self.op() {
            Some("{") => Ok(Operand::Spans(SpansetExpr::Filter(self.braces()?), false)),
            Some("(") => self.in_parens(),
            Some("-") => {
                self.skip();
                let place = self.place();
                match self.nest(Self::operand_alone)? {
                    Operand::Scalar(Scalar::Static(value)) => self.negated(&value, place),
                    _ => {
                        self.back_to(place);
                        self.unexpected("")
                    }
                }
            }
            _ => match self.aggregate()? {
                Some(aggregate) => Ok(Operand::Scalar(Scalar::Aggregate(aggregate))),
                None => Ok(Operand::Scalar(Scalar::Static(self.number()?))),
            },
        }
    }

    fn number(&mut self) -> Result<Static, Error> {
        let place = self.place();
        match self.static_value() {
            Ok(value @ (Static::Int(_) | Static::Float(_) | Static::Duration(_))) => Ok(value),
            _ => {
                self.back_to(place);
                self.unexpected("")
            }
        }
    }

    fn negated(&mut self, value: &Static, place: usize) -> Result<Operand, Error> {
        match crate::eval::negative(&Value::of(value)).to_static() {
            Some(value) => Ok(Operand::Scalar(Scalar::Static(value))),
            None => {
                self.back_to(place);
                self.unexpected("")
            }
        }
    }
}

fn binds(op: &str) -> Option<u8> {
    Some(match op {
        "&&" | "||" => AND_OR,
        "+" | "-" => SUM,
        "*" | "/" | "%" => PRODUCT,
        "^" => POWER,
        _ if SpansetOp::of(op).is_some() || CompareOp::of(op).is_some() => COMPARE,
        _ => return None,
    })
}

/// `None` where the operator does not go between the two.
fn join(op: &str, left: Operand, right: Operand) -> Option<Operand> {
    match (left, right) {
        (Operand::Spans(left, left_in_parens), Operand::Spans(right, right_in_parens)) => {
            let is_pipeline = |side: &SpansetExpr| matches!(side, SpansetExpr::Pipeline(_));
            let fits = (!is_pipeline(&left) || right_in_parens) && (!is_pipeline(&right) || left_in_parens);
            let both = left_in_parens && right_in_parens;
            let joined = SpansetExpr::Operation(SpansetOp::of(op)?, Box::new(left), Box::new(right));
            fits.then_some(Operand::Spans(joined, both))
        }
        (Operand::Scalar(left), Operand::Scalar(right)) => join_scalars(op, left, right),
        (Operand::Metrics(left), Operand::Metrics(right)) => {
            let joined = Metrics::Math(math(op)?, Box::new(left), Box::new(right));
            Some(Operand::Metrics(joined))
        }
        (Operand::Metrics(of), Operand::Scalar(Scalar::Static(value))) => {
            let stage = match CompareOp::of(op) {
                Some(compare) => SecondStage::Filter(compare, value),
                None => SecondStage::Scalar { op: math(op)?, value: plain(&value)?, is_left: false },
            };
            Some(Operand::Metrics(Metrics::Then(Box::new(of), stage)))
        }
        (Operand::Scalar(Scalar::Static(value)), Operand::Metrics(of)) => {
            let stage = SecondStage::Scalar { op: math(op)?, value: plain(&value)?, is_left: true };
            Some(Operand::Metrics(Metrics::Then(Box::new(of), stage)))
        }
        _ => None,
    }
}

fn join_scalars(op: &str, left: Scalar, right: Scalar) -> Option<Operand> {
    if let Some(op) = ArithmeticOp::of(op) {
        if let (Scalar::Static(left), Scalar::Static(right)) = (&left, &right) {
            // Series have no durations to calculate with, and numbers of spans are compared with single ones.
            math(op.text()).filter(|_| plain(left).is_some() && plain(right).is_some())?;
            let value = binary(BinaryOp::Arithmetic(op), &Value::of(left), &Value::of(right)).to_static()?;
            return Some(Operand::Scalar(Scalar::Static(value)));
        }
        return Some(Operand::Scalar(Scalar::Operation(op, Box::new(left), Box::new(right))));
    }
    let of_spans = [&left, &right].into_iter().any(|side| !matches!(side, Scalar::Static(_)));
    let op = CompareOp::of(op).filter(|_| of_spans)?;
    Some(Operand::Filter(left, op, right))
}

/// What can be done with series.
fn math(op: &str) -> Option<ArithmeticOp> {
    ArithmeticOp::of(op).filter(|op| !matches!(op, ArithmeticOp::Modulo | ArithmeticOp::Power))
}

/// A number that is no duration.
fn plain(value: &Static) -> Option<f64> {
    if matches!(value, Static::Duration(_)) { None } else { value.number() }
}

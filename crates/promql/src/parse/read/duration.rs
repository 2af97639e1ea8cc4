//! Durations, which may be expressions of their own.

use super::Reader;
use crate::parse::ast::{BinaryOp, Span, UnaryOp};
use crate::parse::duration::{DurationExpr, DurationKind, DurationOp, is_out_of_range, literal_ms};
use crate::parse::error::Fault;
use crate::parse::token::{Preset, TokenKind};

/// What is said of a word that may not stand in a duration.
#[derive(Clone, Copy)]
struct Unexpected<'a> {
    context: &'a str,
    expected: &'a str,
}

const IN_OFFSET: Unexpected<'static> =
    Unexpected { context: "offset", expected: "number, duration, step(), or range()" };

const OUT_OF_RANGE: &str = "duration out of range";

/// How tight operators bind.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Strength {
    Sum,
    Product,
    Power,
}

impl Reader<'_> {
    /// The duration of a range or a step.
    pub(super) fn positive(&mut self, context: &str, expected: &str) -> Result<DurationExpr, Fault> {
        let duration = self.duration(Strength::Sum, Unexpected { context, expected })?;
        if let DurationKind::Number(number) = duration.kind
            && number.value <= 0.0
        {
            return Err(self.fault(duration.span, "duration must be greater than 0"));
        }
        Ok(whole(duration))
    }

    /// The duration of an offset: one operand, unless it starts with a parenthesis or two signs.
    pub(super) fn offset_duration(&mut self) -> Result<DurationExpr, Fault> {
        let after_sign = usize::from(self.sign().is_some());
        let first = &self.peek_after(after_sign).kind;
        let is_sign = matches!(first, TokenKind::Operator(BinaryOp::Add | BinaryOp::Sub));
        if is_sign || (after_sign == 0 && *first == TokenKind::LeftParen) {
            return Ok(whole(enclosed(self.duration(Strength::Sum, IN_OFFSET)?)));
        }
        let Some(sign) = self.sign() else { return Ok(whole(self.duration_operand(IN_OFFSET)?)) };
        let at = self.advance();
        let operand = self.duration_operand(IN_OFFSET).map_err(|fault| at_sign(fault, at))?;
        if let (UnaryOp::Plus, DurationKind::Paren(_)) = (sign, &operand.kind) {
            let span = at.to(operand.span);
            return Ok(DurationExpr { kind: DurationKind::Plus(Box::new(operand)), span });
        }
        Ok(whole(signed(sign, at, operand)))
    }

    /// Operators that bind at least as tight as `least`.
    fn duration(&mut self, least: Strength, unexpected: Unexpected<'_>) -> Result<DurationExpr, Fault> {
        let mut lhs = self.signed_duration(unexpected)?;
        while let Some((op, strength)) = self.duration_op().filter(|(_, strength)| *strength >= least) {
            let at = self.advance();
            self.count_operator(at)?;
            // Powers bind to the right, the others to the left.
            let next = if strength == Strength::Sum { Strength::Product } else { Strength::Power };
            let rhs = self.duration_right(next, unexpected)?;
            self.experimental(lhs.span)?;
            self.check_divisor(op, at, &rhs)?;
            let span = lhs.span.to(rhs.span);
            lhs = DurationExpr { kind: DurationKind::Binary(op, Box::new(lhs), Box::new(rhs)), span };
        }
        Ok(lhs)
    }

    fn duration_right(&mut self, least: Strength, unexpected: Unexpected<'_>) -> Result<DurationExpr, Fault> {
        let at = self.peek().span;
        self.deeper(at)?;
        let duration = self.duration(least, unexpected)?;
        self.nesting -= 1;
        Ok(duration)
    }

    fn signed_duration(&mut self, unexpected: Unexpected<'_>) -> Result<DurationExpr, Fault> {
        let Some(sign) = self.sign() else { return self.duration_operand(unexpected) };
        let at = self.advance();
        let operand = self.duration_right(Strength::Power, unexpected)?;
        Ok(signed(sign, at, operand))
    }

    fn duration_operand(&mut self, unexpected: Unexpected<'_>) -> Result<DurationExpr, Fault> {
        let token = self.peek().clone();
        match token.kind {
            TokenKind::Number | TokenKind::Duration => {
                let number = self.number()?;
                if is_out_of_range(number.value) {
                    return Err(Fault::new(token.span, OUT_OF_RANGE));
                }
                Ok(DurationExpr { kind: DurationKind::Number(number), span: token.span })
            }
            TokenKind::Function(Preset::Step) => self.duration_call(DurationKind::Step, unexpected),
            TokenKind::Function(Preset::Range) => self.duration_call(DurationKind::Range, unexpected),
            TokenKind::Function(Preset::MinOf) => self.duration_choice(DurationOp::MinOf, unexpected),
            TokenKind::Function(Preset::MaxOf) => self.duration_choice(DurationOp::MaxOf, unexpected),
            TokenKind::LeftParen => self.duration_paren(unexpected),
            _ => Err(self.unexpected(unexpected.context, unexpected.expected)),
        }
    }

    fn duration_call(&mut self, kind: DurationKind, unexpected: Unexpected<'_>) -> Result<DurationExpr, Fault> {
        let name = self.advance();
        self.expect(&TokenKind::LeftParen, unexpected.context, unexpected.expected)?;
        let close = self.expect(&TokenKind::RightParen, unexpected.context, unexpected.expected)?;
        self.experimental(name)?;
        Ok(DurationExpr { kind, span: name.to(close) })
    }

    fn duration_choice(&mut self, op: DurationOp, unexpected: Unexpected<'_>) -> Result<DurationExpr, Fault> {
        self.advance();
        let open = self.expect(&TokenKind::LeftParen, unexpected.context, unexpected.expected)?;
        self.deeper(open)?;
        let lhs = self.duration(Strength::Sum, unexpected)?;
        self.expect(&TokenKind::Comma, unexpected.context, unexpected.expected)?;
        let rhs = self.duration(Strength::Sum, unexpected)?;
        self.expect(&TokenKind::RightParen, unexpected.context, unexpected.expected)?;
        self.nesting -= 1;
        let span = lhs.span.to(rhs.span);
        self.experimental(span)?;
        Ok(DurationExpr { kind: DurationKind::Binary(op, Box::new(lhs), Box::new(rhs)), span })
    }

    fn duration_paren(&mut self, unexpected: Unexpected<'_>) -> Result<DurationExpr, Fault> {
        let open = self.advance();
        self.deeper(open)?;
        let inner = self.duration(Strength::Sum, unexpected)?;
        let close = self.expect(&TokenKind::RightParen, unexpected.context, unexpected.expected)?;
        self.nesting -= 1;
        self.experimental(inner.span)?;
        Ok(match inner.kind {
            // Two pairs are no more than one.
            DurationKind::Paren(_) => inner,
            _ => DurationExpr { kind: DurationKind::Paren(Box::new(inner)), span: open.to(close) },
        })
    }

    fn duration_op(&self) -> Option<(DurationOp, Strength)> {
        let TokenKind::Operator(op) = self.peek().kind else { return None };
        Some(match op {
            BinaryOp::Add => (DurationOp::Add, Strength::Sum),
            BinaryOp::Sub => (DurationOp::Sub, Strength::Sum),
            BinaryOp::Mul => (DurationOp::Mul, Strength::Product),
            BinaryOp::Div => (DurationOp::Div, Strength::Product),
            BinaryOp::Mod => (DurationOp::Mod, Strength::Product),
            BinaryOp::Pow => (DurationOp::Pow, Strength::Power),
            _ => return None,
        })
    }

    fn check_divisor(&self, op: DurationOp, at: Span, rhs: &DurationExpr) -> Result<(), Fault> {
        let why = match op {
            DurationOp::Div => "division by zero",
            DurationOp::Mod => "modulo by zero",
            _ => return Ok(()),
        };
        match rhs.kind {
            DurationKind::Number(number) if number.value == 0.0 => Err(self.fault(at, why)),
            _ => Ok(()),
        }
    }

    fn experimental(&self, at: Span) -> Result<(), Fault> {
        if self.options.duration_expressions {
            return Ok(());
        }
        Err(Fault::new(at, "experimental duration expression is not enabled"))
    }
}

/// The value of a literal with a sign is that of both.
fn at_sign(fault: Fault, sign: Span) -> Fault {
    if fault.why == OUT_OF_RANGE { Fault::new(sign, fault.why) } else { fault }
}

/// A sign is part of a literal.
fn signed(sign: UnaryOp, at: Span, operand: DurationExpr) -> DurationExpr {
    let span = at.to(operand.span);
    match (sign, operand.kind) {
        (UnaryOp::Plus, kind @ DurationKind::Number(_)) => DurationExpr { kind, span },
        (UnaryOp::Plus, kind) => DurationExpr { kind, span: operand.span },
        (UnaryOp::Minus, DurationKind::Number(mut number)) => {
            number.value = -number.value;
            DurationExpr { kind: DurationKind::Number(number), span }
        }
        (UnaryOp::Minus, kind) => {
            let inner = Box::new(DurationExpr { kind, span: operand.span });
            DurationExpr { kind: DurationKind::Negate(inner), span }
        }
    }
}

/// Puts an offset that was told from what follows by two signs only, of which one is gone, in parentheses: so it is
/// the same when it is printed and read again.
fn enclosed(offset: DurationExpr) -> DurationExpr {
    if is_told_apart(&offset, true) {
        return offset;
    }
    let span = offset.span;
    DurationExpr { kind: DurationKind::Paren(Box::new(offset)), span }
}

fn is_told_apart(offset: &DurationExpr, is_whole: bool) -> bool {
    use DurationKind::{Binary, Literal, Negate, Number, Paren, Plus, Range, Step};
    let is_single = |kind: &DurationKind| {
        matches!(kind, Step | Range | Binary(DurationOp::MinOf | DurationOp::MaxOf, ..) | Paren(_))
    };
    match &offset.kind {
        Paren(_) => true,
        Number(_) | Literal(_) => is_whole,
        Negate(inner) if matches!(inner.kind, Negate(_)) => true,
        Negate(inner) => is_whole && is_single(&inner.kind),
        kind if is_single(kind) => is_whole,
        Binary(_, lhs, _) => is_told_apart(lhs, false),
        Plus(_) | Step | Range => is_whole,
    }
}

/// A literal that is the whole duration is one of whole milliseconds, unless it is shorter than one.
fn whole(duration: DurationExpr) -> DurationExpr {
    let DurationKind::Number(number) = duration.kind else { return duration };
    match literal_ms(number.value) {
        0 if number.value != 0.0 => duration,
        ms => DurationExpr { kind: DurationKind::Literal(ms), span: duration.span },
    }
}

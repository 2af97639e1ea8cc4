//! Operators on values. What cannot be worked out is nil.

use super::Value;
use crate::ast::{ArithmeticOp, BinaryOp, Static};
use crate::parse::compile_pattern;

/// Both sides worked out. Patterns are compiled on the spot: only constants come this way with one.
pub(crate) fn binary<'a>(op: BinaryOp, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
    match op {
        BinaryOp::And => Value::Bool(left.is_true() && right.is_true()),
        BinaryOp::Or => Value::Bool(left.is_true() || right.is_true()),
        BinaryOp::Compare(op) => Value::Bool(left.compare(op, right)),
        BinaryOp::Arithmetic(op) => arithmetic(op, left, right),
        BinaryOp::Match(is_match) => {
            let Some(Static::String(text)) = right.to_static() else { return Value::Bool(false) };
            Value::Bool(compile_pattern(&text).is_ok_and(|pattern| left.matches(&pattern, is_match)))
        }
    }
}

pub(crate) fn negative(of: &Value<'_>) -> Value<'static> {
    match of {
        Value::Int(n) => Value::Int(n.wrapping_neg()),
        Value::Duration(ns) => Value::Duration(ns.wrapping_neg()),
        Value::Float(n) => Value::Float(-n),
        _ => Value::Nil,
    }
}

/// Whole numbers stay whole, everything else becomes a float; durations count as nanoseconds.
fn arithmetic(op: ArithmeticOp, left: &Value<'_>, right: &Value<'_>) -> Value<'static> {
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        return whole(op, *left, *right).map_or(Value::Nil, Value::Int);
    }
    let (Some(left), Some(right)) = (left.number(), right.number()) else { return Value::Nil };
    Value::Float(match op {
        ArithmeticOp::Add => left + right,
        ArithmeticOp::Subtract => left - right,
        ArithmeticOp::Multiply => left * right,
        ArithmeticOp::Divide => left / right,
        ArithmeticOp::Modulo => left % right,
        ArithmeticOp::Power => left.powf(right),
    })
}

/// Division by zero has no result.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "powers too large are cut off")]
fn whole(op: ArithmeticOp, left: i64, right: i64) -> Option<i64> {
    match op {
        ArithmeticOp::Add => Some(left.wrapping_add(right)),
        ArithmeticOp::Subtract => Some(left.wrapping_sub(right)),
        ArithmeticOp::Multiply => Some(left.wrapping_mul(right)),
        ArithmeticOp::Divide => left.checked_div(right),
        ArithmeticOp::Modulo => left.checked_rem(right),
        ArithmeticOp::Power => {
            let exact = u32::try_from(right).ok().and_then(|right| left.checked_pow(right));
            Some(exact.unwrap_or_else(|| (left as f64).powf(right as f64) as i64))
        }
    }
}

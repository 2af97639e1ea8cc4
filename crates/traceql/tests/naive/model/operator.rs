//! Operators on values.

use aio_traceql::ast::{ArithmeticOp, BinaryOp, CompareOp};
use regex::Regex;

use super::value::Value;

pub(super) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Value {
    let is_true = |value: &Value| *value == Value::Bool(true);
    match op {
        BinaryOp::And => Value::Bool(is_true(left) && is_true(right)),
        BinaryOp::Or => Value::Bool(is_true(left) || is_true(right)),
        BinaryOp::Compare(op) => Value::Bool(compare(op, left, right)),
        BinaryOp::Match(is_match) => Value::Bool(matches(left, right, is_match)),
        BinaryOp::Arithmetic(op) => arithmetic(op, left, right),
    }
}

/// Of a list one element must do, but for `!=`, which all must.
pub(super) fn compare(op: CompareOp, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(items), right) => of_list(items, op == CompareOp::NotEqual, |item| compare(op, item, right)),
        (left, Value::List(items)) => of_list(items, op == CompareOp::NotEqual, |item| compare(op, left, item)),
        (Value::Text(left), Value::Text(right)) => compare_as(op, left, right),
        (Value::Bool(_), Value::Bool(_)) | (Value::Status(_), Value::Status(_)) | (Value::Kind(_), Value::Kind(_)) => {
            match op {
                CompareOp::Equal => left == right,
                CompareOp::NotEqual => left != right,
                _ => false,
            }
        }
        _ => match (left.number(), right.number()) {
            (Some(left), Some(right)) => compare_as(op, &left, &right),
            _ => false,
        },
    }
}

fn compare_as<T: PartialOrd>(op: CompareOp, left: &T, right: &T) -> bool {
    match op {
        CompareOp::Equal => left == right,
        CompareOp::NotEqual => left != right,
        CompareOp::Greater => left > right,
        CompareOp::GreaterOrEqual => left >= right,
        CompareOp::Less => left < right,
        CompareOp::LessOrEqual => left <= right,
    }
}

fn of_list(items: &[Value], all: bool, holds: impl Fn(&Value) -> bool) -> bool {
    if all { items.iter().all(holds) } else { items.iter().any(holds) }
}

fn matches(value: &Value, pattern: &Value, is_match: bool) -> bool {
    let Value::Text(text) = pattern else { return false };
    let regex = Regex::new(&format!("^(?:{text})$")).expect("a pattern");
    match value {
        Value::Text(text) => regex.is_match(text) == is_match,
        Value::List(items) => of_list(items, !is_match, |item| matches(item, pattern, is_match)),
        _ => false,
    }
}

fn arithmetic(op: ArithmeticOp, left: &Value, right: &Value) -> Value {
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

/// Numbers are small here; what is divided by zero is nil.
#[expect(clippy::cast_possible_truncation, reason = "small powers are exact, and others are cut as the engine does")]
fn whole(op: ArithmeticOp, left: i64, right: i64) -> Option<i64> {
    match op {
        ArithmeticOp::Add => Some(left + right),
        ArithmeticOp::Subtract => Some(left - right),
        ArithmeticOp::Multiply => Some(left * right),
        ArithmeticOp::Divide if right == 0 => None,
        ArithmeticOp::Divide => Some(left / right),
        ArithmeticOp::Modulo if right == 0 => None,
        ArithmeticOp::Modulo => Some(left % right),
        ArithmeticOp::Power => Some((left as f64).powf(right as f64) as i64),
    }
}

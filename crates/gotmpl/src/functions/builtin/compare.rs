//! Comparisons: basic types of one kind compare, whole numbers whatever their sign.

use std::cmp::Ordering;

use super::super::Fault;
use crate::fmt::verb;
use crate::value::Value;

const WRONG_TYPE: &str = "invalid type for comparison";
/// A list in a message is cut there.
const MESSAGE_BYTES_MAX: usize = 4096;

/// What a value is to a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Uint,
    Float,
    Text,
    /// Anything else, nothing included.
    Other,
}

fn kind(value: &Value<'_>) -> Kind {
    match value {
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) | Value::Int64(_) => Kind::Int,
        Value::Byte(_) | Value::Uint64(_) => Kind::Uint,
        Value::Float(_) => Kind::Float,
        Value::Text(_) => Kind::Text,
        _ => Kind::Other,
    }
}

/// Of two values of one kind, or of two whole numbers.
fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        _ => Some(whole(a)?.cmp(&whole(b)?)),
    }
}

fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(v) | Value::Int64(v) => Some((*v).into()),
        Value::Uint64(v) => Some((*v).into()),
        Value::Byte(v) => Some((*v).into()),
        _ => None,
    }
}

fn are_whole(a: Kind, b: Kind) -> bool {
    matches!((a, b), (Kind::Int | Kind::Uint, Kind::Int | Kind::Uint))
}

fn incompatible(a: &Value<'_>, b: &Value<'_>) -> Fault {
    Fault::new(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()))
}

/// `eq a b c` is `a == b || a == c`.
pub(super) fn equals_any(args: &[Value<'_>]) -> Result<bool, Fault> {
    let [first, others @ ..] = args else { return Err(Fault::new(WRONG_TYPE)) };
    if others.is_empty() {
        return Err(Fault::new("missing argument for comparison"));
    }
    for other in others {
        if equals(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equals(a: &Value<'_>, b: &Value<'_>) -> Result<bool, Fault> {
    let (plain_a, plain_b) = (a.beneath(), b.beneath());
    let (kind_a, kind_b) = (kind(&plain_a), kind(&plain_b));
    if kind_a == Kind::Other && kind_b == Kind::Other {
        return equals_other(a, b);
    }
    if kind_a == kind_b || are_whole(kind_a, kind_b) {
        return Ok(order(&plain_a, &plain_b) == Some(Ordering::Equal));
    }
    if matches!(a, Value::Nil) || matches!(b, Value::Nil) {
        return Ok(false);
    }
    Err(incompatible(a, b))
}

/// Lists, maps, structs and nothing: nothing equals nothing, and the others are compared as Go's `==` does.
fn equals_other(a: &Value<'_>, b: &Value<'_>) -> Result<bool, Fault> {
    match (a, b) {
        (Value::Nil, Value::Nil) => Ok(true),
        (Value::Nil, _) | (_, Value::Nil) => Ok(false),
        _ if shape(a) != shape(b) => {
            let [text_a, text_b] = [verb(a, 's', MESSAGE_BYTES_MAX), verb(b, 'v', MESSAGE_BYTES_MAX)];
            let [type_a, type_b] = [a.type_name(), b.type_name()];
            Err(Fault::new(format!("non-comparable types {text_a}: {type_a}, {type_b}: {text_b}")))
        }
        // Only the second one's type is asked whether it can be compared at all.
        (Value::Object(a), Value::Object(b)) if b.equals(&**b).is_some() => Ok(a.equals(&**b) == Some(true)),
        _ => {
            let text = verb(b, 's', MESSAGE_BYTES_MAX);
            Err(Fault::new(format!("non-comparable type {text}: {}", b.type_name())))
        }
    }
}

/// Lists are like lists only.
fn shape(value: &Value<'_>) -> u8 {
    match *value.beneath() {
        Value::List(_) => 0,
        Value::Map(_) => 1,
        Value::Function(_) => 2,
        _ => 3,
    }
}

/// `lt a b`
pub(super) fn less(args: &[Value<'_>]) -> Result<bool, Fault> {
    let [a, b] = args else { return Err(Fault::new(WRONG_TYPE)) };
    let (plain_a, plain_b) = (a.beneath(), b.beneath());
    let (kind_a, kind_b) = (kind(&plain_a), kind(&plain_b));
    if kind_a == Kind::Other || kind_b == Kind::Other {
        return Err(Fault::new(WRONG_TYPE));
    }
    if kind_a != kind_b && !are_whole(kind_a, kind_b) {
        return Err(incompatible(a, b));
    }
    if kind_a == Kind::Bool {
        return Err(Fault::new(WRONG_TYPE));
    }
    Ok(order(&plain_a, &plain_b) == Some(Ordering::Less))
}

/// `le a b`
pub(super) fn less_or_equal(args: &[Value<'_>]) -> Result<bool, Fault> {
    Ok(less(args)? || equals_any(args)?)
}

//! Values of spans.

use std::borrow::Cow;
use std::cmp::Ordering;

use aio_types::AttributeValue;
use aio_types::quoted::quote;

use crate::ast::{CompareOp, Static};

/// What a field of a span, or what is made of some, comes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Nil,
    Text(Cow<'a, str>),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Nanoseconds.
    Duration(i64),
    Status(u8),
    Kind(u8),
    /// Compared element by element.
    Array(&'a [AttributeValue]),
    /// Bytes and maps: there, but equal to nothing.
    Opaque,
}

impl<'a> Value<'a> {
    pub(crate) fn of(value: &'a Static) -> Self {
        match value {
            Static::Nil => Self::Nil,
            Static::String(text) => Self::Text(Cow::Borrowed(text)),
            Static::Int(n) => Self::Int(*n),
            Static::Float(n) => Self::Float(*n),
            Static::Bool(b) => Self::Bool(*b),
            Static::Duration(ns) => Self::Duration(*ns),
            Static::Status(code) => Self::Status(*code),
            Static::Kind(kind) => Self::Kind(*kind),
        }
    }

    /// An attribute without a value counts as missing.
    pub(crate) fn of_attribute(value: &'a AttributeValue) -> Self {
        match value {
            AttributeValue::Empty => Self::Nil,
            AttributeValue::String(text) => Self::Text(Cow::Borrowed(text)),
            AttributeValue::Bool(b) => Self::Bool(*b),
            AttributeValue::Int(n) => Self::Int(*n),
            AttributeValue::Double(n) => Self::Float(*n),
            AttributeValue::Array(items) => Self::Array(items),
            AttributeValue::Bytes(_) | AttributeValue::Map(_) => Self::Opaque,
        }
    }

    /// `None` for what queries have no word for.
    pub(crate) fn to_static(&self) -> Option<Static> {
        Some(match self {
            Self::Nil => Static::Nil,
            Self::Text(text) => Static::String((&**text).into()),
            Self::Int(n) => Static::Int(*n),
            Self::Float(n) => Static::Float(*n),
            Self::Bool(b) => Static::Bool(*b),
            Self::Duration(ns) => Static::Duration(*ns),
            Self::Status(code) => Static::Status(*code),
            Self::Kind(kind) => Static::Kind(*kind),
            Self::Array(_) | Self::Opaque => return None,
        })
    }

    /// For grouping; lists and what is opaque are told as text.
    pub(crate) fn to_label(&self) -> Static {
        self.to_static().unwrap_or_else(|| Static::String(self.listed().into()))
    }

    /// `["a", 1]`
    fn listed(&self) -> String {
        match self {
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| Self::of_attribute(item).listed()).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Text(text) => quote(text),
            value => value.to_static().map_or_else(|| "(opaque)".to_owned(), |value| value.to_string()),
        }
    }

    /// Bytes that tell it from all others.
    pub(crate) fn write_key(&self, out: &mut Vec<u8>) {
        let mut number = |tag: u8, bytes: [u8; 8]| {
            out.push(tag);
            out.extend_from_slice(&bytes);
        };
        match self {
            Self::Nil => out.push(0),
            Self::Int(n) => number(1, n.to_le_bytes()),
            // What is no number has many forms of bits.
            Self::Float(n) => number(2, if n.is_nan() { f64::NAN } else { *n }.to_bits().to_le_bytes()),
            Self::Duration(n) => number(3, n.to_le_bytes()),
            Self::Bool(b) => out.extend([4, u8::from(*b)]),
            Self::Status(code) => out.extend([5, *code]),
            Self::Kind(kind) => out.extend([6, *kind]),
            Self::Text(text) => {
                number(7, (text.len() as u64).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            Self::Array(_) | Self::Opaque => {
                let text = format!("{self:?}");
                number(8, (text.len() as u64).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
        }
    }

    /// As clients of a search are told; `None` where there is nothing to tell.
    pub(crate) fn shown(&self) -> Option<AttributeValue> {
        match self {
            Self::Array(items) => Some(AttributeValue::Array(items.to_vec())),
            value => value.to_static().filter(|value| *value != Static::Nil).map(|value| value.to_attribute()),
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        *self == Self::Bool(true)
    }

    /// As a number, where it is one; durations in nanoseconds.
    #[expect(clippy::cast_precision_loss, reason = "numbers of different types are compared as floats")]
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(n) | Self::Duration(n) => Some(*n as f64),
            Self::Float(n) => Some(*n),
            _ => None,
        }
    }

    /// What is missing, and values of different types, satisfy no comparison. Of a list one element must be equal, smaller …,
    /// and all must differ.
    pub(crate) fn compare(&self, op: CompareOp, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(items), other) => elements(items, op == CompareOp::NotEqual, |item| item.compare(op, other)),
            (value, Self::Array(_)) => other.compare(op.reversed(), value),
            _ => self.order(op, other).is_some_and(|order| op.holds(order)),
        }
    }

    /// The order of two; `None` where they cannot be compared, `Some(None)` where one is no number.
    fn order(&self, op: CompareOp, other: &Self) -> Option<Option<Ordering>> {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => Some(Some(left.cmp(right))),
            // These are equal or not; none is greater.
            (Self::Bool(left), Self::Bool(right)) if op.is_equality() => Some(Some(left.cmp(right))),
            (Self::Status(left), Self::Status(right)) | (Self::Kind(left), Self::Kind(right)) if op.is_equality() => {
                Some(Some(left.cmp(right)))
            }
            (Self::Int(left) | Self::Duration(left), Self::Int(right) | Self::Duration(right)) => {
                Some(Some(left.cmp(right)))
            }
            _ => Some(self.number()?.partial_cmp(&other.number()?)),
        }
    }

    /// Whether a text, or any text of a list, matches; where `is_match` is false, whether none does.
    pub(crate) fn matches(&self, pattern: &regex::Regex, is_match: bool) -> bool {
        match self {
            Self::Text(text) => pattern.is_match(text) == is_match,
            Self::Array(items) => elements(items, !is_match, |item| item.matches(pattern, is_match)),
            _ => false,
        }
    }
}

fn elements(items: &[AttributeValue], all: bool, mut holds: impl FnMut(&Value<'_>) -> bool) -> bool {
    let mut each = items.iter().map(|item| holds(&Value::of_attribute(item)));
    if all { each.all(|holds| holds) } else { each.any(|holds| holds) }
}

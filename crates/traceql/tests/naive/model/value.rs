//! Values with their types.

use aio_traceql::ast::Static;
use aio_types::AttributeValue;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Nil,
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Duration(i64),
    Status(u8),
    Kind(u8),
    List(Vec<Value>),
    Opaque,
}

impl Value {
    pub(super) fn of_static(value: &Static) -> Self {
        match value {
            Static::Nil => Self::Nil,
            Static::String(text) => Self::Text(text.to_string()),
            Static::Int(n) => Self::Int(*n),
            Static::Float(n) => Self::Float(*n),
            Static::Bool(b) => Self::Bool(*b),
            Static::Duration(ns) => Self::Duration(*ns),
            Static::Status(code) => Self::Status(*code),
            Static::Kind(kind) => Self::Kind(*kind),
        }
    }

    pub(super) fn of_attribute(value: &AttributeValue) -> Self {
        match value {
            AttributeValue::Empty => Self::Nil,
            AttributeValue::String(text) => Self::Text(text.to_string()),
            AttributeValue::Bool(b) => Self::Bool(*b),
            AttributeValue::Int(n) => Self::Int(*n),
            AttributeValue::Double(n) => Self::Float(*n),
            AttributeValue::Array(items) => Self::List(items.iter().map(Self::of_attribute).collect()),
            AttributeValue::Bytes(_) | AttributeValue::Map(_) => Self::Opaque,
        }
    }

    /// As an answer tells it; a map stands for what has no plain text.
    pub(super) fn told(&self) -> AttributeValue {
        match self {
            Self::Nil => Static::Nil.to_attribute(),
            Self::Text(text) => AttributeValue::String(text.as_str().into()),
            Self::Int(n) => AttributeValue::Int(*n),
            Self::Float(n) => AttributeValue::Double(*n),
            Self::Bool(b) => AttributeValue::Bool(*b),
            Self::Duration(ns) => Static::Duration(*ns).to_attribute(),
            Self::Status(code) => Static::Status(*code).to_attribute(),
            Self::Kind(kind) => Static::Kind(*kind).to_attribute(),
            Self::List(_) | Self::Opaque => AttributeValue::Map(Vec::new()),
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(n) | Self::Duration(n) => Some(*n as f64),
            Self::Float(n) => Some(*n),
            _ => None,
        }
    }
}

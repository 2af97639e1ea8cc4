//! Types: of a function's parameters, and of what lists and maps hold.

use std::fmt;

use super::Value;

/// A type of Go, as far as templates meet it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `any`.
    Any,
    /// Whatever there is, nothing included: a parameter of Go's builtin functions.
    Reflected,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `int64`.
    Int64,
    /// `uint64`.
    Uint64,
    /// `uint8`.
    Byte,
    /// `float64`.
    Float,
    /// `string`.
    Text,
    /// A slice.
    List(&'static Type),
    /// A map with string keys.
    Map(&'static Type),
    /// A type of its own.
    Named(&'static str, Kind),
}

/// What a named type is beneath.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Fields.
    Struct,
    /// An integer, as a duration is.
    Int64,
    /// A string.
    Text,
    /// A list.
    List(&'static Type),
    /// A map with string keys.
    Map(&'static Type),
}

impl Type {
    /// What stands for an absent value of this type.
    pub(crate) fn zero(&self) -> Value<'static> {
        match self {
            Self::Bool => Value::Bool(false),
            Self::Int => Value::Int(0),
            Self::Int64 | Self::Named(_, Kind::Int64) => Value::Int64(0),
            Self::Uint64 => Value::Uint64(0),
            Self::Byte => Value::Byte(0),
            Self::Float => Value::Float(0.0),
            Self::Text | Self::Named(_, Kind::Text) => Value::from(""),
            Self::List(element) => Value::List(super::List::new(**element, []).into()),
            Self::Map(element) => Value::Map(super::Map::new::<&str>(**element, []).into()),
            Self::Any | Self::Reflected | Self::Named(..) => Value::Nil,
        }
    }

    /// Whether nil is a value of this type.
    pub(crate) fn holds_nil(&self) -> bool {
        matches!(
            self,
            Self::Any | Self::Reflected | Self::List(_) | Self::Map(_) | Self::Named(_, Kind::List(_) | Kind::Map(_))
        )
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("interface {}"),
            Self::Reflected => f.write_str("reflect.Value"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Int64 => f.write_str("int64"),
            Self::Uint64 => f.write_str("uint64"),
            Self::Byte => f.write_str("uint8"),
            Self::Float => f.write_str("float64"),
            Self::Text => f.write_str("string"),
            Self::List(element) => write!(f, "[]{element}"),
            Self::Map(element) => write!(f, "map[string]{element}"),
            Self::Named(name, _) => f.write_str(name),
        }
    }
}

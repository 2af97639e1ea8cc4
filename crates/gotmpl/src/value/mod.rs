//! The values that templates work on.
//!
//! ```text
//!   Value ── Nil | Bool | Int … | Float | Text (borrowed or owned)
//!        ├── List, Map     shared, with the type of their elements
//!        ├── Object        fields, methods and a string of its own; may be a list, a map or a number beneath
//!        └── Function      for `call`
//! ```

mod collection;
mod dot;
mod kind;
mod object;

use std::borrow::Cow;
use std::sync::Arc;

pub use collection::{List, Map};
pub use dot::{Dot, Host, NoHost};
pub use kind::{Kind, Type};
pub use object::Object;

use crate::functions::Function;

/// One value. Cloning copies owned text and nothing else.
#[derive(Debug, Clone, Default)]
pub enum Value<'a> {
    /// Nothing: Go's untyped nil, and what is not there.
    #[default]
    Nil,
    /// Go's bool.
    Bool(bool),
    /// Go's int.
    Int(i64),
    /// Go's int64, which Go does not take for an int.
    Int64(i64),
    /// Go's uint64.
    Uint64(u64),
    /// Go's uint8: what indexing a string gives.
    Byte(u8),
    /// Go's float64.
    Float(f64),
    /// Go's string.
    Text(Cow<'a, str>),
    /// Go's slices.
    List(Arc<List>),
    /// Go's maps with string keys.
    Map(Arc<Map>),
    /// A type of its own.
    Object(Arc<dyn Object>),
    /// Something to `call`.
    Function(Arc<Function>),
}

impl<'a> Value<'a> {
    /// Borrowed or owned text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// A list of anything: Go's `[]any`.
    pub fn list(items: impl IntoIterator<Item = Value<'static>>) -> Self {
        Self::List(Arc::new(List::new(Type::Any, items)))
    }

    /// A list of strings: Go's `[]string`.
    pub fn texts<S: Into<String>>(items: impl IntoIterator<Item = S>) -> Self {
        let items = items.into_iter().map(|text| Value::Text(Cow::Owned(text.into())));
        Self::List(Arc::new(List::new(Type::Text, items)))
    }

    /// An object.
    pub fn object(object: impl Object + 'static) -> Self {
        Self::Object(Arc::new(object))
    }

    /// The same value, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Nil => Value::Nil,
            Self::Bool(v) => Value::Bool(v),
            Self::Int(v) => Value::Int(v),
            Self::Int64(v) => Value::Int64(v),
            Self::Uint64(v) => Value::Uint64(v),
            Self::Byte(v) => Value::Byte(v),
            Self::Float(v) => Value::Float(v),
            Self::Text(v) => Value::Text(Cow::Owned(v.into_owned())),
            Self::List(v) => Value::List(v),
            Self::Map(v) => Value::Map(v),
            Self::Object(v) => Value::Object(v),
            Self::Function(v) => Value::Function(v),
        }
    }

    /// The text of a string, or of an object that is a string beneath.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What an object is beneath; other values are themselves. An object that is nothing beneath is a struct.
    pub(crate) fn beneath(&self) -> Cow<'_, Value<'a>> {
        match self {
            Self::Object(object) => object.beneath().map_or(Cow::Borrowed(self), Cow::Owned),
            _ => Cow::Borrowed(self),
        }
    }

    /// Whether `if` takes it for true: it is not the zero of its type, and not empty.
    pub fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(v) => *v,
            Self::Int(v) | Self::Int64(v) => *v != 0,
            Self::Uint64(v) => *v != 0,
            Self::Byte(v) => *v != 0,
            Self::Float(v) => *v != 0.0,
            Self::Text(v) => !v.is_empty(),
            Self::List(v) => !v.items.is_empty(),
            Self::Map(v) => !v.entries.is_empty(),
            Self::Object(v) => v.beneath().is_none_or(|v| v.truth()),
            Self::Function(_) => true,
        }
    }

    /// Its type's name in Go; `<nil>` for nothing.
    pub fn type_name(&self) -> String {
        match self {
            Self::Nil => "<nil>".into(),
            Self::Bool(_) => "bool".into(),
            Self::Int(_) => "int".into(),
            Self::Int64(_) => "int64".into(),
            Self::Uint64(_) => "uint64".into(),
            Self::Byte(_) => "uint8".into(),
            Self::Float(_) => "float64".into(),
            Self::Text(_) => "string".into(),
            Self::List(v) => format!("[]{}", v.element),
            Self::Map(v) => format!("map[string]{}", v.element),
            Self::Object(v) => v.type_name().into(),
            Self::Function(v) => v.signature.to_string(),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(v: bool) -> Self {
        Self::Bool(v)
    }
}

impl From<i64> for Value<'_> {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}

impl From<f64> for Value<'_> {
    fn from(v: f64) -> Self {
        Self::Float(v)
    }
}

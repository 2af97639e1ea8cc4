//! Values that a query names.

use aio_types::AttributeValue;

use crate::text::go_duration;

/// A value with its type.
#[derive(Debug, Clone, PartialEq)]
pub enum Static {
    /// Absence.
    Nil,
    /// Text.
    String(Box<str>),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Nanoseconds.
    Duration(i64),
    /// OTLP's number of a status code.
    Status(u8),
    /// OTLP's number of a kind.
    Kind(u8),
}

/// By OTLP's number.
const STATUSES: [&str; 3] = ["unset", "ok", "error"];
/// By OTLP's number.
const KINDS: [&str; 6] = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/// The word for a status code.
pub(crate) fn status_name(code: u8) -> &'static str {
    STATUSES.get(usize::from(code)).copied().unwrap_or("unset")
}

/// The word for a kind.
pub(crate) fn kind_name(kind: u8) -> &'static str {
    KINDS.get(usize::from(kind)).copied().unwrap_or("unspecified")
}

impl Static {
    /// What a word of the language stands for.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        let number = |names: &[&str]| names.iter().position(|n| *n == word).and_then(|n| u8::try_from(n).ok());
        match word {
            "true" => Some(Self::Bool(true)),
            "false" => Some(Self::Bool(false)),
            "nil" => Some(Self::Nil),
            "minInt" => Some(Self::Int(i64::MIN)),
            "maxInt" => Some(Self::Int(i64::MAX)),
            _ => number(&STATUSES).map(Self::Status).or_else(|| number(&KINDS).map(Self::Kind)),
        }
    }

    /// As answers tell it: durations, states and kinds as text, absence by its word.
    #[must_use]
    pub fn to_attribute(&self) -> AttributeValue {
        let text = |text: &str| AttributeValue::String(text.into());
        match self {
            Self::Nil => text("nil"),
            Self::String(t) => text(t),
            Self::Int(n) => AttributeValue::Int(*n),
            Self::Float(n) => AttributeValue::Double(*n),
            Self::Bool(b) => AttributeValue::Bool(*b),
            Self::Duration(ns) => text(&go_duration(*ns)),
            Self::Status(code) => text(status_name(*code)),
            Self::Kind(kind) => text(kind_name(*kind)),
        }
    }

    /// As a number, where it is one; durations in nanoseconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of different types are compared as floats")]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(n) | Self::Duration(n) => Some(*n as f64),
            Self::Float(n) => Some(*n),
            _ => None,
        }
    }
}

//! What a function says when it cannot answer.

use std::borrow::Cow;
use std::fmt;

/// A function's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    message: Cow<'static, str>,
}

impl Fault {
    /// In these words.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into() }
    }

    /// The answer would be longer than [`crate::Call::bytes_max`].
    pub fn too_long() -> Self {
        Self::new("result is too long")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

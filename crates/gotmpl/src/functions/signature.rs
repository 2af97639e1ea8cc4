//! What a function takes.

use std::fmt;

use crate::value::Type;

/// The parameters of a function or method: some, and perhaps any number more of one type.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    pub(crate) fixed: &'static [Type],
    pub(crate) rest: Option<Type>,
}

impl Signature {
    /// Exactly these.
    pub const fn new(fixed: &'static [Type]) -> Self {
        Self { fixed, rest: None }
    }

    /// These, and any number of further ones.
    pub const fn variadic(fixed: &'static [Type], rest: Type) -> Self {
        Self { fixed, rest: Some(rest) }
    }

    /// The type of the parameter at this place.
    pub(crate) fn parameter(&self, index: usize) -> Type {
        self.fixed.get(index).copied().or(self.rest).unwrap_or(Type::Any)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = self.fixed.iter().map(ToString::to_string);
        let rest = self.rest.iter().map(|rest| format!("...{rest}"));
        write!(f, "func({})", fixed.chain(rest).collect::<Vec<_>>().join(", "))
    }
}

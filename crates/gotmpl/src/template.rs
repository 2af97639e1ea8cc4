//! A parsed template and its execution.

use crate::error::{ExecError, ParseError};
use crate::functions::Functions;
use crate::limits::{Limits, MissingKey};
use crate::value::{Dot, Host, Value};

/// A parsed template, with those that its text defines.
#[derive(Debug, Clone)]
pub struct Template {
    name: String,
}

impl Template {
    /// Parses `text`, which may call `functions` and Go's own.
    ///
    /// # Errors
    /// The text is no template, or goes beyond the default [`Limits`].
    pub fn parse(name: &str, _text: &str, _functions: &Functions) -> Result<Self, ParseError> {
        Ok(Self { name: name.to_owned() })
    }

    /// Executes it on a map of strings, appending to `out`.
    ///
    /// # Errors
    /// What the template asks for cannot be had, or it goes beyond its limits; what was written before stays in `out`.
    pub fn execute(&self, _dot: &dyn Dot, _out: &mut String) -> Result<(), ExecError> {
        Ok(())
    }

    /// Executes it on any value, appending to `out`.
    ///
    /// # Errors
    /// As [`Template::execute`].
    pub fn execute_value(&self, _value: &Value<'_>, _host: &dyn Host, _out: &mut String) -> Result<(), ExecError> {
        Ok(())
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, _limits: Limits) -> Self {
        self
    }

    /// The same with another meaning of absent keys.
    #[must_use]
    pub fn with_missing_key(self, _missing: MissingKey) -> Self {
        self
    }
}

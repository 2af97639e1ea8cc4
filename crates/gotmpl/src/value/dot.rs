//! What one execution works on.

use std::borrow::Cow;

use super::Value;
use crate::functions::{Call, Fault};

/// What belongs to one execution beside its data: the functions made with [`crate::Function::of_host`] end here.
pub trait Host {
    /// Calls the function of that name; the arguments fit its parameters.
    ///
    /// # Errors
    /// What the function says.
    fn call<'a>(&'a self, name: &str, _call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
        Err(Fault::new(format!("{name} has no meaning here")))
    }
}

/// A host that knows no function.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHost;

impl Host for NoHost {}

/// Data that is a map of strings, looked up in place: the labels of a line.
///
/// To templates it is Go's `map[string]string`. `{{.name}}` borrows from it and copies nothing.
pub trait Dot: Host {
    /// What the key holds.
    fn field(&self, name: &str) -> Option<Cow<'_, str>>;

    /// All of it as a [`Value::Map`], for the rare template that takes the dot as a whole.
    fn value(&self) -> Value<'static>;
}

//! One call of a function.

use std::borrow::Cow;

use crate::value::{Host, Value};

/// The arguments of a call, and where it happens.
///
/// The accessors by type rely on the function's parameters; on an argument of another type they answer with its zero.
pub struct Call<'c, 'a> {
    args: &'c mut [Value<'a>],
    host: &'a dyn Host,
    bytes_max: usize,
}

impl<'c, 'a> Call<'c, 'a> {
    /// For tests of a function, and for executions.
    pub fn new(args: &'c mut [Value<'a>], host: &'a dyn Host, bytes_max: usize) -> Self {
        Self { args, host, bytes_max }
    }

    /// All arguments.
    pub fn args(&self) -> &[Value<'a>] {
        self.args
    }

    pub(crate) fn args_mut(&mut self) -> &mut [Value<'a>] {
        self.args
    }

    /// The same call without its first argument.
    pub(crate) fn without_first<T>(&mut self, inner: impl FnOnce(&mut Call<'_, 'a>) -> T) -> T {
        let first = self.args.len().min(1);
        inner(&mut Call::new(&mut self.args[first..], self.host, self.bytes_max))
    }

    /// What belongs to the execution.
    pub fn host(&self) -> &'a dyn Host {
        self.host
    }

    /// How many bytes the answer may have: a function whose answer grows with the value of a number asks before.
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Takes an argument away; nil when there is none.
    pub fn take(&mut self, index: usize) -> Value<'a> {
        self.args.get_mut(index).map(std::mem::take).unwrap_or_default()
    }

    /// Takes a text away.
    pub fn take_text(&mut self, index: usize) -> Cow<'a, str> {
        match self.take(index) {
            Value::Text(text) => text,
            _ => Cow::Borrowed(""),
        }
    }

    /// A text.
    pub fn text(&self, index: usize) -> &str {
        self.args.get(index).and_then(Value::as_text).unwrap_or_default()
    }

    /// An integer of any size.
    pub fn int(&self, index: usize) -> i64 {
        match self.args.get(index) {
            Some(Value::Int(v) | Value::Int64(v)) => *v,
            Some(Value::Byte(v)) => i64::from(*v),
            _ => 0,
        }
    }

    /// A float.
    pub fn float(&self, index: usize) -> f64 {
        match self.args.get(index) {
            Some(Value::Float(v)) => *v,
            _ => 0.0,
        }
    }
}

impl std::fmt::Debug for Call<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("args", &self.args).finish_non_exhaustive()
    }
}

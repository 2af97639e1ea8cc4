//! The functions that a template may call.

mod builtin;
mod call;
mod fault;
mod signature;

use std::collections::BTreeMap;
use std::fmt;

use std::sync::Arc;

pub(crate) use builtin::{Builtin, slice};
pub use call::Call;
pub use fault::Fault;
pub use signature::Signature;

use crate::value::{Type, Value};

type Body = dyn for<'a> Fn(&mut Call<'_, 'a>) -> Result<Value<'a>, Fault> + Send + Sync;

/// One function: what it takes and what it does.
///
/// Arguments are checked and literals converted before the body runs: it may rely on its parameters' types.
pub struct Function {
    pub(crate) signature: Signature,
    pub(crate) body: Box<Body>,
}

impl Function {
    /// Of exactly these parameters.
    pub fn new(
        parameters: &'static [Type],
        body: impl for<'a> Fn(&mut Call<'_, 'a>) -> Result<Value<'a>, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self { signature: Signature::new(parameters), body: Box::new(body) }
    }

    /// Of these parameters and any number of further ones.
    pub fn variadic(
        parameters: &'static [Type],
        rest: Type,
        body: impl for<'a> Fn(&mut Call<'_, 'a>) -> Result<Value<'a>, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self { signature: Signature::variadic(parameters, rest), body: Box::new(body) }
    }

    /// One that the execution's [`crate::Host`] provides under this name.
    pub fn of_host(name: &'static str, signature: Signature) -> Self {
        Self { signature, body: Box::new(move |call| call.host().call(name, call)) }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.signature)
    }
}

/// Functions by name. Go's own (`and`, `printf`, `index` …) are always there and need no entry.
#[derive(Debug, Clone, Default)]
pub struct Functions {
    by_name: BTreeMap<&'static str, Arc<Function>>,
}

impl Functions {
    /// None but Go's own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function; one of that name that was there before, Go's own included, is no longer to be had.
    pub fn add(&mut self, name: &'static str, function: Function) -> &mut Self {
        self.by_name.insert(name, Arc::new(function));
        self
    }

    /// The function of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Function>> {
        self.by_name.get(name)
    }

    /// All names, sorted, without those of Go's own.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.by_name.keys().copied()
    }
}

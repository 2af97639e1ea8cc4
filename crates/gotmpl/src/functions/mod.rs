//! The functions that a template may call.

mod call;
mod fault;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use call::Call;
pub use fault::Fault;

use crate::value::{Type, Value};

type Body = dyn for<'a> Fn(&mut Call<'_, 'a>) -> Result<Value<'a>, Fault> + Send + Sync;

/// One function: what it takes and what it does.
///
/// Arguments are checked and literals converted before the body runs: it may rely on its parameters' types.
pub struct Function {
    pub(crate) parameters: Vec<Type>,
    pub(crate) rest: Option<Type>,
    pub(crate) body: Arc<Body>,
}

impl Function {
    /// Of these parameters.
    pub fn new(
        parameters: impl IntoIterator<Item = Type>,
        body: impl for<'a> Fn(&mut Call<'_, 'a>) -> Result<Value<'a>, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self { parameters: parameters.into_iter().collect(), rest: None, body: Arc::new(body) }
    }

    /// A function that the execution's [`crate::Host`] provides under this name.
    pub fn of_host(name: &'static str, parameters: impl IntoIterator<Item = Type>) -> Self {
        Self::new(parameters, move |call| call.host().call(name, call))
    }

    /// The description of an object's method; calling it is [`crate::Object::invoke`].
    pub fn method(parameters: impl IntoIterator<Item = Type>) -> Self {
        Self::new(parameters, |_| Err(Fault::new("a method is called on its object")))
    }

    /// The same, taking any number of further arguments of this type.
    #[must_use]
    pub fn variadic(mut self, rest: Type) -> Self {
        self.rest = Some(rest);
        self
    }

    pub(crate) fn type_name(&self) -> String {
        let fixed = self.parameters.iter().map(ToString::to_string);
        let rest = self.rest.iter().map(|rest| format!("...{rest}"));
        format!("func({})", fixed.chain(rest).collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.type_name())
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

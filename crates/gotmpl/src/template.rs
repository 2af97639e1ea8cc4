//! Parsed templates and their execution.

use std::sync::Arc;

use crate::error::{ExecError, ParseError};
use crate::exec::{Data, execute};
use crate::functions::Functions;
use crate::limits::{Limits, MissingKey};
use crate::parse::{Trees, parse};
use crate::tree::{Reads, source};
use crate::value::{Dot, Host, Value};

/// Templates that may call each other by name. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Set {
    functions: Arc<Functions>,
    limits: Limits,
    missing: MissingKey,
    trees: Trees,
}

impl Set {
    /// An empty set, the templates of which may call `functions` and Go's own.
    pub fn new(functions: Functions, limits: Limits, missing: MissingKey) -> Self {
        Self { functions: Arc::new(functions), limits, missing, trees: Trees::new() }
    }

    /// Adds the template `text` as `name`, and those it defines. What was there under these names before is replaced,
    /// but never by nothing.
    ///
    /// # Errors
    /// The text is no template; the set is as it was before.
    pub fn parse(&mut self, name: &str, text: &str) -> Result<(), ParseError> {
        for (name, tree) in parse(name, text, &self.functions, self.limits.nesting_max)? {
            if !tree.is_empty() || !self.trees.contains_key(&name) {
                self.trees.insert(name, tree);
            }
        }
        Ok(())
    }

    /// Whether there is a template of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.trees.contains_key(name)
    }

    /// Executes the template `name` on a map of strings, appending to `out`.
    ///
    /// # Errors
    /// There is no such template, what it asks for cannot be had, or it goes beyond the limits. What was written before
    /// stays in `out`.
    pub fn execute(&self, name: &str, dot: &dyn Dot, out: &mut String) -> Result<(), ExecError> {
        execute(&self.trees, name, (self.limits, self.missing), Data::Dot(dot), out)
    }

    /// Executes the template `name` on any value, appending to `out`.
    ///
    /// # Errors
    /// As [`Set::execute`].
    pub fn execute_value(
        &self,
        name: &str,
        value: &Value<'_>,
        host: &dyn Host,
        out: &mut String,
    ) -> Result<(), ExecError> {
        execute(&self.trees, name, (self.limits, self.missing), Data::Value(value, host), out)
    }

    /// Whether the template `name` is the same in both sets, wherever it stands in its text.
    pub fn is_same(&self, other: &Self, name: &str) -> bool {
        match (self.trees.get(name), other.trees.get(name)) {
            (Some(a), Some(b)) => a.root == b.root,
            (a, b) => a.is_none() && b.is_none(),
        }
    }

    /// The template `name` as text that parses to the same template.
    pub fn source(&self, name: &str) -> Option<String> {
        self.trees.get(name).map(|tree| source(&tree.root))
    }
}

/// A parsed template, with those that its text defines.
#[derive(Debug, Clone)]
pub struct Template {
    name: Box<str>,
    set: Set,
}

impl Template {
    /// Parses `text`, which may call `functions` and Go's own.
    ///
    /// # Errors
    /// The text is no template, or goes beyond the default [`Limits`].
    pub fn parse(name: &str, text: &str, functions: &Functions) -> Result<Self, ParseError> {
        let mut set = Set::new(functions.clone(), Limits::default(), MissingKey::default());
        set.parse(name, text)?;
        Ok(Self { name: name.into(), set })
    }

    /// Executes it on a map of strings, appending to `out`.
    ///
    /// # Errors
    /// What the template asks for cannot be had, or it goes beyond its limits; what was written before stays in `out`.
    pub fn execute(&self, dot: &dyn Dot, out: &mut String) -> Result<(), ExecError> {
        self.set.execute(&self.name, dot, out)
    }

    /// Executes it on any value, appending to `out`.
    ///
    /// # Errors
    /// As [`Template::execute`].
    pub fn execute_value(&self, value: &Value<'_>, host: &dyn Host, out: &mut String) -> Result<(), ExecError> {
        self.set.execute_value(&self.name, value, host, out)
    }

    /// What it reads of its data, with the templates that its text defines.
    pub fn reads(&self) -> Reads<'_> {
        let mut reads = Reads::default();
        self.set.trees.values().for_each(|tree| reads.list(&tree.root));
        reads
    }

    /// The same with other limits. That on nesting held when it was parsed.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.set.limits = limits;
        self
    }

    /// The same with another meaning of absent keys.
    #[must_use]
    pub fn with_missing_key(mut self, missing: MissingKey) -> Self {
        self.set.missing = missing;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_known_before() {
        for (text, keys, whole) in [
            ("{{.a.b}} {{if .c}}{{$.d}}{{else}}{{.e | printf \"%s\"}}{{end}}", &["a", "c", "d", "e"][..], false),
            (
                "{{index . \"x-y\"}}{{with (.a).b}}{{range $i, $v := .l}}{{$v.k}}{{end}}{{end}}",
                &["a", "k", "l", "x-y"],
                false,
            ),
            ("{{define \"d\"}}{{.a}}{{end}}{{template \"d\" .}}", &["a"], true),
            ("{{index . .k}}", &["k"], true),
            ("{{$}}", &[], true),
            ("{{printf \"%d\" 1}}", &[], false),
        ] {
            let template = Template::parse("t", text, &Functions::new()).unwrap();
            let reads = template.reads();
            assert_eq!((reads.keys.into_iter().collect::<Vec<_>>(), reads.whole), (keys.to_vec(), whole), "{text}");
        }
    }
}

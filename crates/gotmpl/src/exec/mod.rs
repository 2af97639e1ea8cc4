//! The walk over a tree that writes its output.
//!
//! ```text
//!   nodes ──> pipeline ──> command ──> field, function, literal
//!                             └── arguments, each checked against its parameter
//! ```
//!
//! The order of things is Go's, so that an error is found at the same place.

mod argument;
mod call;
mod field;
mod pipeline;
mod range;
mod walk;

use std::sync::Arc;

use crate::error::{Cause, ExecError};
use crate::fmt::Buffer;
use crate::limits::{Limits, MissingKey};
use crate::parse::Trees;
use crate::quote::quote;
use crate::tree::{Command, Node, Operand, Pipe, Tree};
use crate::value::{Dot, Host, Value};

/// A value on its way, and what is known of it beyond itself.
#[derive(Debug, Clone)]
enum Held<'a> {
    /// The map of strings that the execution works on.
    Dot,
    Value(Value<'a>),
    /// An element of a collection of anything: Go knows its type only when it looks inside.
    Boxed(Value<'a>),
}

impl Held<'_> {
    const NOTHING: Self = Held::Value(Value::Nil);

    /// Without the box.
    fn open(self) -> Self {
        match self {
            Self::Boxed(value) => Self::Value(value),
            other => other,
        }
    }
}

/// What an execution works on.
#[derive(Clone, Copy)]
pub(crate) enum Data<'a> {
    Dot(&'a dyn Dot),
    Value(&'a Value<'a>, &'a dyn Host),
}

/// Where an execution is.
#[derive(Debug, Clone, Copy)]
enum At<'a> {
    Node(&'a Node),
    Pipe(&'a Pipe),
    Command(&'a Command),
    Operand(&'a Operand),
}

/// Boxed: it is large, and everything that may fail returns it.
type Failure = Box<ExecError>;
type Result_<T> = Result<T, Failure>;

/// One execution.
struct Run<'a, 'o> {
    trees: &'a Trees,
    limits: Limits,
    missing: MissingKey,
    dot: Option<&'a dyn Dot>,
    host: &'a dyn Host,
    /// The dot as a whole, once somebody asked.
    whole: Option<Value<'static>>,
    out: Buffer<'o>,
    /// The template being executed, and where in it.
    name: &'a str,
    tree: &'a Tree,
    at: Option<At<'a>>,
    /// What `$` is, until it is declared anew.
    root: Held<'a>,
    variables: Vec<(&'a str, Held<'a>)>,
    /// Arguments of the calls that are going on.
    args: Vec<Value<'a>>,
    steps: u64,
    depth: usize,
}

/// Executes the template `name` of `trees`, appending to `out`.
pub(crate) fn execute<'a>(
    trees: &'a Trees,
    name: &'a str,
    (limits, missing): (Limits, MissingKey),
    data: Data<'a>,
    out: &mut String,
) -> Result<(), ExecError> {
    let Some(tree) = trees.get(name) else {
        let message = format!("{} is an incomplete or empty template", quote(name, false));
        return Err(ExecError { place: name.to_owned(), cause: Cause::Fault(message) });
    };
    let (dot, held, host): (_, _, &dyn Host) = match data {
        Data::Dot(dot) => (Some(dot), Held::Dot, dot),
        Data::Value(value, host) => (None, Held::Value(value.clone()), host),
    };
    let mut run = Run {
        trees,
        limits,
        missing,
        dot,
        host,
        whole: None,
        out: Buffer::new(out, limits.output_bytes_max),
        name,
        tree,
        at: None,
        root: held.clone(),
        variables: Vec::new(),
        args: Vec::new(),
        steps: 0,
        depth: 0,
    };
    run.list(&held, &tree.root).map(|_| ()).map_err(|failure| *failure)
}

impl<'a> Run<'a, '_> {
    fn fail<T>(&self, message: impl Into<String>) -> Result_<T> {
        self.fail_with(Cause::Fault(message.into()))
    }

    fn fail_with<T>(&self, cause: Cause) -> Result_<T> {
        Err(Box::new(ExecError { place: self.place(), cause }))
    }

    /// `NAME:LINE:COLUMN: executing "NAME" at <.X>`
    fn place(&self) -> String {
        let Some(at) = self.at else { return self.name.to_owned() };
        let (pos, context) = match at {
            At::Node(node) => (node.pos(), node.to_string()),
            At::Pipe(pipe) => (pipe.pos, pipe.to_string()),
            At::Command(command) => (command.pos, command.to_string()),
            At::Operand(operand) => (operand.pos, operand.to_string()),
        };
        let before = self.tree.text.get(..pos.0).unwrap_or_default();
        let line = 1 + before.bytes().filter(|b| *b == b'\n').count();
        let column = before.rfind('\n').map_or(before.len(), |newline| before.len() - newline - 1);
        let name = quote(self.name, false);
        format!("{}:{line}:{column}: executing {name} at <{context}>", self.tree.parse_name)
    }

    /// Counts work.
    fn step(&mut self, count: u64) -> Result_<()> {
        self.steps = self.steps.saturating_add(count);
        if self.steps > self.limits.steps_max {
            return self.fail_with(Cause::TooManySteps(self.limits.steps_max));
        }
        Ok(())
    }

    /// Runs `inner` one level deeper.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result_<T>) -> Result_<T> {
        if self.depth >= self.limits.depth_max {
            return self.fail_with(Cause::TooDeep(self.limits.depth_max));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// The value itself; that of the dot is made the first time.
    fn value_of(&mut self, held: Held<'a>) -> Value<'a> {
        match held {
            Held::Value(value) | Held::Boxed(value) => value,
            Held::Dot => match (&self.whole, self.dot) {
                (Some(whole), _) => whole.clone(),
                (None, Some(dot)) => self.whole.insert(dot.value()).clone(),
                (None, None) => Value::Nil,
            },
        }
    }

    fn variable(&self, name: &str) -> Result_<Held<'a>> {
        match self.variables.iter().rev().find(|(known, _)| *known == name) {
            Some((_, held)) => Ok(held.clone()),
            None if name == "$" => Ok(self.root.clone()),
            None => self.fail(format!("undefined variable: {name}")),
        }
    }

    fn assign(&mut self, name: &str, held: Held<'a>) -> Result_<()> {
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, value)) => *value = held,
            None if name == "$" => self.root = held,
            None => return self.fail(format!("undefined variable: {name}")),
        }
        Ok(())
    }

    fn tree_of(&self, name: &str) -> Option<(&'a str, &'a Tree)> {
        let trees: &'a Trees = self.trees;
        trees.get_key_value(name).map(|(name, tree): (&'a Arc<str>, &'a Arc<Tree>)| (&**name, &**tree))
    }
}

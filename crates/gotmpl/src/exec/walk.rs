//! Nodes: text, actions, branches, and templates in templates.

use super::{At, Held, Result_, Run};
use crate::error::Cause;
use crate::fmt::display;
use crate::quote::quote;
use crate::tree::{Branch, Node, Pipe};
use crate::value::Value;

/// Where a list of nodes ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

impl<'a> Run<'a, '_> {
    pub(super) fn list(&mut self, dot: &Held<'a>, nodes: &'a [Node]) -> Result_<Flow> {
        for node in nodes {
            match self.node(dot, node)? {
                Flow::Next => {}
                left => return Ok(left),
            }
        }
        Ok(Flow::Next)
    }

    fn node(&mut self, dot: &Held<'a>, node: &'a Node) -> Result_<Flow> {
        self.at = Some(At::Node(node));
        self.step(1)?;
        match node {
            Node::Text(_, text) => {
                self.out.push_str(text);
                self.check_output()?;
            }
            Node::Action(_, pipe) => {
                let held = self.pipeline(dot, pipe)?;
                if pipe.variables.is_empty() {
                    self.at = Some(At::Node(node));
                    self.write(held)?;
                }
            }
            Node::If(branch) => return self.branch(dot, branch, false),
            Node::With(branch) => return self.branch(dot, branch, true),
            Node::Range(branch) => return self.range(dot, branch).map(|()| Flow::Next),
            Node::Template { name, pipe, .. } => self.template(dot, name, pipe.as_ref())?,
            Node::Break(_) => return Ok(Flow::Break),
            Node::Continue(_) => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn check_output(&self) -> Result_<()> {
        if self.out.is_full() {
            return self.fail_with(Cause::OutputTooLong(self.limits.output_bytes_max));
        }
        Ok(())
    }

    fn write(&mut self, held: Held<'a>) -> Result_<()> {
        let value = self.value_of(held);
        if let (Value::Function(_), Some(At::Node(node))) = (&value, self.at) {
            return self.fail(format!("can't print {node} of type {}", value.type_name()));
        }
        display(&mut self.out, &value);
        self.check_output()
    }

    fn truth(&mut self, held: &Held<'a>) -> bool {
        match held {
            Held::Dot => self.value_of(Held::Dot).truth(),
            Held::Value(value) | Held::Boxed(value) => value.truth(),
        }
    }

    /// `if`, and `with`, which makes what it tests the dot.
    fn branch(&mut self, dot: &Held<'a>, branch: &'a Branch, sets_dot: bool) -> Result_<Flow> {
        let mark = self.variables.len();
        let held = self.pipeline(dot, &branch.pipe)?;
        let flow = match (self.truth(&held), &branch.otherwise) {
            (true, _) => self.deeper(|run| run.list(if sets_dot { &held } else { dot }, &branch.body))?,
            (false, Some(otherwise)) => self.deeper(|run| run.list(dot, otherwise))?,
            (false, None) => Flow::Next,
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    /// A template sees what it is given, and none of the variables here.
    fn template(&mut self, dot: &Held<'a>, name: &'a str, pipe: Option<&'a Pipe>) -> Result_<()> {
        let Some((name, tree)) = self.tree_of(name) else {
            return self.fail(format!("template {} not defined", quote(name, false)));
        };
        let held = match pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Held::NOTHING,
        };
        let outer_name = std::mem::replace(&mut self.name, name);
        let outer_tree = std::mem::replace(&mut self.tree, tree);
        let outer_root = std::mem::replace(&mut self.root, held.clone());
        let outer_variables = std::mem::take(&mut self.variables);
        self.deeper(|run| run.list(&held, &tree.root))?;
        self.name = outer_name;
        self.tree = outer_tree;
        self.root = outer_root;
        self.variables = outer_variables;
        Ok(())
    }
}

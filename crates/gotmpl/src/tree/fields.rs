//! What a tree reads of the data it is executed on.

use std::collections::BTreeSet;

use super::{Branch, Command, Node, Operand, OperandKind, Pipe};

/// The keys that a template reads by name, and whether it takes the data as a whole somewhere.
///
/// The dot may be something else inside `range`, `with` and other templates: what is read of that counts as well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads<'t> {
    /// `a` of `.a.b` and of `$.a`.
    pub keys: BTreeSet<&'t str>,
    /// `{{.}}`, `{{range .}}`, `{{$x := .}}`: whatever there is may be read. Not `index . "a"`, which reads a key.
    pub whole: bool,
}

impl<'t> Reads<'t> {
    pub(crate) fn list(&mut self, nodes: &'t [Node]) {
        for node in nodes {
            match node {
                Node::Text(..) | Node::Break(_) | Node::Continue(_) => {}
                Node::Action(_, pipe) => self.pipe(pipe),
                Node::If(branch) | Node::With(branch) | Node::Range(branch) => self.branch(branch),
                Node::Template { pipe, .. } => pipe.iter().for_each(|pipe| self.pipe(pipe)),
            }
        }
    }

    fn branch(&mut self, branch: &'t Branch) {
        self.pipe(&branch.pipe);
        self.list(&branch.body);
        branch.otherwise.iter().for_each(|nodes| self.list(nodes));
    }

    fn pipe(&mut self, pipe: &'t Pipe) {
        pipe.commands.iter().for_each(|command| self.command(command));
    }

    fn command(&mut self, command: &'t Command) {
        if let (OperandKind::Function(callee), [first, key, rest @ ..]) = (&command.first.kind, &*command.args)
            && &*callee.name == "index"
            && matches!(first.kind, OperandKind::Dot)
            && let OperandKind::Text { text, .. } = &key.kind
        {
            self.keys.insert(text);
            return rest.iter().for_each(|operand| self.operand(operand));
        }
        self.operand(&command.first);
        command.args.iter().for_each(|operand| self.operand(operand));
    }

    fn operand(&mut self, operand: &'t Operand) {
        match &operand.kind {
            OperandKind::Dot => self.whole = true,
            OperandKind::Variable(name, names) if names.is_empty() => self.whole |= &**name == "$",
            OperandKind::Field(names) | OperandKind::Variable(_, names) => {
                self.keys.extend(names.first().map(|name| &**name));
            }
            OperandKind::Chain(inner, _) => self.operand(inner),
            OperandKind::Pipe(pipe) => self.pipe(pipe),
            OperandKind::Bool(_)
            | OperandKind::Number(_)
            | OperandKind::Text { .. }
            | OperandKind::Nil
            | OperandKind::Function(_) => {}
        }
    }
}

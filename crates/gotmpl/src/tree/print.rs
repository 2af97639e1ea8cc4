//! A tree as text again: what messages show, and what parses to the same tree.

use std::fmt::{self, Display, Write};

use super::{Branch, Command, Node, Operand, OperandKind, Pipe};
use crate::quote::quote;

impl Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_, text) => f.write_str(text),
            Self::Action(_, pipe) => write!(f, "{{{{{pipe}}}}}"),
            Self::If(branch) => write_branch(f, "if", branch),
            Self::With(branch) => write_branch(f, "with", branch),
            Self::Range(branch) => write_branch(f, "range", branch),
            Self::Template { name, pipe: Some(pipe), .. } => {
                write!(f, "{{{{template {} {pipe}}}}}", quote(name, false))
            }
            Self::Template { name, pipe: None, .. } => write!(f, "{{{{template {}}}}}", quote(name, false)),
            Self::Break(_) => f.write_str("{{break}}"),
            Self::Continue(_) => f.write_str("{{continue}}"),
        }
    }
}

fn write_branch(f: &mut impl Write, word: &str, branch: &Branch) -> fmt::Result {
    write!(f, "{{{{{word} {}}}}}", branch.pipe)?;
    branch.body.iter().try_for_each(|node| write!(f, "{node}"))?;
    if let Some(otherwise) = &branch.otherwise {
        f.write_str("{{else}}")?;
        otherwise.iter().try_for_each(|node| write!(f, "{node}"))?;
    }
    f.write_str("{{end}}")
}

impl Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, variable) in self.variables.iter().enumerate() {
            write!(f, "{}{variable}", if i > 0 { ", " } else { "" })?;
        }
        if !self.variables.is_empty() {
            f.write_str(if self.assigns { " = " } else { " := " })?;
        }
        for (i, command) in self.commands.iter().enumerate() {
            write!(f, "{}{command}", if i > 0 { " | " } else { "" })?;
        }
        Ok(())
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operand(f, &self.first)?;
        self.args.iter().try_for_each(|operand| {
            f.write_char(' ')?;
            write_operand(f, operand)
        })
    }
}

/// A pipeline inside another one stands in parentheses.
fn write_operand(f: &mut fmt::Formatter<'_>, operand: &Operand) -> fmt::Result {
    match &operand.kind {
        OperandKind::Pipe(pipe) => write!(f, "({pipe})"),
        _ => write!(f, "{operand}"),
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write_fields =
            |f: &mut fmt::Formatter<'_>, fields: &[Box<str>]| fields.iter().try_for_each(|field| write!(f, ".{field}"));
        match &self.kind {
            OperandKind::Bool(v) => write!(f, "{v}"),
            OperandKind::Number(number) => f.write_str(&number.text),
            OperandKind::Text { quoted, .. } => f.write_str(quoted),
            OperandKind::Nil => f.write_str("nil"),
            OperandKind::Dot => f.write_char('.'),
            OperandKind::Field(fields) => write_fields(f, fields),
            OperandKind::Variable(name, fields) => {
                f.write_str(name)?;
                write_fields(f, fields)
            }
            OperandKind::Function(callee) => f.write_str(&callee.name),
            OperandKind::Chain(operand, fields) => {
                write_operand(f, operand)?;
                write_fields(f, fields)
            }
            OperandKind::Pipe(pipe) => write!(f, "{pipe}"),
        }
    }
}

/// Nodes as text that parses to the same nodes.
///
/// It differs from what messages show where text ends in a brace: that brace must not run into the action behind it,
/// so the action trims a space that is put between.
pub(crate) fn source(nodes: &[Node]) -> String {
    let mut out = String::new();
    write_nodes(&mut out, nodes);
    out
}

fn write_nodes(out: &mut String, nodes: &[Node]) {
    for node in nodes {
        match node {
            Node::Text(_, text) => write_text(out, text),
            Node::If(branch) => write_block(out, "if", branch),
            Node::With(branch) => write_block(out, "with", branch),
            Node::Range(branch) => write_block(out, "range", branch),
            _ => open(out, &node.to_string()),
        }
    }
}

/// Two braces in a row would open an action: a comment keeps them apart.
fn write_text(out: &mut String, text: &str) {
    for c in text.chars() {
        if c == '{' && out.ends_with('{') {
            out.push_str(" {{- /**/ -}} ");
        }
        out.push(c);
    }
}

fn write_block(out: &mut String, word: &str, branch: &Branch) {
    open(out, &format!("{{{{{word} {}}}}}", branch.pipe));
    write_nodes(out, &branch.body);
    if let Some(otherwise) = &branch.otherwise {
        open(out, "{{else}}");
        write_nodes(out, otherwise);
    }
    open(out, "{{end}}");
}

fn open(out: &mut String, action: &str) {
    if out.ends_with('{') {
        out.push_str(" {{- ");
        out.push_str(action.trim_start_matches("{{"));
    } else {
        out.push_str(action);
    }
}

//! What a template's text means.
//!
//! ```text
//!   Tree ── Node* ── Text
//!                 ├─ Action, If, With, Range, Template ── Pipe ── Command* ── Operand*
//!                 └─ Break, Continue
//! ```

mod fields;
mod number;
mod print;

use std::sync::Arc;

pub use fields::Reads;
pub(crate) use number::{Ideal, Number};
pub(crate) use print::source;

use crate::functions::{Builtin, Function};

/// The byte of the text where something starts: for messages alone, so that all positions are equal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pos(pub usize);

impl PartialEq for Pos {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// One parsed template.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The name of the text it stands in, and that text.
    pub parse_name: Arc<str>,
    pub text: Arc<str>,
    pub root: Vec<Node>,
}

impl Tree {
    /// Whether there is nothing in it but spaces.
    pub(crate) fn is_empty(&self) -> bool {
        self.root.iter().all(|node| matches!(node, Node::Text(_, text) if text.trim().is_empty()))
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum Node {
    Text(Pos, Box<str>),
    Action(Pos, Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template { pos: Pos, name: Box<str>, pipe: Option<Pipe> },
    Break(Pos),
    Continue(Pos),
}

impl Node {
    /// Where it starts; a branch, where its pipeline does.
    pub(crate) fn pos(&self) -> Pos {
        match self {
            Self::Text(pos, _) | Self::Action(pos, _) | Self::Break(pos) | Self::Continue(pos) => *pos,
            Self::Template { pos, .. } => *pos,
            Self::If(branch) | Self::With(branch) | Self::Range(branch) => branch.pipe.pos,
        }
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Branch {
    pub pipe: Pipe,
    pub body: Vec<Node>,
    pub otherwise: Option<Vec<Node>>,
}

/// Commands, each of which takes what the one before gave; and the variables that take what the last one gave.
#[derive(Debug, PartialEq)]
pub(crate) struct Pipe {
    pub pos: Pos,
    pub assigns: bool,
    pub variables: Vec<Operand>,
    pub commands: Vec<Command>,
}

/// A function, field or value with arguments. There is always a first operand.
#[derive(Debug, PartialEq)]
pub(crate) struct Command {
    pub pos: Pos,
    pub first: Operand,
    pub args: Vec<Operand>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Operand {
    pub pos: Pos,
    pub kind: OperandKind,
}

#[derive(Debug, PartialEq)]
pub(crate) enum OperandKind {
    Bool(bool),
    Number(Number),
    Text {
        quoted: Box<str>,
        text: Box<str>,
    },
    Nil,
    Dot,
    /// `.a.b`
    Field(Vec<Box<str>>),
    /// `$x.a.b`, the dollar being part of the name.
    Variable(Box<str>, Vec<Box<str>>),
    Function(Callee),
    /// `(…).a.b`
    Chain(Box<Operand>, Vec<Box<str>>),
    Pipe(Box<Pipe>),
}

/// A function by its name.
#[derive(Debug, Clone)]
pub(crate) struct Callee {
    pub name: Box<str>,
    pub function: Called,
}

#[derive(Debug, Clone)]
pub(crate) enum Called {
    Builtin(Builtin),
    Function(Arc<Function>),
}

impl PartialEq for Callee {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

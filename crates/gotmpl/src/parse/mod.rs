//! Tokens to trees.
//!
//! ```text
//!   Parser ── control ── if, range, with, define, block, template …
//!          └─ pipeline ── declarations, commands, operands
//! ```

mod control;
mod pipeline;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::ParseError;
use crate::functions::{Builtin, Functions};
use crate::lex::{Keyword, Kind, Lexer, Token};
use crate::quote::{quote, unquote};
use crate::tree::{Called, Callee, Node, Pos, Tree};

/// The trees of one text by name: its own and those it defines.
pub(crate) type Trees = BTreeMap<Arc<str>, Arc<Tree>>;

/// Parses `text`; blocks and parentheses lie at most `nesting_max` deep.
pub(crate) fn parse(name: &str, text: &str, functions: &Functions, nesting_max: usize) -> Result<Trees, ParseError> {
    let lexer = Lexer::new(text, functions.get("break").is_none(), functions.get("continue").is_none());
    let mut parser = Parser {
        name: name.into(),
        text: text.into(),
        functions,
        lexer,
        scope: Scope::default(),
        trees: Trees::new(),
        nesting: 0,
        nesting_max,
    };
    let root = parser.top_level()?;
    parser.add(name, root)?;
    Ok(parser.trees)
}

type Result_<T> = Result<T, ParseError>;

struct Parser<'s> {
    name: Arc<str>,
    text: Arc<str>,
    functions: &'s Functions,
    lexer: Lexer<'s>,
    scope: Scope<'s>,
    trees: Trees,
    nesting: usize,
    nesting_max: usize,
}

/// What belongs to one tree while it is parsed: a definition inside another text starts with a fresh one.
struct Scope<'s> {
    /// Tokens put back, the next one last.
    back: Vec<Token<'s>>,
    /// Line of the token read last: where errors are.
    line: usize,
    /// Line of the action being read, 0 outside.
    action_line: usize,
    range_depth: usize,
    variables: Vec<Box<str>>,
}

impl Default for Scope<'_> {
    fn default() -> Self {
        Self { back: Vec::new(), line: 0, action_line: 0, range_depth: 0, variables: vec!["$".into()] }
    }
}

/// Why a list of nodes came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    End,
    Else,
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        })
    }
}

/// What stands between two tokens of a list.
enum Item {
    Node(Node),
    End(End),
}

impl<'s> Parser<'s> {
    fn next(&mut self) -> Token<'s> {
        if let Some(token) = self.scope.back.pop() {
            return token;
        }
        let token = self.lexer.next();
        self.scope.line = token.line;
        token
    }

    fn back(&mut self, token: Token<'s>) {
        self.scope.back.push(token);
    }

    fn peek(&mut self) -> Kind {
        let token = self.next();
        let kind = token.kind;
        self.back(token);
        kind
    }

    fn next_non_space(&mut self) -> Token<'s> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token<'s> {
        let token = self.next_non_space();
        self.back(token.clone());
        token
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result_<T> {
        Err(ParseError { name: self.name.to_string(), line: self.scope.line, message: message.into() })
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result_<Token<'s>> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { self.unexpected(&token, context) }
    }

    fn unexpected<T>(&self, token: &Token<'_>, context: &str) -> Result_<T> {
        if token.kind != Kind::Error {
            return self.fail(format!("unexpected {token} in {context}"));
        }
        let line = self.scope.action_line;
        if line == 0 || line == token.line {
            return self.fail(token.to_string());
        }
        let action = if token.text.ends_with(" action") { "" } else { " in action" };
        self.fail(format!("{token}{action} started at {}:{line}", self.name))
    }

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result_<T>) -> Result_<T> {
        if self.nesting >= self.nesting_max {
            return self.fail("max expression depth exceeded");
        }
        self.nesting += 1;
        let result = parse(self);
        self.nesting -= 1;
        result
    }

    /// Runs `parse` for a tree of its own inside this text.
    fn in_scope<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result_<T>) -> Result_<T> {
        let outer = std::mem::take(&mut self.scope);
        let result = self.nested(parse);
        self.scope = outer;
        result
    }

    fn add(&mut self, name: &str, root: Vec<Node>) -> Result_<()> {
        let tree = Tree { parse_name: Arc::clone(&self.name), text: Arc::clone(&self.text), root };
        match self.trees.get(name) {
            Some(old) if !old.is_empty() && tree.is_empty() => return Ok(()),
            Some(old) if !old.is_empty() => {
                return self.fail(format!("template: multiple definition of template {}", quote(name, false)));
            }
            _ => {}
        }
        self.trees.insert(name.into(), Arc::new(tree));
        Ok(())
    }

    fn top_level(&mut self) -> Result_<Vec<Node>> {
        let mut nodes = Vec::new();
        loop {
            let token = self.next();
            match token.kind {
                Kind::Eof => return Ok(nodes),
                Kind::LeftDelim => {
                    let next = self.next_non_space();
                    if next.kind == Kind::Keyword(Keyword::Define) {
                        self.in_scope(Self::definition)?;
                        continue;
                    }
                    self.back(next);
                    self.back(token);
                }
                _ => self.back(token),
            }
            match self.item()? {
                Item::Node(node) => append(&mut nodes, node),
                Item::End(end) => return self.fail(format!("unexpected {end}")),
            }
        }
    }

    /// Nodes up to `{{end}}` or `{{else}}`.
    fn list(&mut self) -> Result_<(Vec<Node>, End)> {
        let mut nodes = Vec::new();
        while self.peek_non_space().kind != Kind::Eof {
            match self.item()? {
                Item::Node(node) => append(&mut nodes, node),
                Item::End(end) => return Ok((nodes, end)),
            }
        }
        self.fail("unexpected EOF")
    }

    fn item(&mut self) -> Result_<Item> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(Pos(token.pos), token.text.into()))),
            Kind::LeftDelim => {
                self.scope.action_line = token.line;
                let item = self.action()?;
                self.scope.action_line = 0;
                Ok(item)
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn quoted_name(&mut self, token: &Token<'_>, context: &str) -> Result_<String> {
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(token, context);
        }
        match unquote(&token.text) {
            Some(name) => Ok(name),
            None => self.fail("invalid syntax"),
        }
    }

    fn callee(&self, name: &str) -> Option<Callee> {
        let function = match self.functions.get(name) {
            Some(function) => Called::Function(Arc::clone(function)),
            None => Called::Builtin(Builtin::of(name)?),
        };
        Some(Callee { name: name.into(), function })
    }
}

/// Text next to text, as it is around a comment or a definition, is one text.
fn append(nodes: &mut Vec<Node>, node: Node) {
    if let (Some(Node::Text(_, before)), Node::Text(_, text)) = (nodes.last_mut(), &node) {
        *before = [&**before, text].concat().into();
    } else {
        nodes.push(node);
    }
}

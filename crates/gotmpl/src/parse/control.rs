//! Actions that steer: branches, loops, definitions and calls of templates.

use super::{End, Item, Parser, Result_};
use crate::lex::{Keyword, Kind};
use crate::tree::{Branch, Node, Pos};

impl Parser<'_> {
    /// An action, the left delimiter of which is behind us.
    pub(super) fn action(&mut self) -> Result_<Item> {
        let token = self.next_non_space();
        let Kind::Keyword(keyword) = token.kind else {
            self.back(token);
            return self.output();
        };
        match keyword {
            Keyword::Block => self.in_template_call(true).map(Item::Node),
            Keyword::Break => self.leave("{{break}}", Node::Break(Pos(token.pos))),
            Keyword::Continue => self.leave("{{continue}}", Node::Continue(Pos(token.pos))),
            Keyword::Else => self.otherwise().map(|()| Item::End(End::Else)),
            Keyword::End => self.expect(Kind::RightDelim, "end").map(|_| Item::End(End::End)),
            Keyword::If => self.branch("if").map(|branch| Item::Node(Node::If(branch))),
            Keyword::Range => self.branch("range").map(|branch| Item::Node(Node::Range(branch))),
            Keyword::Template => self.in_template_call(false).map(Item::Node),
            Keyword::With => self.branch("with").map(|branch| Item::Node(Node::With(branch))),
            Keyword::Define | Keyword::Dot | Keyword::Nil => {
                self.back(token);
                self.output()
            }
        }
    }

    fn output(&mut self) -> Result_<Item> {
        let pos = Pos(self.peek_token_pos());
        let pipe = self.pipeline("command", Kind::RightDelim)?;
        Ok(Item::Node(Node::Action(pos, pipe)))
    }

    fn peek_token_pos(&mut self) -> usize {
        let token = self.next();
        let pos = token.pos;
        self.back(token);
        pos
    }

    fn leave(&mut self, word: &str, node: Node) -> Result_<Item> {
        let token = self.next_non_space();
        if token.kind != Kind::RightDelim {
            return self.unexpected(&token, word);
        }
        if self.scope.range_depth == 0 {
            return self.fail(format!("{word} outside {{{{range}}}}"));
        }
        Ok(Item::Node(node))
    }

    /// `{{else}}`, or the first half of `{{else if …}}` and `{{else with …}}`: the other half stays to be read.
    fn otherwise(&mut self) -> Result_<()> {
        if !matches!(self.peek_non_space().kind, Kind::Keyword(Keyword::If | Keyword::With)) {
            self.expect(Kind::RightDelim, "else")?;
        }
        Ok(())
    }

    fn branch(&mut self, word: &'static str) -> Result_<Branch> {
        self.nested(|parser| parser.branch_here(word))
    }

    fn branch_here(&mut self, word: &'static str) -> Result_<Branch> {
        let mark = self.scope.variables.len();
        let pipe = self.pipeline(word, Kind::RightDelim)?;
        let in_range = usize::from(word == "range");
        self.scope.range_depth += in_range;
        let (body, end) = self.list()?;
        self.scope.range_depth -= in_range;
        let otherwise = match end {
            End::End => None,
            End::Else => Some(self.else_list(word)?),
        };
        self.scope.variables.truncate(mark);
        Ok(Branch { pipe, body, otherwise })
    }

    /// What follows `{{else`: `{{else if}}` is an `if` of its own that ends with this one.
    fn else_list(&mut self, word: &'static str) -> Result_<Vec<Node>> {
        let next = self.peek();
        if (word == "if" && next == Kind::Keyword(Keyword::If))
            || (word == "with" && next == Kind::Keyword(Keyword::With))
        {
            self.next();
            let branch = self.branch(word)?;
            return Ok(vec![if word == "if" { Node::If(branch) } else { Node::With(branch) }]);
        }
        let (nodes, end) = self.list()?;
        if end != End::End {
            return self.fail(format!("expected end; found {end}"));
        }
        Ok(nodes)
    }

    /// The rest of `{{define "name"}} … {{end}}`.
    pub(super) fn definition(&mut self) -> Result_<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
        let name = self.quoted_name(&token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let (root, end) = self.list()?;
        if end != End::End {
            return self.fail(format!("unexpected {end} in {CONTEXT}"));
        }
        self.add(&name, root)
    }

    /// The rest of `{{template "name" pipeline}}`, or of `{{block "name" pipeline}} … {{end}}`, which also defines it.
    fn in_template_call(&mut self, is_block: bool) -> Result_<Node> {
        let context = if is_block { "block clause" } else { "template clause" };
        let token = self.next_non_space();
        let name = self.quoted_name(&token, context)?;
        let has_pipe = is_block || self.peek_non_space().kind != Kind::RightDelim;
        let pipe = if has_pipe {
            Some(self.pipeline(context, Kind::RightDelim)?)
        } else {
            self.next_non_space();
            None
        };
        if is_block {
            self.block_body(&name, context)?;
        }
        Ok(Node::Template { pos: Pos(token.pos), name: name.into(), pipe })
    }

    fn block_body(&mut self, name: &str, context: &str) -> Result_<()> {
        let end = self.in_scope(|parser| {
            let (root, end) = parser.list()?;
            if end == End::End {
                parser.add(name, root)?;
            }
            Ok(end)
        })?;
        if end == End::End { Ok(()) } else { self.fail(format!("unexpected {end} in {context}")) }
    }
}

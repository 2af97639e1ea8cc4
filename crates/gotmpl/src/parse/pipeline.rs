//! Pipelines, commands and operands.

use super::{Parser, Result_};
use crate::lex::{Keyword, Kind, Token};
use crate::quote::{quote, unquote};
use crate::tree::{Command, Number, Operand, OperandKind, Pipe, Pos};

impl<'s> Parser<'s> {
    /// `$x, $y := command | command`, up to `end`.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result_<Pipe> {
        let pos = Pos(self.peek_non_space().pos);
        let mut pipe = Pipe { pos, assigns: false, variables: Vec::new(), commands: Vec::new() };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Keyword(Keyword::Dot | Keyword::Nil)
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.back(token);
                    pipe.commands.push(self.command()?);
                }
                _ => return self.unexpected(&token, context),
            }
        }
        self.check(&pipe, context)?;
        Ok(pipe)
    }

    /// Variables and `:=` or `=`; a variable that neither follows is an operand and is put back.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Result_<()> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.next();
            let after = self.next();
            let next = if after.kind == Kind::Space { self.next_non_space() } else { after.clone() };
            let is_comma = next.kind == Kind::Char && next.text == ",";
            if !is_comma && !matches!(next.kind, Kind::Assign | Kind::Declare) {
                if after.kind == Kind::Space {
                    self.back(next);
                }
                self.back(after);
                self.back(variable);
                return Ok(());
            }
            pipe.variables.push(variable_operand(&variable));
            self.scope.variables.push(variable.text.into());
            if !is_comma {
                pipe.assigns = next.kind == Kind::Assign;
                return Ok(());
            }
            if context != "range" || pipe.variables.len() >= 2 {
                return self.fail(format!("too many declarations in {context}"));
            }
            if !matches!(self.peek_non_space().kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                return self.fail("range can only initialize variables");
            }
        }
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Result_<()> {
        if pipe.commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        let literal = pipe.commands.iter().skip(1).position(|command| {
            matches!(
                command.first.kind,
                OperandKind::Bool(_)
                    | OperandKind::Dot
                    | OperandKind::Nil
                    | OperandKind::Number(_)
                    | OperandKind::Text { .. }
            )
        });
        match literal {
            Some(index) => self.fail(format!("non executable command in pipeline stage {}", index + 2)),
            None => Ok(()),
        }
    }

    /// Operands between spaces, up to a pipe, which is taken, or the end of the pipeline, which is not.
    fn command(&mut self) -> Result_<Command> {
        let pos = Pos(self.peek_non_space().pos);
        let mut first = None;
        let mut args = Vec::new();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                if first.is_none() {
                    first = Some(operand);
                } else {
                    args.push(operand);
                }
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.back(token),
                Kind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        match first {
            Some(first) => Ok(Command { pos, first, args }),
            None => self.fail("empty command"),
        }
    }

    /// A term and the fields behind it.
    fn operand(&mut self) -> Result_<Option<Operand>> {
        let Some(term) = self.term()? else { return Ok(None) };
        let mut fields = Vec::new();
        let mut pos = term.pos;
        while self.peek() == Kind::Field {
            let token = self.next();
            if fields.is_empty() {
                pos = Pos(token.pos);
            }
            fields.push(Box::from(&token.text[1..]));
        }
        if fields.is_empty() {
            return Ok(Some(term));
        }
        let kind = match term.kind {
            OperandKind::Field(mut names) => {
                names.extend(fields);
                OperandKind::Field(names)
            }
            OperandKind::Variable(name, mut names) => {
                names.extend(fields);
                OperandKind::Variable(name, names)
            }
            OperandKind::Function(_) | OperandKind::Pipe(_) | OperandKind::Chain(..) => {
                OperandKind::Chain(Box::new(term), fields)
            }
            _ => return self.fail(format!("unexpected . after term {}", quote(&term.to_string(), false))),
        };
        Ok(Some(Operand { pos, kind }))
    }

    fn term(&mut self) -> Result_<Option<Operand>> {
        let token = self.next_non_space();
        let kind = match token.kind {
            Kind::Identifier => match self.callee(&token.text) {
                Some(callee) => OperandKind::Function(callee),
                None => return self.fail(format!("function {} not defined", quote(&token.text, false))),
            },
            Kind::Keyword(Keyword::Dot) => OperandKind::Dot,
            Kind::Keyword(Keyword::Nil) => OperandKind::Nil,
            Kind::Variable => {
                if !self.scope.variables.iter().any(|name| **name == token.text) {
                    return self.fail(format!("undefined variable {}", quote(&token.text, false)));
                }
                OperandKind::Variable(token.text.as_ref().into(), Vec::new())
            }
            Kind::Field => OperandKind::Field(vec![token.text[1..].into()]),
            Kind::Bool => OperandKind::Bool(token.text == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => self.number(&token)?,
            Kind::LeftParen => {
                let pipe = self.nested(|parser| parser.pipeline("parenthesized pipeline", Kind::RightParen))?;
                OperandKind::Pipe(Box::new(pipe))
            }
            Kind::String | Kind::RawString => match unquote(&token.text) {
                Some(text) => OperandKind::Text { quoted: token.text.as_ref().into(), text: text.into() },
                None => return self.fail("invalid syntax"),
            },
            _ => {
                self.back(token);
                return Ok(None);
            }
        };
        let pos = match &kind {
            OperandKind::Pipe(pipe) => pipe.pos,
            _ => Pos(token.pos),
        };
        Ok(Some(Operand { pos, kind }))
    }

    fn number(&self, token: &Token<'s>) -> Result_<OperandKind> {
        let number = match token.kind {
            Kind::CharConstant => Number::character(&token.text),
            Kind::Complex => Err(format!("imaginary constants are not supported: {}", quote(&token.text, false))),
            _ => Number::parse(&token.text),
        };
        match number {
            Ok(number) => Ok(OperandKind::Number(number)),
            Err(message) => self.fail(message),
        }
    }
}

fn variable_operand(token: &Token<'_>) -> Operand {
    Operand { pos: Pos(token.pos), kind: OperandKind::Variable(token.text.as_ref().into(), Vec::new()) }
}

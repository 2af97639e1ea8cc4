//! Pipelines and commands.

use super::{At, Held, Result_, Run};
use crate::quote::quote;
use crate::tree::{Command, Ideal, Number, Operand, OperandKind, Pipe};
use crate::value::Value;

impl<'a> Run<'a, '_> {
    /// What the last command gives. Variables that are declared stay until the caller takes them away.
    pub(super) fn pipeline(&mut self, dot: &Held<'a>, pipe: &'a Pipe) -> Result_<Held<'a>> {
        self.at = Some(At::Pipe(pipe));
        let mut held = None;
        for command in &pipe.commands {
            held = Some(self.command(dot, command, held)?.open());
        }
        let held = held.unwrap_or(Held::NOTHING);
        for variable in &pipe.variables {
            let OperandKind::Variable(name, _) = &variable.kind else { continue };
            if pipe.assigns {
                self.assign(name, held.clone())?;
            } else {
                self.variables.push((name, held.clone()));
            }
        }
        Ok(held)
    }

    /// `last` is what the command before gave.
    fn command(&mut self, dot: &Held<'a>, command: &'a Command, last: Option<Held<'a>>) -> Result_<Held<'a>> {
        self.step(1)?;
        let Command { first, args, .. } = command;
        match &first.kind {
            OperandKind::Field(names) => {
                self.at = Some(At::Operand(first));
                return self.fields(dot, dot, At::Operand(first), names, (args, last));
            }
            OperandKind::Chain(operand, names) => return self.chain(dot, first, operand, names, (args, last)),
            OperandKind::Function(callee) => {
                self.at = Some(At::Operand(first));
                return self.function(dot, callee, At::Command(command), (args, last));
            }
            OperandKind::Pipe(pipe) => {
                self.not_a_function(first, args, last.as_ref())?;
                return self.deeper(|run| run.pipeline(dot, pipe));
            }
            OperandKind::Variable(name, names) => {
                self.at = Some(At::Operand(first));
                let held = self.variable(name)?;
                if names.is_empty() {
                    self.not_a_function(first, args, last.as_ref())?;
                    return Ok(held);
                }
                return self.fields(dot, &held, At::Operand(first), names, (args, last));
            }
            _ => {}
        }
        self.at = Some(At::Operand(first));
        self.not_a_function(first, args, last.as_ref())?;
        match &first.kind {
            OperandKind::Bool(v) => Ok(Held::Value(Value::Bool(*v))),
            OperandKind::Dot => Ok(dot.clone()),
            OperandKind::Number(number) => self.ideal(first, number),
            OperandKind::Text { text, .. } => Ok(Held::Value(Value::from(&**text))),
            OperandKind::Nil => self.fail("nil is not a command"),
            _ => self.fail(format!("can't evaluate command {}", quote(&first.to_string(), false))),
        }
    }

    fn not_a_function(&self, first: &Operand, args: &[Operand], last: Option<&Held<'a>>) -> Result_<()> {
        if args.is_empty() && last.is_none() {
            return Ok(());
        }
        let shown = first.to_string();
        self.fail(format!("can't give argument to non-function {shown}"))
    }

    /// A number where nothing asks for a type.
    pub(super) fn ideal(&mut self, operand: &'a Operand, number: &Number) -> Result_<Held<'a>> {
        self.at = Some(At::Operand(operand));
        match number.ideal {
            Ideal::Int(v) => Ok(Held::Value(Value::Int(v))),
            Ideal::Float(v) => Ok(Held::Value(Value::Float(v))),
            Ideal::Overflow => self.fail(format!("{} overflows int", number.text)),
        }
    }
}

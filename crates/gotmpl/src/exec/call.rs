//! Calls of functions and methods.

use std::sync::Arc;

use super::field::Args;
use super::{At, Held, Result_, Run};
use crate::error::Cause;
use crate::functions::{Builtin, Call, Fault, Signature, slice};
use crate::tree::{Called, Callee, Operand, OperandKind};
use crate::value::{Kind, Object, Type, Value};

/// A step for every so many bytes that a function makes.
const BYTES_PER_STEP: usize = 64;

impl<'a> Run<'a, '_> {
    /// `place` is where its own errors are.
    pub(super) fn function(
        &mut self,
        dot: &Held<'a>,
        callee: &'a Callee,
        place: At<'a>,
        args: Args<'a>,
    ) -> Result_<Held<'a>> {
        let name = &*callee.name;
        match &callee.function {
            Called::Builtin(builtin) => self.builtin(dot, *builtin, name, place, args),
            Called::Function(function) => {
                let base = self.arguments(dot, function.signature, name, args)?;
                self.finish(base, name, place, |call| (function.body)(call))
            }
        }
    }

    pub(super) fn method(
        &mut self,
        dot: &Held<'a>,
        object: &Arc<dyn Object>,
        signature: Signature,
        place: At<'a>,
        name: &'a str,
        args: Args<'a>,
    ) -> Result_<Held<'a>> {
        let base = self.arguments(dot, signature, name, args)?;
        self.finish(base, name, place, |call| object.invoke(name, call))
    }

    fn builtin(
        &mut self,
        dot: &Held<'a>,
        builtin: Builtin,
        name: &'a str,
        place: At<'a>,
        args: Args<'a>,
    ) -> Result_<Held<'a>> {
        match builtin {
            Builtin::And | Builtin::Or => {
                self.check_count(builtin.signature(), name, &args)?;
                self.short_circuit(dot, builtin == Builtin::Or, args)
            }
            Builtin::Len => {
                self.check_count(builtin.signature(), name, &args)?;
                self.len(dot, name, place, args)
            }
            Builtin::Index if self.is_key_of_dot(dot, &args) => self.index_of_dot(dot, name, place, &args.0[1]),
            Builtin::Slice => {
                self.check_count(builtin.signature(), name, &args)?;
                self.slice(dot, name, place, args)
            }
            Builtin::Call => self.call_value(dot, name, place, args),
            _ => {
                let base = self.arguments(dot, builtin.signature(), name, args)?;
                self.finish(base, name, place, |call| builtin.run(call))
            }
        }
    }

    /// `and`, `or`: the first argument that decides, or the last one; what comes behind is not evaluated.
    fn short_circuit(&mut self, dot: &Held<'a>, until: bool, (args, last): Args<'a>) -> Result_<Held<'a>> {
        let mut value = Value::Nil;
        for operand in args {
            value = self.argument(dot, Type::Reflected, operand)?;
            if value.truth() == until {
                return Ok(Held::Value(value));
            }
        }
        Ok(last.unwrap_or(Held::Value(value)))
    }

    /// An element that is nothing has a type in Go, and another message.
    fn len(&mut self, dot: &Held<'a>, name: &str, place: At<'a>, (args, last): Args<'a>) -> Result_<Held<'a>> {
        let held = match (args.first(), last) {
            (Some(operand), _) => self.operand(dot, operand)?,
            (None, last) => last.unwrap_or(Held::NOTHING),
        };
        let is_boxed_nil = matches!(held, Held::Boxed(Value::Nil));
        let value = self.value_of(held);
        self.args.push(value);
        self.finish(self.args.len() - 1, name, place, |call| {
            if is_boxed_nil { Err(Fault::new("len of nil pointer")) } else { Builtin::Len.run(call) }
        })
    }

    /// Whether `index` is asked for one key of the map of strings, which need not be made a whole for that.
    fn is_key_of_dot(&self, dot: &Held<'a>, (args, last): &Args<'a>) -> bool {
        let is_dot = |operand: &Operand| matches!(operand.kind, OperandKind::Dot);
        matches!(dot, Held::Dot) && last.is_none() && args.len() == 2 && args.first().is_some_and(is_dot)
    }

    fn index_of_dot(&mut self, dot: &Held<'a>, name: &str, place: At<'a>, key: &'a Operand) -> Result_<Held<'a>> {
        let key = self.argument(dot, Type::Reflected, key)?;
        if let (Value::Text(key), Some(data)) = (&key, self.dot) {
            return Ok(Held::Value(Value::Text(data.field(key).unwrap_or_default())));
        }
        let whole = self.value_of(Held::Dot);
        let base = self.args.len();
        self.args.extend([whole, key]);
        self.finish(base, name, place, |call| Builtin::Index.run(call))
    }

    /// Go does not look into an index that comes as an element of a collection of anything.
    fn slice(&mut self, dot: &Held<'a>, name: &str, place: At<'a>, (args, last): Args<'a>) -> Result_<Held<'a>> {
        let base = self.args.len();
        let mut boxed = None;
        for (i, operand) in args.iter().enumerate() {
            let held = self.operand(dot, operand)?;
            if i > 0 && matches!(held, Held::Boxed(_)) {
                boxed = boxed.or(Some(i));
            }
            let value = self.value_of(held);
            self.args.push(value);
        }
        if let Some(last) = last {
            let value = self.value_of(last);
            self.args.push(value);
        }
        self.finish(base, name, place, |call| slice(call, boxed))
    }

    /// `call f 1 2`
    fn call_value(&mut self, dot: &Held<'a>, name: &str, place: At<'a>, args: Args<'a>) -> Result_<Held<'a>> {
        let shown = args.0.first().map(ToString::to_string);
        let base = self.arguments(dot, Builtin::Call.signature(), name, args)?;
        self.finish(base, name, place, |call| {
            let function = match call.take(0) {
                Value::Nil => return Err(Fault::new("call of nil")),
                Value::Function(function) => function,
                other => {
                    let shown = shown.unwrap_or_else(|| match &other {
                        Value::Text(text) => text.to_string(),
                        other => format!("<{} Value>", other.type_name()),
                    });
                    return Err(Fault::new(format!("non-function {shown} of type {}", other.type_name())));
                }
            };
            let shown = shown.unwrap_or_else(|| format!("<{} Value>", function.signature));
            call.without_first(|call| {
                prepare_called(function.signature, &shown, call.args_mut())?;
                (function.body)(call)
            })
        })
    }

    fn check_count(&self, signature: Signature, name: &str, (args, last): &Args<'a>) -> Result_<()> {
        let (fixed, count) = (signature.fixed.len(), args.len() + usize::from(last.is_some()));
        if signature.rest.is_none() && count != fixed {
            return self.fail(format!("wrong number of args for {name}: want {fixed} got {count}"));
        }
        if count < fixed {
            return self.fail(format!("wrong number of args for {name}: want at least {fixed} got {}", args.len()));
        }
        Ok(())
    }

    /// Puts the arguments on the stack of arguments, and says where they begin.
    fn arguments(
        &mut self,
        dot: &Held<'a>,
        signature: Signature,
        name: &str,
        (args, last): Args<'a>,
    ) -> Result_<usize> {
        self.check_count(signature, name, &(args, last.clone()))?;
        let base = self.args.len();
        for (i, operand) in args.iter().enumerate() {
            let value = self.argument(dot, signature.parameter(i), operand)?;
            self.args.push(value);
        }
        if let Some(last) = last {
            let value = self.validate(last, signature.parameter(args.len()))?;
            self.args.push(value);
        }
        Ok(base)
    }

    /// Calls with the arguments from `base` on, and takes them away.
    fn finish(
        &mut self,
        base: usize,
        name: &str,
        place: At<'a>,
        body: impl FnOnce(&mut Call<'_, 'a>) -> Result<Value<'a>, Fault>,
    ) -> Result_<Held<'a>> {
        let mut args = std::mem::take(&mut self.args);
        let result = body(&mut Call::new(&mut args[base..], self.host, self.limits.output_bytes_max));
        args.truncate(base);
        self.args = args;
        match result {
            Ok(Value::Text(text)) if text.len() > self.limits.output_bytes_max => {
                self.fail_with(Cause::OutputTooLong(self.limits.output_bytes_max))
            }
            Ok(value) => {
                if let Value::Text(text) = &value {
                    self.step(u64::try_from(text.len() / BYTES_PER_STEP).unwrap_or(u64::MAX))?;
                }
                Ok(Held::Value(value))
            }
            Err(fault) => {
                self.at = Some(place);
                self.fail_with(Cause::Function { function: name.to_owned(), fault })
            }
        }
    }
}

/// What `call` checks itself: a whole number of one type is made one of another.
fn prepare_called(signature: Signature, name: &str, args: &mut [Value<'_>]) -> Result<(), Fault> {
    let (fixed, count) = (signature.fixed.len(), args.len());
    if signature.rest.is_none() && count != fixed {
        return Err(Fault::new(format!("wrong number of args for {name}: got {count} want {fixed}")));
    }
    if count < fixed {
        return Err(Fault::new(format!("wrong number of args for {name}: got {count} want at least {fixed}")));
    }
    for (i, value) in args.iter_mut().enumerate() {
        let wanted = signature.parameter(i);
        if matches!(value, Value::Nil) {
            if !wanted.holds_nil() {
                return Err(Fault::new(format!("arg {i}: value is nil; should be of type {wanted}")));
            }
        } else if !super::argument::fits(value, wanted) {
            let Some(converted) = converted(value, wanted) else {
                let got = value.type_name();
                return Err(Fault::new(format!("arg {i}: value has type {got}; should be {wanted}")));
            };
            *value = converted;
        }
    }
    Ok(())
}

/// A whole number as one of another type, cut off as Go does.
fn converted(value: &Value<'_>, wanted: Type) -> Option<Value<'static>> {
    let bits = match *value.beneath() {
        Value::Int(v) | Value::Int64(v) => v.cast_unsigned(),
        Value::Uint64(v) => v,
        Value::Byte(v) => v.into(),
        _ => return None,
    };
    match wanted {
        Type::Int => Some(Value::Int(bits.cast_signed())),
        Type::Int64 | Type::Named(_, Kind::Int64) => Some(Value::Int64(bits.cast_signed())),
        Type::Uint64 => Some(Value::Uint64(bits)),
        Type::Byte => Some(Value::Byte(u8::try_from(bits & 0xff).unwrap_or_default())),
        _ => None,
    }
}

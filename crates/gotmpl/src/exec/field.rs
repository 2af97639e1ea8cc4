//! Fields, keys and methods.

use std::borrow::Cow;
use std::sync::Arc;

use super::range::element;
use super::{At, Held, Result_, Run};
use crate::limits::MissingKey;
use crate::quote::quote;
use crate::tree::{Operand, OperandKind};
use crate::value::{Map, Object, Value};

/// Arguments as they stand, and the one that the pipeline adds.
pub(super) type Args<'a> = (&'a [Operand], Option<Held<'a>>);

fn has_args((args, last): &Args<'_>) -> bool {
    !args.is_empty() || last.is_some()
}

impl<'a> Run<'a, '_> {
    /// `.a.b.c` of `receiver`; arguments go to the last one.
    pub(super) fn fields(
        &mut self,
        dot: &Held<'a>,
        receiver: &Held<'a>,
        place: At<'a>,
        names: &'a [Box<str>],
        args: Args<'a>,
    ) -> Result_<Held<'a>> {
        let Some((last, path)) = names.split_last() else { return Ok(receiver.clone()) };
        let Some((first, path)) = path.split_first() else { return self.field(dot, receiver, place, last, args) };
        let mut held = self.field(dot, receiver, place, first, (&[], None))?;
        for name in path {
            held = self.field(dot, &held, place, name, (&[], None))?;
        }
        self.field(dot, &held, place, last, args)
    }

    /// `(…).a.b`
    pub(super) fn chain(
        &mut self,
        dot: &Held<'a>,
        chain: &'a Operand,
        inner: &'a Operand,
        names: &'a [Box<str>],
        args: Args<'a>,
    ) -> Result_<Held<'a>> {
        self.at = Some(At::Operand(chain));
        if matches!(inner.kind, OperandKind::Nil) {
            return self.fail(format!("indirection through explicit nil in {chain}"));
        }
        let held = self.operand(dot, inner)?;
        self.fields(dot, &held, At::Operand(chain), names, args)
    }

    fn field(
        &mut self,
        dot: &Held<'a>,
        receiver: &Held<'a>,
        place: At<'a>,
        name: &'a str,
        args: Args<'a>,
    ) -> Result_<Held<'a>> {
        match receiver {
            Held::Dot => self.key_of_dot(name, &args),
            Held::Value(Value::Nil) => {
                if self.missing == MissingKey::Error {
                    return self.fail(format!("nil data; no entry for key {}", quote(name, false)));
                }
                Ok(Held::NOTHING)
            }
            Held::Boxed(Value::Nil) => self.fail(format!("nil pointer evaluating interface {{}}.{name}")),
            Held::Value(Value::Map(map)) | Held::Boxed(Value::Map(map)) => self.key_of(map, name, &args),
            Held::Value(Value::Object(object)) | Held::Boxed(Value::Object(object)) => {
                let object = Arc::clone(object);
                self.member(dot, receiver, &object, place, name, args)
            }
            Held::Value(_) | Held::Boxed(_) => self.no_field(receiver, name),
        }
    }

    fn no_field<T>(&self, receiver: &Held<'a>, name: &str) -> Result_<T> {
        let type_name = match receiver {
            Held::Dot => "map[string]string".into(),
            Held::Value(value) => value.type_name(),
            Held::Boxed(_) => "interface {}".into(),
        };
        self.fail(format!("can't evaluate field {name} in type {type_name}"))
    }

    fn member(
        &mut self,
        dot: &Held<'a>,
        receiver: &Held<'a>,
        object: &Arc<dyn Object>,
        place: At<'a>,
        name: &'a str,
        args: Args<'a>,
    ) -> Result_<Held<'a>> {
        if let Some(signature) = object.method(name) {
            return self.method(dot, object, signature, place, name, args);
        }
        if let Some(value) = object.field(name) {
            if has_args(&args) {
                return self.fail(format!("{name} has arguments but cannot be invoked as function"));
            }
            return Ok(if object.is_any(name) { Held::Boxed(value) } else { Held::Value(value) });
        }
        match object.beneath() {
            Some(Value::Map(map)) => self.key_of(&map, name, &args),
            _ => self.no_field(receiver, name),
        }
    }

    fn not_a_method<T>(&self, name: &str) -> Result_<T> {
        self.fail(format!("{name} is not a method but has arguments"))
    }

    fn no_entry<T>(&self, name: &str) -> Result_<T> {
        self.fail(format!("map has no entry for key {}", quote(name, false)))
    }

    fn key_of(&self, map: &Arc<Map>, name: &str, args: &Args<'a>) -> Result_<Held<'a>> {
        if has_args(args) {
            return self.not_a_method(name);
        }
        match (map.get(name), self.missing) {
            (Some(value), _) => Ok(element(value, map.element)),
            (None, MissingKey::Default) => Ok(Held::NOTHING),
            (None, MissingKey::Zero) => Ok(element(&map.element.zero(), map.element)),
            (None, MissingKey::Error) => self.no_entry(name),
        }
    }

    fn key_of_dot(&self, name: &str, args: &Args<'a>) -> Result_<Held<'a>> {
        if has_args(args) {
            return self.not_a_method(name);
        }
        match (self.dot.and_then(|dot| dot.field(name)), self.missing) {
            (Some(text), _) => Ok(Held::Value(Value::Text(text))),
            (None, MissingKey::Default) => Ok(Held::NOTHING),
            (None, MissingKey::Zero) => Ok(Held::Value(Value::Text(Cow::Borrowed("")))),
            (None, MissingKey::Error) => self.no_entry(name),
        }
    }
}

//! Any value by any verb.

use std::sync::Arc;

use super::Printer;
use crate::value::{List, Map, Object, Type, Value};

/// How deep values may lie in each other and still be written.
const DEPTH_MAX: usize = 100;

impl Printer<'_, '_> {
    /// An argument of print or printf.
    pub(super) fn arg(&mut self, value: &Value<'_>, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad("<nil>"),
            (Value::Nil, _) => self.bad_verb(value, verb),
            (_, 'T') => self.text(&value.type_name(), 's', value),
            (_, 'p') => self.pointer(value),
            _ => self.value(value, verb, 0),
        }
    }

    fn value(&mut self, value: &Value<'_>, verb: char, depth: usize) {
        if depth > DEPTH_MAX {
            self.out.push_str("...");
            return;
        }
        match value {
            Value::Nil => self.out.push_str("<nil>"),
            Value::Bool(v) => self.bool(*v, verb),
            Value::Int(v) | Value::Int64(v) => self.signed(*v, verb, value),
            Value::Uint64(v) => self.unsigned(*v, verb, value),
            Value::Byte(v) => self.unsigned(u64::from(*v), verb, value),
            Value::Float(v) => self.float(*v, verb),
            Value::Text(v) => self.text(v, verb, value),
            Value::List(_) | Value::Map(_) if verb == 'w' && !self.is_in_error => self.bad_verb(value, verb),
            Value::List(v) => self.list(v, &value.type_name(), verb, depth),
            Value::Map(v) => self.map(v, &value.type_name(), verb, depth),
            Value::Object(v) => self.object(v, value, verb, depth),
            Value::Function(_) => self.out.push_str(&value.type_name()),
        }
    }

    fn object(&mut self, object: &Arc<dyn Object>, value: &Value<'_>, verb: char, depth: usize) {
        if !self.is_in_error {
            if verb == 'w' {
                return self.bad_verb(value, verb);
            }
            if !self.flags.sharp_v
                && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
                && let Some(text) = object.string()
            {
                return self.text(&text, verb, value);
            }
        }
        match object.beneath() {
            Some(Value::List(v)) => self.list(&v, object.type_name(), verb, depth),
            Some(Value::Map(v)) => self.map(&v, object.type_name(), verb, depth),
            Some(Value::Int(v) | Value::Int64(v)) => self.signed(v, verb, value),
            Some(Value::Text(v)) => self.text(&v, verb, value),
            Some(v) => self.value(&v, verb, depth + 1),
            None => self.fields(object, verb, depth),
        }
    }

    fn fields(&mut self, object: &Arc<dyn Object>, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.out.push_str(object.type_name());
        }
        self.out.push_str("{");
        for (i, (name, field)) in object.fields().into_iter().enumerate() {
            self.between(i);
            if self.flags.plus_v || self.flags.sharp_v {
                self.out.push_str(name);
                self.out.push_str(":");
            }
            let element = if object.is_any(name) { Type::Any } else { Type::Reflected };
            self.element(&field, element, verb, depth);
        }
        self.out.push_str("}");
    }

    fn between(&mut self, index: usize) {
        if index > 0 {
            self.out.push_str(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    fn list(&mut self, list: &List, name: &str, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.out.push_str(name);
        }
        self.out.push_str(if self.flags.sharp_v { "{" } else { "[" });
        for (i, item) in list.items.iter().enumerate() {
            self.between(i);
            self.element(item, list.element, verb, depth);
        }
        self.out.push_str(if self.flags.sharp_v { "}" } else { "]" });
    }

    fn map(&mut self, map: &Map, name: &str, verb: char, depth: usize) {
        self.out.push_str(if self.flags.sharp_v { name } else { "map" });
        self.out.push_str(if self.flags.sharp_v { "{" } else { "[" });
        for (i, (key, item)) in map.iter().enumerate() {
            self.between(i);
            self.value(&Value::from(key), verb, depth + 1);
            self.out.push_str(":");
            self.element(item, map.element, verb, depth);
        }
        self.out.push_str(if self.flags.sharp_v { "}" } else { "]" });
    }

    fn element(&mut self, item: &Value<'_>, element: Type, verb: char, depth: usize) {
        match item {
            Value::Nil if self.flags.sharp_v => {
                self.out.push_str(&element.to_string());
                self.out.push_str("(nil)");
            }
            item => self.value(item, verb, depth + 1),
        }
    }

    /// Values have no address that could be told; those that would have one in Go all show the same.
    fn pointer(&mut self, value: &Value<'_>) {
        match *value.beneath() {
            Value::List(_) | Value::Map(_) | Value::Function(_) => self.pad("0xc000000000"),
            _ => self.bad_verb(value, 'p'),
        }
    }

    /// `%!d(string=hi)`
    pub(super) fn bad_verb(&mut self, value: &Value<'_>, verb: char) {
        let outer = std::mem::replace(&mut self.is_in_error, true);
        self.out.push_str("%!");
        self.out.push(verb);
        self.out.push_str("(");
        if matches!(value, Value::Nil) {
            self.out.push_str("<nil>");
        } else {
            self.out.push_str(&value.type_name());
            self.out.push_str("=");
            self.value(value, 'v', 0);
        }
        self.out.push_str(")");
        self.is_in_error = outer;
    }
}

//! Arguments, each as its parameter's type wants it.

use super::{At, Held, Result_, Run};
use crate::tree::{Operand, OperandKind};
use crate::value::{Kind, Type, Value};

impl<'a> Run<'a, '_> {
    /// An operand for a parameter of this type.
    pub(super) fn argument(&mut self, dot: &Held<'a>, wanted: Type, operand: &'a Operand) -> Result_<Value<'a>> {
        self.at = Some(At::Operand(operand));
        match &operand.kind {
            OperandKind::Nil if wanted.holds_nil() => Ok(Value::Nil),
            OperandKind::Nil => self.fail(format!("cannot assign nil to {wanted}")),
            OperandKind::Bool(_) | OperandKind::Number(_) | OperandKind::Text { .. } => self.literal(wanted, operand),
            _ => {
                let held = self.operand(dot, operand)?;
                self.validate(held, wanted)
            }
        }
    }

    /// An operand as it is.
    pub(super) fn operand(&mut self, dot: &Held<'a>, operand: &'a Operand) -> Result_<Held<'a>> {
        let place = At::Operand(operand);
        self.at = Some(place);
        match &operand.kind {
            OperandKind::Dot => Ok(dot.clone()),
            OperandKind::Nil => Ok(Held::NOTHING),
            OperandKind::Field(names) => self.fields(dot, dot, place, names, (&[], None)),
            OperandKind::Variable(name, names) => {
                let held = self.variable(name)?;
                self.fields(dot, &held, place, names, (&[], None))
            }
            OperandKind::Pipe(pipe) => self.deeper(|run| run.pipeline(dot, pipe)),
            OperandKind::Function(callee) => self.function(dot, callee, place, (&[], None)),
            OperandKind::Chain(inner, names) => self.chain(dot, operand, inner, names, (&[], None)),
            OperandKind::Bool(v) => Ok(Held::Value(Value::Bool(*v))),
            OperandKind::Text { text, .. } => Ok(Held::Value(Value::from(&**text))),
            OperandKind::Number(number) => self.ideal(operand, number),
        }
    }

    fn literal(&mut self, wanted: Type, operand: &'a Operand) -> Result_<Value<'a>> {
        let number = match &operand.kind {
            OperandKind::Number(number) => Some(number),
            _ => None,
        };
        let (value, what) = match wanted {
            Type::Any | Type::Reflected => {
                let held = self.operand(&Held::NOTHING, operand)?;
                return Ok(self.value_of(held));
            }
            Type::Bool => match operand.kind {
                OperandKind::Bool(v) => (Some(Value::Bool(v)), "bool"),
                _ => (None, "bool"),
            },
            Type::Text | Type::Named(_, Kind::Text) => match &operand.kind {
                OperandKind::Text { text, .. } => (Some(Value::from(&**text)), "string"),
                _ => (None, "string"),
            },
            Type::Int => (number.and_then(|n| n.int).map(Value::Int), "integer"),
            Type::Int64 | Type::Named(_, Kind::Int64) => (number.and_then(|n| n.int).map(Value::Int64), "integer"),
            Type::Uint64 => (number.and_then(|n| n.uint).map(Value::Uint64), "unsigned integer"),
            Type::Byte => {
                let byte = number.and_then(|n| n.uint).and_then(|v| u8::try_from(v & 0xff).ok());
                (byte.map(Value::Byte), "unsigned integer")
            }
            Type::Float => (number.and_then(|n| n.float).map(Value::Float), "float"),
            Type::List(_) | Type::Map(_) | Type::Named(..) => {
                return self.fail(format!("can't handle {operand} for arg of type {wanted}"));
            }
        };
        match value {
            Some(value) => Ok(value),
            None => self.fail(format!("expected {what}; found {operand}")),
        }
    }

    /// A value for a parameter of this type.
    pub(super) fn validate(&mut self, held: Held<'a>, wanted: Type) -> Result_<Value<'a>> {
        let is_boxed = matches!(held, Held::Boxed(_));
        let value = self.value_of(held);
        if matches!(wanted, Type::Any | Type::Reflected) {
            return Ok(value);
        }
        if matches!(value, Value::Nil) {
            return match wanted.holds_nil() {
                _ if is_boxed => self.wrong_type(wanted, "interface {}"),
                true => Ok(Value::Nil),
                false => self.fail(format!("invalid value; expected {wanted}")),
            };
        }
        match fitting(&value, wanted) {
            Some(value) => Ok(value),
            None => self.wrong_type(wanted, &value.type_name()),
        }
    }

    fn wrong_type<T>(&self, wanted: Type, got: &str) -> Result_<T> {
        self.fail(format!("wrong type for value; expected {wanted}; got {got}"))
    }
}

/// Whether the value may be given where this type is wanted.
pub(super) fn fits(value: &Value<'_>, wanted: Type) -> bool {
    matches!(wanted, Type::Any | Type::Reflected) || fitting(value, wanted).is_some()
}

/// The value, if it may be given where this type is wanted. A list or map without a name may stand for one that
/// has one, and the other way round.
fn fitting<'a>(value: &Value<'a>, wanted: Type) -> Option<Value<'a>> {
    let fits = match (value, wanted) {
        (Value::Bool(_), Type::Bool)
        | (Value::Int(_), Type::Int)
        | (Value::Int64(_), Type::Int64)
        | (Value::Uint64(_), Type::Uint64)
        | (Value::Byte(_), Type::Byte)
        | (Value::Float(_), Type::Float)
        | (Value::Text(_), Type::Text) => true,
        (Value::List(list), Type::List(element)) => list.element == *element,
        (Value::Map(map), Type::Map(element)) => map.element == *element,
        (Value::List(list), Type::Named(_, Kind::List(element))) => list.element == *element,
        (Value::Map(map), Type::Named(_, Kind::Map(element))) => map.element == *element,
        (Value::Object(object), Type::Named(name, _)) => object.type_name() == name,
        (Value::Object(object), Type::List(_) | Type::Map(_)) => return fitting(&object.beneath()?, wanted),
        _ => false,
    };
    fits.then(|| value.clone())
}

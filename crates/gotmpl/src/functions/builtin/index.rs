//! Elements, parts and lengths.

use std::sync::Arc;

use super::super::{Call, Fault};
use crate::value::{List, Value};

/// `index x 1 "a"` is `x[1]["a"]`.
pub(super) fn index<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let mut item = call.take(0);
    if matches!(item, Value::Nil) {
        return Err(Fault::new("index of untyped nil"));
    }
    for key in &call.args()[1..] {
        item = match &*item.beneath() {
            Value::Nil => return Err(Fault::new("index of nil pointer")),
            Value::List(list) => {
                let at = position(key, list.items.len())?;
                list.items.get(at).cloned().ok_or_else(|| Fault::new("reflect: slice index out of range"))?
            }
            Value::Text(text) => {
                let at = position(key, text.len())?;
                let byte = text.as_bytes().get(at).copied();
                byte.map(Value::Byte).ok_or_else(|| Fault::new("reflect: string index out of range"))?
            }
            Value::Map(map) => {
                let key = match &*key.beneath() {
                    Value::Nil => return Err(Fault::new("value is nil; should be of type string")),
                    Value::Text(_) if matches!(key, Value::Object(_)) => return Err(wrong_key(key)),
                    Value::Text(key) => key.clone(),
                    _ => return Err(wrong_key(key)),
                };
                map.get(&key).cloned().unwrap_or_else(|| map.element.zero())
            }
            _ => return Err(Fault::new(format!("can't index item of type {}", item.type_name()))),
        };
    }
    Ok(item)
}

fn wrong_key(key: &Value<'_>) -> Fault {
    Fault::new(format!("value has type {}; should be string", key.type_name()))
}

/// An index up to and including the length.
fn position(index: &Value<'_>, length: usize) -> Result<usize, Fault> {
    let at = match &*index.beneath() {
        Value::Int(v) | Value::Int64(v) => *v,
        Value::Byte(v) => (*v).into(),
        Value::Uint64(v) => v.cast_signed(),
        Value::Nil => return Err(Fault::new("cannot index slice/array with nil")),
        _ => return Err(Fault::new(format!("cannot index slice/array with type {}", index.type_name()))),
    };
    match usize::try_from(at) {
        Ok(at) if at <= length => Ok(at),
        _ => Err(Fault::new(format!("index out of range: {at}"))),
    }
}

/// `slice x 1 2` is `x[1:2]`, in bytes where x is a string. The index at `boxed` is not looked at.
pub(crate) fn slice<'a>(call: &mut Call<'_, 'a>, boxed: Option<usize>) -> Result<Value<'a>, Fault> {
    let item = call.take(0);
    let indexes = &call.args()[1..];
    if matches!(item, Value::Nil) {
        return Err(Fault::new("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Fault::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let length = match &*item.beneath() {
        Value::Text(_) if indexes.len() == 3 => return Err(Fault::new("cannot 3-index slice a string")),
        Value::Text(text) => text.len(),
        Value::List(list) => list.items.len(),
        _ => return Err(Fault::new(format!("can't slice item of type {}", item.type_name()))),
    };
    let mut bounds = [0, length, length];
    for (i, (bound, index)) in bounds.iter_mut().zip(indexes).enumerate() {
        if boxed == Some(i + 1) {
            return Err(Fault::new("cannot index slice/array with type interface {}"));
        }
        *bound = position(index, length)?;
    }
    for (low, high) in [(bounds[0], bounds[1]), (bounds[1], bounds[2])] {
        if low > high {
            return Err(Fault::new(format!("invalid slice index: {low} > {high}")));
        }
    }
    Ok(match &*item.beneath() {
        Value::List(list) => {
            let items = list.items[bounds[0]..bounds[1]].iter().cloned();
            Value::List(Arc::new(List::new(list.element, items)))
        }
        Value::Text(text) => {
            let bytes = &text.as_bytes()[bounds[0]..bounds[1]];
            Value::from(String::from_utf8_lossy(bytes).into_owned())
        }
        other => other.clone(),
    })
}

pub(super) fn len<'a>(call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
    let item = call.take(0);
    let length = match &*item.beneath() {
        Value::Nil => return Err(Fault::new("reflect: call of reflect.Value.Type on zero Value")),
        Value::List(list) => list.items.len(),
        Value::Map(map) => map.entries.len(),
        Value::Text(text) => text.len(),
        _ => return Err(Fault::new(format!("len of type {}", item.type_name()))),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

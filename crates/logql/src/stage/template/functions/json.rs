//! JSON as values.

use aio_gotmpl::{Function, Functions, Map, Type, Value};

pub(super) fn add(functions: &mut Functions) {
    functions.add("fromJson", Function::new(&[Type::Text], |call| Ok(read(call.text(0)))));
}

/// Nothing for what is no JSON.
fn read(text: &str) -> Value<'static> {
    serde_json::from_str(text).map(value).unwrap_or_default()
}

/// As Go has it: all numbers are float64.
fn value(json: serde_json::Value) -> Value<'static> {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(v) => Value::Bool(v),
        serde_json::Value::Number(n) => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => Value::list(items.into_iter().map(value)),
        serde_json::Value::Object(entries) => {
            let entries = entries.into_iter().map(|(name, json)| (name, value(json)));
            Value::Map(Map::new(Type::Any, entries).into())
        }
    }
}

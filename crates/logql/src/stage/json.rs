//! `| json`: every leaf of an object becomes a label; keys of nested objects are joined with `_`, arrays are left out.

use serde_json::Value;

use crate::pipeline::{ERROR, LineLabels};

pub(crate) fn apply(line: &str, labels: &mut LineLabels<'_>) {
    match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(object)) => {
            for (key, value) in &object {
                leaf(&sanitize(key), value, labels);
            }
        }
        _ => {
            labels.set(ERROR, "JSONParserErr");
            labels.set("__error_details__", "the line is no JSON object");
        }
    }
}

/// The reader limits nesting, so this recursion is bounded.
fn leaf(name: &str, value: &Value, labels: &mut LineLabels<'_>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                leaf(&format!("{name}_{}", sanitize(key)), inner, labels);
            }
        }
        Value::String(text) => labels.extract(name, text),
        Value::Number(n) => labels.extract(name, &n.to_string()),
        Value::Bool(b) => labels.extract(name, if *b { "true" } else { "false" }),
        Value::Null | Value::Array(_) => {}
    }
}

/// A key as a label name.
pub(crate) fn sanitize(key: &str) -> String {
    let name: String =
        key.trim().chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

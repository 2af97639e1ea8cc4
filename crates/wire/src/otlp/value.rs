//! Attribute values as text, the way Go prints them: what a sender's label was elsewhere it is here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};

/// A number as a label value, never with an exponent: `+Inf`, `0.5`, `10`.
pub(crate) fn number(v: f64) -> String {
    match v {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => v.to_string(),
    }
}

/// Strings as they are, numbers as Go's JSON has them, everything else as JSON; an absent value is empty.
pub(crate) fn text(value: &AnyValue) -> Cow<'_, str> {
    printed(value, Escapes::Html)
}

/// As [`text`], in the way of lines: nothing is escaped for HTML, and what is infinite is told in words.
pub(crate) fn line_text(value: &AnyValue) -> Cow<'_, str> {
    match &value.value {
        Some(Value::DoubleValue(f64::INFINITY)) => Cow::Borrowed("Infinity"),
        Some(Value::DoubleValue(f64::NEG_INFINITY)) => Cow::Borrowed("-Infinity"),
        _ => printed(value, Escapes::Json),
    }
}

/// What is escaped in a string of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Json,
    /// What would mean something in HTML as well.
    Html,
}

fn printed(value: &AnyValue, escapes: Escapes) -> Cow<'_, str> {
    match &value.value {
        None => Cow::Borrowed(""),
        Some(Value::StringValue(s)) => Cow::Borrowed(s),
        Some(Value::DoubleValue(d)) => Cow::Owned(double(*d)),
        Some(Value::BytesValue(bytes)) => Cow::Owned(base64(bytes)),
        Some(other) => {
            let mut out = String::new();
            json(Some(other), escapes, &mut out);
            Cow::Owned(out)
        }
    }
}

/// RFC 4648, standard alphabet, padded: how OTLP's JSON writes bytes.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let at = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for i in 0..4 {
            let digit = (bits >> (18 - 6 * i)) & 63;
            out.push(if i > group.len() { '=' } else { char::from(ALPHABET[digit as usize]) });
        }
    }
    out
}

/// With an exponent where the number is very small or very large.
fn double(v: f64) -> String {
    let size = v.abs();
    if !size.is_finite() || size == 0.0 || (1e-6..1e21).contains(&size) {
        return number(v);
    }
    let text = format!("{v:e}");
    if text.contains("e-") { text } else { text.replace('e', "e+") }
}

/// Recursion is bounded by the decoders.
fn json(value: Option<&Value>, escapes: Escapes, out: &mut String) {
    match value {
        Some(Value::StringValue(s)) => quoted(s, escapes, out),
        Some(Value::BoolValue(b)) => out.push_str(if *b { "true" } else { "false" }),
        Some(Value::IntValue(i)) => out.push_str(&i.to_string()),
        Some(Value::DoubleValue(d)) if d.is_finite() => out.push_str(&double(*d)),
        Some(Value::ArrayValue(list)) => {
            let items = list.values.iter().map(|v| (None, v.value.as_ref()));
            enclosed(['[', ']'], items, escapes, out);
        }
        Some(Value::KvlistValue(list)) => {
            let pairs =
                list.values.iter().map(|kv| (kv.key.as_str(), kv.value.as_ref().and_then(|v| v.value.as_ref())));
            let sorted: BTreeMap<&str, Option<&Value>> = pairs.collect();
            enclosed(['{', '}'], sorted.into_iter().map(|(key, v)| (Some(key), v)), escapes, out);
        }
        Some(Value::BytesValue(bytes)) => quoted(&base64(bytes), escapes, out),
        _ => out.push_str("null"),
    }
}

fn enclosed<'v>(
    [open, close]: [char; 2],
    items: impl Iterator<Item = (Option<&'v str>, Option<&'v Value>)>,
    escapes: Escapes,
    out: &mut String,
) {
    out.push(open);
    for (i, (key, value)) in items.enumerate() {
        if i > 0 {
            out.push(',');
        }
        if let Some(key) = key {
            quoted(key, escapes, out);
            out.push(':');
        }
        json(value, escapes, out);
    }
    out.push(close);
}

/// Go escapes two separators of lines in all its JSON.
fn quoted(text: &str, escapes: Escapes, out: &mut String) {
    let plain = serde_json::Value::from(text).to_string();
    for c in plain.chars() {
        match c {
            '<' if escapes == Escapes::Html => out.push_str("\\u003c"),
            '>' if escapes == Escapes::Html => out.push_str("\\u003e"),
            '&' if escapes == Escapes::Html => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValue, KeyValueList};

    use super::*;

    fn any(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    #[test]
    fn values_become_text() {
        let pair = |key: &str, value| KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() };
        let list = ArrayValue {
            values: vec![any(Value::DoubleValue(2.0)), any(Value::StringValue("<a&b>".into())), AnyValue::default()],
        };
        let map =
            KeyValueList { values: vec![pair("z", Value::IntValue(1)), pair("a", Value::BytesValue(vec![1, 2]))] };
        for (value, expected) in [
            (None, ""),
            (Some(Value::StringValue("a\"b".into())), "a\"b"),
            (Some(Value::BoolValue(true)), "true"),
            (Some(Value::IntValue(-7)), "-7"),
            (Some(Value::DoubleValue(1.0)), "1"),
            (Some(Value::DoubleValue(-0.25)), "-0.25"),
            (Some(Value::DoubleValue(1e21)), "1e+21"),
            (Some(Value::DoubleValue(1.5e-7)), "1.5e-7"),
            (Some(Value::DoubleValue(123_456_789.0)), "123456789"),
            (Some(Value::DoubleValue(f64::INFINITY)), "+Inf"),
            (Some(Value::BytesValue(b"light work".to_vec())), "bGlnaHQgd29yaw=="),
            (Some(Value::ArrayValue(list)), r#"[2,"\u003ca\u0026b\u003e",null]"#),
            (Some(Value::KvlistValue(map)), r#"{"a":"AQI=","z":1}"#),
        ] {
            assert_eq!(text(&AnyValue { value }), expected);
        }
    }

    #[test]
    fn lines_are_escaped_for_nothing_but_json() {
        let strings = ["<a&b>\u{2028}\u{1}\u{8}\u{7f}", "\"\\"].map(|s| any(Value::StringValue(s.into())));
        let list = ArrayValue { values: strings.to_vec() };
        for (value, expected) in [
            (Value::ArrayValue(list), "[\"<a&b>\\u2028\\u0001\\b\u{7f}\",\"\\\"\\\\\"]"),
            (Value::DoubleValue(f64::INFINITY), "Infinity"),
            (Value::DoubleValue(f64::NEG_INFINITY), "-Infinity"),
            (Value::DoubleValue(f64::NAN), "NaN"),
            (Value::DoubleValue(1e21), "1e+21"),
            (Value::StringValue("<".into()), "<"),
        ] {
            assert_eq!(line_text(&any(value)), expected);
        }
    }
}

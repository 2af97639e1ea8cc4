//! Attribute values as text.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

/// A number as a label value: `+Inf`, `0.5`, `10`.
pub(crate) fn number(v: f64) -> String {
    match v {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => v.to_string(),
    }
}

/// Strings as they are, numbers as Go prints them, everything else as JSON; an absent value is empty.
pub(crate) fn text(value: &AnyValue) -> String {
    match &value.value {
        None => String::new(),
        Some(Value::StringValue(s)) => s.clone(),
        Some(Value::DoubleValue(d)) => number(*d),
        Some(Value::BytesValue(bytes)) => base64(bytes),
        Some(other) => json(Some(other)).to_string(),
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

/// As JSON; bytes are base64 as in OTLP's own JSON.
pub(crate) fn json(value: Option<&Value>) -> serde_json::Value {
    use serde_json::Value as J;
    match value {
        None => J::Null,
        Some(Value::StringValue(s)) => J::from(s.as_str()),
        Some(Value::BoolValue(b)) => J::from(*b),
        Some(Value::IntValue(i)) => J::from(*i),
        Some(Value::DoubleValue(d)) => J::from(*d),
        Some(Value::ArrayValue(a)) => a.values.iter().map(|v| json(v.value.as_ref())).collect(),
        Some(Value::KvlistValue(l)) => {
            let pair = |kv: &KeyValue| (kv.key.clone(), json(kv.value.as_ref().and_then(|v| v.value.as_ref())));
            J::Object(l.values.iter().map(pair).collect())
        }
        Some(Value::BytesValue(b)) => J::String(base64(b)),
        Some(_) => J::Null,
    }
}

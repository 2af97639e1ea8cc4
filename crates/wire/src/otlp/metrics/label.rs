//! Labels from attributes.

use std::collections::BTreeMap;

use aio_types::{Labels, METRIC_NAME};
use opentelemetry_proto::tonic::common::v1::KeyValue;

use crate::otlp::value::text;

/// Attributes as labels. Keys that become one name are joined with `;` in order of the original keys.
pub(super) fn of_attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let mut sorted: Vec<&KeyValue> = attributes.iter().filter(|kv| !kv.key.is_empty()).collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    for kv in sorted {
        let value = kv.value.as_ref().map(text).unwrap_or_default();
        out.entry(label_name(&kv.key))
            .and_modify(|joined| {
                joined.push(';');
                joined.push_str(&value);
            })
            .or_insert(value);
    }
    out
}

/// Invalid characters become `_`; a leading digit or single leading `_` gets a `key` prefix.
fn label_name(key: &str) -> String {
    let name: String = key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("key_{name}");
    }
    if name.starts_with('_') && !name.starts_with("__") {
        return format!("key{name}");
    }
    name
}

/// How much text attributes come to, at most, as labels.
pub(super) fn text_bytes(attributes: &[KeyValue]) -> usize {
    of_attributes(attributes).iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// `job` and `instance` of a resource.
pub(super) fn identity(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let get = |key: &str| {
        let found = attributes.iter().find(|kv| kv.key == key).and_then(|kv| kv.value.as_ref());
        found.map(text).filter(|v| !v.is_empty())
    };
    let mut out = BTreeMap::new();
    if let Some(service) = get("service.name") {
        let job = get("service.namespace").map_or_else(|| service.clone(), |ns| format!("{ns}/{service}"));
        out.insert("job".to_owned(), job);
    }
    if let Some(instance) = get("service.instance.id") {
        out.insert("instance".to_owned(), instance);
    }
    out
}

/// The labels of `target_info`, where the resource has an identity and something more to say.
pub(super) fn target_info(attributes: &[KeyValue]) -> Option<Labels> {
    let identity = identity(attributes);
    let identifying = ["service.name", "service.namespace", "service.instance.id"];
    let others: Vec<_> = attributes.iter().filter(|kv| !identifying.contains(&kv.key.as_str())).cloned().collect();
    if identity.is_empty() || others.is_empty() {
        return None;
    }
    let name = (METRIC_NAME.to_owned(), "target_info".to_owned());
    Some(Labels::from_pairs(of_attributes(&others).into_iter().chain(identity).chain([name])))
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};

    use super::*;

    fn attribute(key: &str, value: Option<Value>) -> KeyValue {
        KeyValue { key: key.to_owned(), value: Some(AnyValue { value }), ..KeyValue::default() }
    }

    #[test]
    fn values_become_text() {
        for (value, expected) in [
            (None, ""),
            (Some(Value::StringValue("a\"b".into())), "a\"b"),
            (Some(Value::BoolValue(true)), "true"),
            (Some(Value::IntValue(-7)), "-7"),
            (Some(Value::DoubleValue(1.0)), "1"),
            (Some(Value::BytesValue(b"light work".to_vec())), "bGlnaHQgd29yaw=="),
        ] {
            let labels = of_attributes(&[attribute("k", value)]);
            assert_eq!(labels["k"], expected);
        }
    }

    #[test]
    fn names_are_cleaned_and_collisions_joined_in_order_of_keys() {
        let text = |s: &str| Some(Value::StringValue(s.into()));
        let labels = of_attributes(&[
            attribute("a_b", text("2")),
            attribute("a.b", text("1")),
            attribute("9x", text("3")),
            attribute("_y", text("4")),
        ]);
        let expected = [("a_b", "1;2"), ("key_9x", "3"), ("key_y", "4")];
        assert_eq!(labels, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    }

    #[test]
    fn target_info_needs_an_identity_and_something_to_say() {
        let name = attribute("service.name", Some(Value::StringValue("shop".into())));
        assert_eq!(target_info(std::slice::from_ref(&name)), None);
        let host = attribute("host.name", Some(Value::StringValue("h".into())));
        assert_eq!(target_info(std::slice::from_ref(&host)), None);
        let labels = target_info(&[name, host]).expect("both are there");
        assert_eq!(labels.to_string(), r#"{__name__="target_info", host_name="h", job="shop"}"#);
    }
}

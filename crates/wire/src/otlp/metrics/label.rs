//! Labels from attributes.

use std::collections::BTreeMap;

use aio_types::{Labels, METRIC_NAME};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

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

/// A number as a label value: `+Inf`, `0.5`, `10`.
pub(super) fn number(v: f64) -> String {
    if v == f64::INFINITY { "+Inf".to_owned() } else { v.to_string() }
}

fn text(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(s)) => s.clone(),
        other => json(other.as_ref()).to_string(),
    }
}

fn json(value: Option<&Value>) -> serde_json::Value {
    use serde_json::Value as J;
    match value {
        None => J::String(String::new()),
        Some(Value::StringValue(s)) => J::from(s.as_str()),
        Some(Value::BoolValue(b)) => J::from(*b),
        Some(Value::IntValue(i)) => J::from(*i),
        Some(Value::DoubleValue(d)) => J::from(*d),
        Some(Value::ArrayValue(a)) => a.values.iter().map(|v| json(v.value.as_ref())).collect(),
        Some(Value::KvlistValue(l)) => {
            let pair = |kv: &KeyValue| (kv.key.clone(), json(kv.value.as_ref().and_then(|v| v.value.as_ref())));
            J::Object(l.values.iter().map(pair).collect())
        }
        Some(Value::BytesValue(b)) => J::String(b.iter().map(|b| format!("{b:02x}")).collect()),
        Some(_) => J::Null,
    }
}

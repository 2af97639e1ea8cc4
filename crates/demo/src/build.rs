//! OTLP messages, built with few words.

use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::topology::Service;

/// An attribute's value.
pub(crate) enum Of<'a> {
    Text(&'a str),
    Int(i64),
}

pub(crate) fn any(value: Of<'_>) -> AnyValue {
    AnyValue {
        value: Some(match value {
            Of::Text(text) => Value::StringValue(text.to_owned()),
            Of::Int(n) => Value::IntValue(n),
        }),
    }
}

pub(crate) fn attributes<const N: usize>(pairs: [(&str, Of<'_>); N]) -> Vec<KeyValue> {
    pairs.into_iter().map(|(key, value)| attribute(key, value)).collect()
}

pub(crate) fn attribute(key: &str, value: Of<'_>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

pub(crate) fn resource(service: &Service) -> Resource {
    let pod = format!("{}-7d9f6c5b4-x2x9k", service.name);
    Resource {
        attributes: attributes([
            ("service.name", Of::Text(service.name)),
            ("service.namespace", Of::Text("shop")),
            ("service.version", Of::Text(service.version)),
            ("service.instance.id", Of::Text(&pod)),
            ("deployment.environment.name", Of::Text("demo")),
            ("k8s.namespace.name", Of::Text("shop")),
            ("k8s.pod.name", Of::Text(&pod)),
            ("host.name", Of::Text("node-1")),
        ]),
        ..Resource::default()
    }
}

pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope { name: "shop".to_owned(), version: "1.0.0".to_owned(), ..InstrumentationScope::default() }
}

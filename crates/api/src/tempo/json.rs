//! OTLP messages as Tempo writes them in JSON: ids in base64, 64-bit numbers as text, enums by name, defaults left out,
//! but the messages `resource`, `scope` and `status` always present.

use aio_wire::otlp::base64;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span::Event, span::Link};
use serde_json::{Map, Value, json};

/// An object without its defaults.
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub(super) fn new() -> Self {
        Self(Map::new())
    }

    pub(super) fn set(mut self, name: &str, value: Value) -> Self {
        let is_default = match &value {
            Value::String(s) => s.is_empty(),
            Value::Number(n) => n.as_u64() == Some(0),
            Value::Array(a) => a.is_empty(),
            Value::Null => true,
            Value::Bool(_) | Value::Object(_) => false,
        };
        if !is_default {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    /// A 64-bit number, which is text in protobuf's JSON.
    pub(super) fn number<N: Default + PartialEq + ToString>(self, name: &str, value: N) -> Self {
        if value == N::default() { self } else { self.set(name, Value::String(value.to_string())) }
    }

    pub(super) fn done(self) -> Value {
        Value::Object(self.0)
    }
}

pub(super) fn resource_spans(spans: &[ResourceSpans]) -> Value {
    spans.iter().map(resource_span).collect()
}

fn resource_span(from: &ResourceSpans) -> Value {
    Object::new()
        .set("resource", resource(from.resource.as_ref()))
        .set("scopeSpans", from.scope_spans.iter().map(scope_span).collect())
        .set("schemaUrl", json!(from.schema_url))
        .done()
}

fn resource(from: Option<&Resource>) -> Value {
    let Some(from) = from else { return json!({}) };
    Object::new()
        .set("attributes", attributes(&from.attributes))
        .set("droppedAttributesCount", json!(from.dropped_attributes_count))
        .done()
}

fn scope_span(from: &ScopeSpans) -> Value {
    Object::new()
        .set("scope", scope(from.scope.as_ref()))
        .set("spans", from.spans.iter().map(span).collect())
        .set("schemaUrl", json!(from.schema_url))
        .done()
}

fn scope(from: Option<&InstrumentationScope>) -> Value {
    let Some(from) = from else { return json!({}) };
    Object::new()
        .set("name", json!(from.name))
        .set("version", json!(from.version))
        .set("attributes", attributes(&from.attributes))
        .set("droppedAttributesCount", json!(from.dropped_attributes_count))
        .done()
}

fn span(from: &Span) -> Value {
    let kinds =
        ["", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"];
    let kind = usize::try_from(from.kind).ok().and_then(|k| kinds.get(k)).copied().unwrap_or_default();
    Object::new()
        .set("traceId", json!(base64(&from.trace_id)))
        .set("spanId", json!(base64(&from.span_id)))
        .set("traceState", json!(from.trace_state))
        .set("parentSpanId", json!(base64(&from.parent_span_id)))
        .set("flags", json!(from.flags))
        .set("name", json!(from.name))
        .set("kind", json!(kind))
        .number("startTimeUnixNano", from.start_time_unix_nano)
        .number("endTimeUnixNano", from.end_time_unix_nano)
        .set("attributes", attributes(&from.attributes))
        .set("droppedAttributesCount", json!(from.dropped_attributes_count))
        .set("events", from.events.iter().map(event).collect())
        .set("droppedEventsCount", json!(from.dropped_events_count))
        .set("links", from.links.iter().map(link).collect())
        .set("droppedLinksCount", json!(from.dropped_links_count))
        .set("status", status(from.status.as_ref()))
        .done()
}

fn status(from: Option<&Status>) -> Value {
    let Some(from) = from else { return json!({}) };
    let code = match from.code {
        1 => "STATUS_CODE_OK",
        2 => "STATUS_CODE_ERROR",
        _ => "",
    };
    Object::new().set("message", json!(from.message)).set("code", json!(code)).done()
}

fn event(from: &Event) -> Value {
    Object::new()
        .number("timeUnixNano", from.time_unix_nano)
        .set("name", json!(from.name))
        .set("attributes", attributes(&from.attributes))
        .set("droppedAttributesCount", json!(from.dropped_attributes_count))
        .done()
}

fn link(from: &Link) -> Value {
    Object::new()
        .set("traceId", json!(base64(&from.trace_id)))
        .set("spanId", json!(base64(&from.span_id)))
        .set("traceState", json!(from.trace_state))
        .set("attributes", attributes(&from.attributes))
        .set("droppedAttributesCount", json!(from.dropped_attributes_count))
        .set("flags", json!(from.flags))
        .done()
}

fn attributes(from: &[KeyValue]) -> Value {
    let pair = |kv: &KeyValue| json!({"key": kv.key, "value": value(kv.value.as_ref())});
    from.iter().map(pair).collect()
}

/// A value is present even where it is a default: `{"stringValue": ""}`.
pub(super) fn value(from: Option<&AnyValue>) -> Value {
    match from.and_then(|v| v.value.as_ref()) {
        None => json!({}),
        Some(Any::StringValue(s)) => json!({"stringValue": s}),
        Some(Any::BoolValue(b)) => json!({"boolValue": b}),
        Some(Any::IntValue(i)) => json!({"intValue": i.to_string()}),
        Some(Any::DoubleValue(d)) if d.is_finite() => json!({"doubleValue": d}),
        Some(Any::DoubleValue(d)) => {
            let name = if d.is_nan() {
                "NaN"
            } else if *d > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            };
            json!({"doubleValue": name})
        }
        Some(Any::BytesValue(b)) => json!({"bytesValue": base64(b)}),
        Some(Any::ArrayValue(a)) => {
            json!({"arrayValue": {"values": a.values.iter().map(|v| value(Some(v))).collect::<Vec<_>>()}})
        }
        Some(Any::KvlistValue(l)) => json!({"kvlistValue": {"values": attributes(&l.values)}}),
        Some(_) => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_zero_is_no_default() {
        let shown = span(&Span { name: "0".to_owned(), ..Span::default() });
        assert_eq!(shown, json!({"name": "0", "status": {}}));
    }
}

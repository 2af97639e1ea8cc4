//! OTLP spans as our own, and back.

use std::collections::HashMap;
use std::sync::Arc;

use aio_types::{
    AttributeValue, Attributes, Resource, Scope, Span, SpanEvent, SpanId, SpanLink, TimestampNs, TraceId, TracesWrite,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value::Value,
};
use opentelemetry_proto::tonic::resource::v1::Resource as ResourceProto;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span as SpanProto, Status, TracesData, span::Event, span::Link,
};

/// How much of a bad span's name its error shows.
const NAME_CHARS_MAX: usize = 100;

/// What an export held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Translated {
    /// The usable spans.
    pub write: TracesWrite,
    /// Spans left out because an id is missing or of the wrong length.
    pub rejected_spans: i64,
    /// The first of these and what is wrong with it.
    pub message: String,
}

/// Translates one export.
#[must_use]
pub fn translate(request: ExportTraceServiceRequest) -> Translated {
    let mut out = Translated::default();
    for group in request.resource_spans {
        let from = group.resource.unwrap_or_default();
        let resource = Arc::new(Resource {
            attributes: attributes(from.attributes),
            dropped_attributes: from.dropped_attributes_count,
            schema_url: group.schema_url.into(),
        });
        for scoped in group.scope_spans {
            let from = scoped.scope.unwrap_or_default();
            let scope = Arc::new(Scope {
                name: from.name.into(),
                version: from.version.into(),
                attributes: attributes(from.attributes),
                dropped_attributes: from.dropped_attributes_count,
                schema_url: scoped.schema_url.into(),
            });
            for proto in scoped.spans {
                let name: String = proto.name.chars().take(NAME_CHARS_MAX).collect();
                match span(proto, &resource, &scope) {
                    Ok(span) => out.write.spans.push(span),
                    Err(why) => {
                        out.rejected_spans += 1;
                        if out.message.is_empty() {
                            out.message = format!("span {name:?}: {why}");
                        }
                    }
                }
            }
        }
    }
    out
}

fn span(from: SpanProto, resource: &Arc<Resource>, scope: &Arc<Scope>) -> Result<Span, &'static str> {
    let trace_id = trace_id(&from.trace_id).filter(|id| !id.is_zero());
    let span_id = span_id(&from.span_id).filter(|id| !id.is_zero());
    let status = from.status.unwrap_or_default();
    Ok(Span {
        trace_id: trace_id.ok_or("trace ids must be 128 bit and not all zero")?,
        span_id: span_id.ok_or("span ids must be 64 bit and not all zero")?,
        parent_span_id: span_id_or_none(&from.parent_span_id)?,
        trace_state: from.trace_state.into(),
        flags: from.flags,
        name: from.name.into(),
        kind: u8::try_from(from.kind).unwrap_or(0),
        start: TimestampNs::from_unix_nanos(from.start_time_unix_nano),
        end: TimestampNs::from_unix_nanos(from.end_time_unix_nano),
        attributes: attributes(from.attributes),
        dropped_attributes: from.dropped_attributes_count,
        events: from.events.into_iter().map(event).collect(),
        dropped_events: from.dropped_events_count,
        links: from.links.into_iter().map(link).collect(),
        dropped_links: from.dropped_links_count,
        status: u8::try_from(status.code).unwrap_or(0),
        status_message: status.message.into(),
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
    })
}

fn trace_id(bytes: &[u8]) -> Option<TraceId> {
    bytes.try_into().ok().map(TraceId)
}

fn span_id(bytes: &[u8]) -> Option<SpanId> {
    bytes.try_into().ok().map(SpanId)
}

fn span_id_or_none(bytes: &[u8]) -> Result<SpanId, &'static str> {
    if bytes.is_empty() { Ok(SpanId::default()) } else { span_id(bytes).ok_or("parent span ids must be 64 bit") }
}

fn event(from: Event) -> SpanEvent {
    SpanEvent {
        time: TimestampNs::from_unix_nanos(from.time_unix_nano),
        name: from.name.into(),
        attributes: attributes(from.attributes),
        dropped_attributes: from.dropped_attributes_count,
    }
}

fn link(from: Link) -> SpanLink {
    SpanLink {
        // A link with a broken id is kept for its attributes.
        trace_id: trace_id(&from.trace_id).unwrap_or_default(),
        span_id: span_id(&from.span_id).unwrap_or_default(),
        trace_state: from.trace_state.into(),
        attributes: attributes(from.attributes),
        dropped_attributes: from.dropped_attributes_count,
        flags: from.flags,
    }
}

fn attributes(from: Vec<KeyValue>) -> Attributes {
    from.into_iter().map(|kv| (kv.key.into(), value(kv.value))).collect()
}

/// Recursion is bounded by the decoders: neither nests deeper than about a hundred levels.
fn value(from: Option<AnyValue>) -> AttributeValue {
    match from.and_then(|v| v.value) {
        Some(Value::StringValue(s)) => AttributeValue::String(s.into()),
        Some(Value::BoolValue(b)) => AttributeValue::Bool(b),
        Some(Value::IntValue(i)) => AttributeValue::Int(i),
        Some(Value::DoubleValue(d)) => AttributeValue::Double(d),
        Some(Value::BytesValue(b)) => AttributeValue::Bytes(b.into()),
        Some(Value::ArrayValue(a)) => AttributeValue::Array(a.values.into_iter().map(|v| value(Some(v))).collect()),
        Some(Value::KvlistValue(l)) => AttributeValue::Map(attributes(l.values)),
        Some(_) | None => AttributeValue::Empty,
    }
}

type ByScope = Groups<Scope, Vec<SpanProto>>;

/// What belongs to each of several shared values, in the order in which they came. Most come as the very same value,
/// so their address is looked at first.
struct Groups<K, V> {
    all: Vec<(Arc<K>, V)>,
    by_address: HashMap<usize, usize>,
}

impl<K, V> Default for Groups<K, V> {
    fn default() -> Self {
        Self { all: Vec::new(), by_address: HashMap::new() }
    }
}

impl<K: PartialEq, V: Default> Groups<K, V> {
    fn of(&mut self, key: &Arc<K>) -> &mut V {
        let all = &mut self.all;
        let at = *self.by_address.entry(Arc::as_ptr(key).addr()).or_insert_with(|| {
            all.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
                all.push((Arc::clone(key), V::default()));
                all.len() - 1
            })
        });
        &mut all[at].1
    }
}

/// Spans as OTLP, grouped by resource and scope. Every message Grafana expects is present, if only empty.
#[must_use]
pub fn to_otlp(spans: &[Span]) -> TracesData {
    let mut groups: Groups<Resource, ByScope> = Groups::default();
    for span in spans {
        groups.of(&span.resource).of(&span.scope).push(span_to_otlp(span));
    }
    TracesData { resource_spans: groups.all.into_iter().map(|(r, scopes)| resource_spans(&r, scopes)).collect() }
}

fn resource_spans(resource: &Resource, scopes: ByScope) -> ResourceSpans {
    ResourceSpans {
        resource: Some(ResourceProto {
            attributes: attributes_to_otlp(&resource.attributes),
            dropped_attributes_count: resource.dropped_attributes,
            ..ResourceProto::default()
        }),
        scope_spans: scopes.all.into_iter().map(|(scope, spans)| scope_spans(&scope, spans)).collect(),
        schema_url: resource.schema_url.to_string(),
    }
}

fn scope_spans(scope: &Scope, spans: Vec<SpanProto>) -> ScopeSpans {
    ScopeSpans {
        scope: Some(InstrumentationScope {
            name: scope.name.to_string(),
            version: scope.version.to_string(),
            attributes: attributes_to_otlp(&scope.attributes),
            dropped_attributes_count: scope.dropped_attributes,
        }),
        spans,
        schema_url: scope.schema_url.to_string(),
    }
}

fn nanos(t: TimestampNs) -> u64 {
    u64::try_from(t.0).unwrap_or(0)
}

fn span_to_otlp(span: &Span) -> SpanProto {
    SpanProto {
        trace_id: span.trace_id.0.to_vec(),
        span_id: span.span_id.0.to_vec(),
        parent_span_id: if span.parent_span_id.is_zero() { Vec::new() } else { span.parent_span_id.0.to_vec() },
        trace_state: span.trace_state.to_string(),
        flags: span.flags,
        name: span.name.to_string(),
        kind: i32::from(span.kind),
        start_time_unix_nano: nanos(span.start),
        end_time_unix_nano: nanos(span.end),
        attributes: attributes_to_otlp(&span.attributes),
        dropped_attributes_count: span.dropped_attributes,
        events: span.events.iter().map(event_to_otlp).collect(),
        dropped_events_count: span.dropped_events,
        links: span.links.iter().map(link_to_otlp).collect(),
        dropped_links_count: span.dropped_links,
        status: Some(Status { code: i32::from(span.status), message: span.status_message.to_string() }),
    }
}

fn event_to_otlp(event: &SpanEvent) -> Event {
    Event {
        time_unix_nano: nanos(event.time),
        name: event.name.to_string(),
        attributes: attributes_to_otlp(&event.attributes),
        dropped_attributes_count: event.dropped_attributes,
    }
}

fn link_to_otlp(link: &SpanLink) -> Link {
    Link {
        trace_id: link.trace_id.0.to_vec(),
        span_id: link.span_id.0.to_vec(),
        trace_state: link.trace_state.to_string(),
        attributes: attributes_to_otlp(&link.attributes),
        dropped_attributes_count: link.dropped_attributes,
        flags: link.flags,
    }
}

fn attributes_to_otlp(from: &Attributes) -> Vec<KeyValue> {
    let pair = |(key, v): &(Box<str>, AttributeValue)| KeyValue {
        key: key.to_string(),
        value: Some(value_to_otlp(v)),
        ..KeyValue::default()
    };
    from.iter().map(pair).collect()
}

/// One value as OTLP.
#[must_use]
pub fn value_to_otlp(from: &AttributeValue) -> AnyValue {
    let value = match from {
        AttributeValue::Empty => None,
        AttributeValue::String(s) => Some(Value::StringValue(s.to_string())),
        AttributeValue::Bool(b) => Some(Value::BoolValue(*b)),
        AttributeValue::Int(i) => Some(Value::IntValue(*i)),
        AttributeValue::Double(d) => Some(Value::DoubleValue(*d)),
        AttributeValue::Bytes(b) => Some(Value::BytesValue(b.to_vec())),
        AttributeValue::Array(a) => {
            Some(Value::ArrayValue(ArrayValue { values: a.iter().map(value_to_otlp).collect() }))
        }
        AttributeValue::Map(m) => Some(Value::KvlistValue(KeyValueList { values: attributes_to_otlp(m) })),
    };
    AnyValue { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::decode_json;

    const BODY: &[u8] = br#"{"resourceSpans":[{"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"scope":{"name":"lib"},"spans":[
        {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"GET","kind":2,
         "startTimeUnixNano":"5","endTimeUnixNano":"9","status":{"code":2,"message":"bad"},
         "attributes":[{"key":"n","value":{"intValue":"7"}},{"key":"l","value":{"arrayValue":{"values":[{"doubleValue":0.5}]}}}],
         "events":[{"timeUnixNano":"6","name":"e"}],
         "links":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b175"}]},
        {"traceId":"5b","spanId":"eee19b7ec3c1b174","name":"broken"}]}]}]}"#;

    #[test]
    fn spans_go_in_and_come_back() {
        let request: ExportTraceServiceRequest = decode_json(BODY).expect("decodes");
        let mut want = request.resource_spans.clone();
        want[0].scope_spans[0].spans.truncate(1);
        let translated = translate(request);
        assert_eq!(translated.rejected_spans, 1);
        assert!(translated.message.contains("broken"), "{}", translated.message);
        assert_eq!(translated.write.spans[0].resource.service_name(), "cart");
        assert_eq!(to_otlp(&translated.write.spans).resource_spans, want);
    }
}

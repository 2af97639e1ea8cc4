//! Small traces to ask.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_traceql::{Error, SearchRequest, TraceSummary, parse, search};
use aio_types::{AttributeValue, Resource, Scope, Span, SpanEvent, SpanId, SpanLink, TimestampNs, TraceId};

/// Traces by the bound they are handed out with.
pub(crate) struct Fixed(pub(crate) Vec<(i64, TraceSpans)>);

impl TracesSource for Fixed {
    fn trace(&self, _id: TraceId) -> Result<Option<TraceSpans>, aio_source::Error> {
        Ok(None)
    }

    fn select(
        &self,
        _select: &TracesSelect,
        visit: &mut dyn FnMut(TraceSpans, TimestampNs) -> ControlFlow<()>,
    ) -> Result<(), aio_source::Error> {
        for (bound, trace) in &self.0 {
            if visit(trace.clone(), TimestampNs(*bound)).is_break() {
                break;
            }
        }
        Ok(())
    }
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::String(text.into())
}

pub(crate) fn service(name: &str) -> Arc<Resource> {
    Arc::new(Resource { attributes: vec![("service.name".into(), text(name))], ..Resource::default() })
}

/// A root span of ten nanoseconds, whose id is its start.
pub(crate) fn span(start: i64, attributes: &[(&str, AttributeValue)]) -> Span {
    Span {
        trace_id: TraceId([1; 16]),
        span_id: SpanId(start.to_be_bytes()),
        parent_span_id: SpanId::default(),
        trace_state: "".into(),
        flags: 0,
        name: "GET /".into(),
        kind: 2,
        start: TimestampNs(start),
        end: TimestampNs(start + 10),
        attributes: attributes.iter().map(|(k, v)| ((*k).into(), v.clone())).collect(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: 0,
        status_message: "".into(),
        resource: service("cart"),
        scope: Arc::new(Scope::default()),
    }
}

/// A span named by a letter, with the letter of its parent; `-` for a root.
pub(crate) fn node(name: char, parent: char) -> Span {
    let id = |c: char| if c == '-' { SpanId::default() } else { SpanId(u64::from(c).to_be_bytes()) };
    Span {
        span_id: id(name),
        parent_span_id: id(parent),
        name: name.to_string().into(),
        ..span(i64::from(u32::from(name)), &[])
    }
}

pub(crate) fn event(name: &str, attributes: &[(&str, AttributeValue)]) -> SpanEvent {
    SpanEvent {
        time: TimestampNs(3),
        name: name.into(),
        attributes: attributes.iter().map(|(k, v)| ((*k).into(), v.clone())).collect(),
        dropped_attributes: 0,
    }
}

pub(crate) fn link(trace: u8, attributes: &[(&str, AttributeValue)]) -> SpanLink {
    let mut trace_id = [0; 16];
    trace_id[15] = trace;
    SpanLink {
        trace_id: TraceId(trace_id),
        span_id: SpanId([0, 0, 0, 0, 0, 0, 0, trace]),
        trace_state: "".into(),
        attributes: attributes.iter().map(|(k, v)| ((*k).into(), v.clone())).collect(),
        dropped_attributes: 0,
        flags: 0,
    }
}

pub(crate) fn one(id: u8, spans: Vec<Span>) -> TraceSpans {
    TraceSpans { trace_id: TraceId([id; 16]), spans }
}

pub(crate) fn request(query: &str, limit: usize) -> SearchRequest {
    SearchRequest {
        query: parse(query).unwrap_or_else(|e| panic!("{query}: {e}")),
        start: TimestampNs::MIN,
        end: TimestampNs::MAX,
        min_duration_ns: 0,
        max_duration_ns: i64::MAX,
        limit,
        spans_per_set: 0,
    }
}

pub(crate) fn ask(query: &str, spans: &[Span]) -> Result<Option<TraceSummary>, Error> {
    let source = Fixed(vec![(0, one(1, spans.to_vec()))]);
    Ok(search(&source, &request(query, 10), &AtomicBool::new(false))?.0.pop())
}

/// Names of the spans of each set, and what was found out about it: `ab count()=2; c`.
pub(crate) fn sets(query: &str, spans: &[Span]) -> String {
    let found = match ask(&format!("{query} | select(name)"), spans) {
        Ok(found) => found,
        Err(error) => return error.to_string(),
    };
    let set = |set: &aio_traceql::MatchedSet| {
        let names: String = set.spans.iter().filter_map(|s| s.name.as_deref()).collect();
        let facts = set.attributes.iter().map(|(name, value)| format!(" {name}={}", plain(value)));
        format!("{names}{}", facts.collect::<String>())
    };
    found.map_or_else(String::new, |found| found.sets.iter().map(set).collect::<Vec<_>>().join("; "))
}

pub(crate) fn plain(value: &AttributeValue) -> String {
    match value {
        AttributeValue::String(text) => text.to_string(),
        AttributeValue::Int(n) => n.to_string(),
        AttributeValue::Double(n) => format!("{n:?}"),
        AttributeValue::Bool(b) => b.to_string(),
        other => format!("{other:?}"),
    }
}

//! Traces small enough that everything meets everything.

use std::sync::Arc;

use aio_types::{AttributeValue, Attributes, Resource, Scope, Span, SpanEvent, SpanId, SpanLink, TimestampNs, TraceId};
use proptest::prelude::*;

/// The attribute that tells the position of a span.
pub(crate) const PLACE: &str = "place";

/// Spans as stores hand them out: by start and id, no two equal. Ids may occur twice, parents may be missing, or their
/// own ancestors.
pub(crate) fn trace() -> impl Strategy<Value = Vec<Span>> {
    prop::collection::vec(span(), 1..8).prop_map(|mut spans| {
        spans.sort_by_key(|span| (span.start, span.span_id));
        spans.dedup();
        for (place, span) in spans.iter_mut().enumerate() {
            span.attributes.push((PLACE.into(), AttributeValue::Int(place as i64)));
        }
        spans
    })
}

fn span() -> impl Strategy<Value = Span> {
    let ids = (1..=6_u64, prop_oneof![1 => Just(0_u64), 3 => 0..=7_u64]);
    let intrinsics = (word(), 0..6_u8, 0..3_u8, word());
    let times = (0..5_i64, -1..4_i64);
    let more = (attributes(), prop::collection::vec(event(), 0..3), prop::collection::vec(link(), 0..3));
    (ids, intrinsics, times, more, resource(), scope()).prop_map(|(ids, intrinsics, times, more, resource, scope)| {
        Span {
            trace_id: TraceId([1; 16]),
            span_id: id(ids.0),
            parent_span_id: id(ids.1),
            trace_state: "".into(),
            flags: 0,
            name: intrinsics.0,
            kind: intrinsics.1,
            start: TimestampNs(times.0),
            end: TimestampNs(times.0 + times.1),
            attributes: more.0,
            dropped_attributes: 0,
            events: more.1,
            dropped_events: 0,
            links: more.2,
            dropped_links: 0,
            status: intrinsics.2,
            status_message: intrinsics.3,
            resource,
            scope,
        }
    })
}

fn id(n: u64) -> SpanId {
    SpanId(n.to_be_bytes())
}

fn word() -> impl Strategy<Value = Box<str>> {
    prop::sample::select(vec!["x", "y", "xx", ""]).prop_map(Into::into)
}

/// Few names, each mostly with values of one type.
fn attributes() -> impl Strategy<Value = Attributes> {
    let one = |name: &'static str, usual: BoxedStrategy<AttributeValue>| {
        let value = prop_oneof![3 => usual, 1 => value()];
        prop::option::weighted(0.7, value.prop_map(move |value| (Box::from(name), value)))
    };
    let text = word().prop_map(AttributeValue::String).boxed();
    let truth = any::<bool>().prop_map(AttributeValue::Bool).boxed();
    let all = (one("a", number().boxed()), one("b", number().boxed()), one("s", text), one("t", truth));
    all.prop_map(|(a, b, s, t)| [a, b, s, t].into_iter().flatten().collect())
}

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        4 => plain(),
        4 => prop::collection::vec(plain(), 0..3).prop_map(AttributeValue::Array),
        1 => Just(AttributeValue::Empty),
        1 => Just(AttributeValue::Bytes(Box::new([1]))),
    ]
}

fn plain() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![number(), word().prop_map(AttributeValue::String), any::<bool>().prop_map(AttributeValue::Bool),]
}

fn number() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        8 => (-1..4_i64).prop_map(AttributeValue::Int),
        4 => prop::sample::select(vec![0.5, 2.0, -1.5]).prop_map(AttributeValue::Double),
        1 => Just(AttributeValue::Double(f64::NAN)),
    ]
}

fn event() -> impl Strategy<Value = SpanEvent> {
    (0..6_i64, word(), attributes()).prop_map(|(time, name, attributes)| SpanEvent {
        time: TimestampNs(time),
        name,
        attributes,
        dropped_attributes: 0,
    })
}

fn link() -> impl Strategy<Value = SpanLink> {
    (1..3_u8, 1..3_u64, attributes()).prop_map(|(trace, span, attributes)| {
        let mut trace_id = [0; 16];
        trace_id[15] = trace;
        SpanLink {
            trace_id: TraceId(trace_id),
            span_id: id(span),
            trace_state: "".into(),
            attributes,
            dropped_attributes: 0,
            flags: 0,
        }
    })
}

fn resource() -> impl Strategy<Value = Arc<Resource>> {
    (word(), attributes()).prop_map(|(service, mut attributes)| {
        attributes.push(("service.name".into(), AttributeValue::String(service)));
        Arc::new(Resource { attributes, ..Resource::default() })
    })
}

fn scope() -> impl Strategy<Value = Arc<Scope>> {
    (word(), word(), attributes())
        .prop_map(|(name, version, attributes)| Arc::new(Scope { name, version, attributes, ..Scope::default() }))
}

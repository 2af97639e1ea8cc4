//! Queries over a handful of traces.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_traceql::{Error, SearchRequest, parse, search};
use aio_types::{AttributeValue, Resource, Scope, Span, SpanId, TimestampNs, TraceId};

/// Traces by the bound they are handed out with.
struct Fixed(Vec<(i64, TraceSpans)>);

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

fn span(start: i64, attributes: &[(&str, AttributeValue)]) -> Span {
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
        resource: Arc::new(Resource {
            attributes: vec![("service.name".into(), AttributeValue::String("cart".into()))],
            ..Resource::default()
        }),
        scope: Arc::new(Scope::default()),
    }
}

fn one(id: u8, spans: Vec<Span>) -> TraceSpans {
    TraceSpans { trace_id: TraceId([id; 16]), spans }
}

fn request(query: &str, limit: usize) -> SearchRequest {
    SearchRequest {
        expr: parse(query).unwrap_or_else(|e| panic!("{query}: {e}")),
        start: TimestampNs::MIN,
        end: TimestampNs::MAX,
        min_duration_ns: 0,
        max_duration_ns: i64::MAX,
        limit,
        spans_per_trace: 3,
    }
}

fn matches(query: &str, attributes: &[(&str, AttributeValue)]) -> bool {
    let source = Fixed(vec![(0, one(1, vec![span(0, attributes)]))]);
    let found = search(&source, &request(query, 10), &AtomicBool::new(false)).expect("answers");
    !found.0.is_empty()
}

#[test]
fn conditions_hold_as_documented() {
    let text = |s: &str| AttributeValue::String(s.into());
    let list = |items: &[&str]| AttributeValue::Array(items.iter().map(|s| text(s)).collect());
    let attributes = [
        ("a", AttributeValue::Int(1)),
        ("c", AttributeValue::Int(3)),
        ("f", AttributeValue::Double(-29.5)),
        ("s", text("warehouse")),
        ("l", list(&["x", "y"])),
        ("service.name", text("own")),
        ("none", AttributeValue::Empty),
        ("t", AttributeValue::Bool(true)),
    ];
    for (query, want) in [
        // Both bind equally, to the left.
        ("{.a = 1 || .a = 2 && .c = 0}", false),
        ("{.a = 1 || (.a = 2 && .c = 0)}", true),
        // What is missing satisfies nothing but its absence.
        ("{.b != 1}", false),
        ("{.b !~ \"x\"}", false),
        ("{.b = nil}", true),
        ("{.a != nil && .none = nil}", true),
        ("{!(.b = 1)}", true),
        // Patterns match whole values.
        ("{.s =~ \"ware\"}", false),
        ("{.s =~ \"ware.*\"}", true),
        ("{.s !~ \"house\"}", true),
        // Numbers compare across types, other types do not.
        ("{.a = 1.0 && .f < -29 && .c > 2.5}", true),
        ("{.a = \"1\"}", false),
        ("{.a != \"1\"}", false),
        ("{2 > .a && 0.5 < .a}", true),
        ("{.s > \"ware\" && .s < \"x\"}", true),
        // Lists: any element, or none.
        ("{.l = \"x\" && .l = \"y\" && .l =~ \"[xy]\"}", true),
        ("{.l != \"x\"}", false),
        ("{.l != \"z\" && .l !~ \"a.*\"}", true),
        // The span's value hides the resource's.
        ("{.service.name = \"cart\"}", false),
        ("{resource.service.name = \"cart\" && span.service.name = \"own\"}", true),
        ("{.name = \"GET /\"}", false),
        ("{name = \"GET /\" && kind = server && status != error}", true),
        ("{.t && duration = 10ns && traceDuration < 1us}", true),
        ("{trace:id = \"1010101010101010101010101010101\"}", true),
        ("{rootServiceName = \"cart\" && rootName != nil}", true),
    ] {
        assert_eq!(matches(query, &attributes), want, "{query}");
    }
}

#[test]
fn spansets_join_over_the_spans_of_a_trace() {
    let trace = one(1, vec![span(0, &[("a", AttributeValue::Int(1))]), span(5, &[("b", AttributeValue::Int(2))])]);
    let source = Fixed(vec![(0, trace)]);
    for (query, matched) in [("{.a=1} && {.b=2}", 2), ("{.a=1} && {.b=3}", 0), ("{.a=1} || {.b=3}", 1), ("{}", 2)] {
        let (found, _) = search(&source, &request(query, 10), &AtomicBool::new(false)).expect("answers");
        assert_eq!(found.iter().map(|t| t.matched).sum::<usize>(), matched, "{query}");
    }
}

#[test]
fn the_traces_that_began_last_are_found_although_bounds_are_only_bounds() {
    // The first was handed out by its newest span, but began long before.
    let traces = vec![
        (100, one(1, vec![span(1, &[]), span(100, &[])])),
        (90, one(2, vec![span(90, &[])])),
        (80, one(3, vec![span(80, &[])])),
        (70, one(4, vec![span(70, &[])])),
    ];
    for (limit, want) in [(1, vec![2]), (2, vec![2, 3]), (9, vec![2, 3, 4, 1])] {
        let source = Fixed(traces.clone());
        let (found, inspected) = search(&source, &request("{}", limit), &AtomicBool::new(false)).expect("answers");
        assert_eq!(found.iter().map(|t| t.trace_id.0[0]).collect::<Vec<_>>(), want);
        assert!(limit > 2 || inspected.traces < 4, "the rest is not looked at: {inspected:?}");
    }
}

#[test]
fn a_query_that_is_told_to_stop_stops() {
    let source = Fixed(vec![(0, one(1, vec![span(0, &[])]))]);
    assert!(matches!(search(&source, &request("{}", 1), &AtomicBool::new(true)), Err(Error::Stopped)));
}

//! Searches against a model that is as plain as can be: every pair of spans is looked at.

mod model;
mod queries;
mod traces;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_traceql::ast::{Query, Root};
use aio_traceql::{Error, MatchedSet, SearchRequest, parse, search};
use aio_types::{AttributeValue, Span, TimestampNs, TraceId};
use proptest::prelude::*;

/// One trace, which is handed out if it has what is asked for.
struct Fixed {
    trace: TraceSpans,
    is_left_out: AtomicBool,
}

impl TracesSource for Fixed {
    fn trace(&self, _id: TraceId) -> Result<Option<TraceSpans>, aio_source::Error> {
        Ok(None)
    }

    fn select(
        &self,
        select: &TracesSelect,
        visit: &mut dyn FnMut(TraceSpans, TimestampNs) -> ControlFlow<()>,
    ) -> Result<(), aio_source::Error> {
        let spans = &self.trace.spans;
        let has_services =
            select.services.iter().all(|service| spans.iter().any(|span| span.resource.service_name() == service));
        let has_names = select.names.iter().all(|name| spans.iter().any(|span| &*span.name == name));
        if has_services && has_names {
            let _ = visit(self.trace.clone(), TimestampNs::MAX);
        } else {
            self.is_left_out.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Positions of the spans of each set, and what is told about it; `None` where operators meet several sets.
type Found = Option<Vec<(Vec<i64>, Vec<(String, AttributeValue)>)>>;

/// What the engine finds, and whether it was given nothing to look at. Spans are known by an attribute, since ids may occur
/// twice.
fn found(query: Query, spans: &[Span]) -> (Found, bool) {
    let request = SearchRequest {
        query,
        start: TimestampNs::MIN,
        end: TimestampNs::MAX,
        min_duration_ns: 0,
        max_duration_ns: i64::MAX,
        limit: 1,
        spans_per_set: 0,
    };
    let trace = TraceSpans { trace_id: TraceId([1; 16]), spans: spans.to_vec() };
    let source = Fixed { trace, is_left_out: AtomicBool::new(false) };
    let found = match search(&source, &request, &AtomicBool::new(false)) {
        Ok((traces, _)) => Some(traces.iter().flat_map(|trace| &trace.sets).map(of_set).collect()),
        Err(Error::Evaluation(_)) => None,
        Err(error) => panic!("{error}"),
    };
    (found, source.is_left_out.into_inner())
}

fn of_set(set: &MatchedSet) -> (Vec<i64>, Vec<(String, AttributeValue)>) {
    assert_eq!(set.matched, set.spans.len(), "all spans are asked for");
    let place = |attributes: &[(String, AttributeValue)]| {
        attributes.iter().find_map(|(name, value)| match value {
            AttributeValue::Int(place) if name == traces::PLACE => Some(*place),
            _ => None,
        })
    };
    let places = set.spans.iter().map(|span| place(&span.attributes).expect("every span has its place")).collect();
    (places, set.attributes.clone())
}

/// What the model finds; lists have no text of their own to be told by, and are told as maps here.
fn expected(query: &Query, spans: &[Span]) -> Found {
    let Root::Spans(pipeline) = &query.root else { panic!("a query of spans") };
    let sets = model::run(pipeline, spans).ok()?;
    let set = |set: model::Set| (set.spans.iter().map(|at| *at as i64).collect(), set.attributes);
    Some(sets.into_iter().map(set).collect())
}

fn is_same(found: &Found, expected: &Found) -> bool {
    let (Some(found), Some(expected)) = (found, expected) else { return found.is_none() == expected.is_none() };
    let is_same_fact =
        |((name, value), (other_name, other)): (&(String, AttributeValue), &(String, AttributeValue))| {
            // Text of numbers, so that what is no number equals itself.
            name == other_name
                && (matches!(other, AttributeValue::Map(_)) || format!("{value:?}") == format!("{other:?}"))
        };
    found.len() == expected.len()
        && found.iter().zip(expected).all(|((spans, facts), (other_spans, other_facts))| {
            spans == other_spans && facts.len() == other_facts.len() && facts.iter().zip(other_facts).all(is_same_fact)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn searches_find_what_the_model_finds(
        spans in traces::trace(),
        texts in prop::collection::vec(queries::pipeline(), 4),
    ) {
        for text in texts {
            let text = format!("{text} | select(span.{})", traces::PLACE);
            let query = parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let expected = expected(&query, &spans);
            let (found, is_left_out) = found(query, &spans);
            // What is not looked at is not found to be an error.
            let expected = if is_left_out { expected.or(Some(Vec::new())) } else { expected };
            prop_assert!(is_same(&found, &expected), "{text}\nfound    {found:?}\nexpected {expected:?}\n");
        }
    }
}

//! `compare()`: values among selected spans and the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use aio_source::TraceSpans;
use aio_types::{AttributeValue, Span, SpanEvent, TimestampNs};

use crate::fixture::{S, ask, int, request, run, shown, span, steps, text, trace};

/// Two failed spans and three others; the values of `v` tell them apart.
fn traces() -> Vec<TraceSpans> {
    let of = |at: i64, status: u8, v: &str| Span { status, ..span(at, S, &[("v", text(v))]) };
    vec![
        trace(1, vec![of(5 * S, 2, "x"), of(6 * S, 0, "x")]),
        trace(2, vec![of(15 * S, 2, "y"), of(16 * S, 0, "z"), of(25 * S, 0, "x")]),
    ]
}

/// Only what is told about `v`.
fn of_v(query: &str) -> Vec<String> {
    let answer = run(&request(query, steps()), &traces()).unwrap_or_else(|error| panic!("{query}: {error}"));
    let of_v = answer.series.iter().filter(|series| series.labels.iter().any(|(name, _)| name == "span.v"));
    of_v.map(shown).collect()
}

#[test]
fn values_are_counted_on_both_sides() {
    let want = [
        "__meta_type=`baseline_total`,span.v=nil: 1 1 1",
        "__meta_type=`baseline`,span.v=`x`: 1 0 1",
        "__meta_type=`baseline`,span.v=`z`: 0 1 0",
        "__meta_type=`selection_total`,span.v=nil: 1 1 0",
        "__meta_type=`selection`,span.v=`x`: 1 0 0",
        "__meta_type=`selection`,span.v=`y`: 0 1 0",
    ];
    assert_eq!(of_v("{} | compare({status = error})"), want);
}

#[test]
fn spans_outside_of_the_window_are_not_selected() {
    // It has its last moment, and not its first.
    let query = |start: i64, end: i64| format!("{{}} | compare({{status = error}}, 10, {start}, {end})");
    let selected = |start: i64, end: i64| {
        let all = of_v(&query(start, end));
        all.into_iter().filter(|series| series.contains("`selection`")).collect::<Vec<_>>()
    };
    let (x, y) = ("__meta_type=`selection`,span.v=`x`: 1 0 0", "__meta_type=`selection`,span.v=`y`: 0 1 0");
    assert_eq!(selected(5 * S, 15 * S), [y]);
    assert_eq!(selected(5 * S - 1, 15 * S - 1), [x]);
    assert_eq!(selected(1, 30 * S), [x, y]);
    assert!(selected(20 * S, 30 * S).is_empty());
}

#[test]
fn only_the_most_frequent_values_are_told() {
    let want = [
        "__meta_error=`__too_many_values__`,span.v=nil: 0 0 0",
        "__meta_type=`baseline_total`,span.v=nil: 1 1 1",
        "__meta_type=`baseline`,span.v=`x`: 1 0 1",
        "__meta_type=`selection_total`,span.v=nil: 1 1 0",
        // Of equals the first.
        "__meta_type=`selection`,span.v=`x`: 1 0 0",
    ];
    assert_eq!(of_v("{} | compare({status = error}, 1)"), want);
    assert!(of_v("{} | compare({status = error}, 2)").iter().all(|series| !series.contains("__meta_error")));
}

#[test]
fn attributes_and_what_tells_something_are_compared() {
    let mut rich = span(5 * S, S, &[("v", int(1)), ("none", AttributeValue::Empty)]);
    let attribute = |name: &str| vec![(name.into(), text("x"))];
    rich.resource = Arc::new(aio_types::Resource { attributes: attribute("service.name"), ..Default::default() });
    rich.scope = Arc::new(aio_types::Scope { name: "lib".into(), attributes: attribute("of"), ..Default::default() });
    rich.events = vec![SpanEvent {
        time: TimestampNs(5 * S),
        name: "e".into(),
        attributes: attribute("type"),
        dropped_attributes: 0,
    }];
    let answer = run(&request("{} | compare({status = error})", steps()), &[trace(1, vec![rich])]).expect("answers");
    let names: BTreeSet<&str> = answer.series.iter().map(|series| series.labels[1].0.as_str()).collect();
    let want = [
        "event.type",
        "instrumentation.of",
        "instrumentation:name",
        "kind",
        "name",
        "resource.service.name",
        "rootName",
        "rootServiceName",
        "span.v",
        "span:childCount",
        "status",
        "statusMessage",
    ];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), want);
}

#[test]
fn without_spans_there_is_nothing_to_compare() {
    assert_eq!(ask("{.none = 1} | compare({status = error})", steps(), &traces()), "");
}

#[test]
fn the_totals_have_exemplars() {
    let mut request = request("{} | compare({status = error})", steps());
    request.exemplars = 10;
    let answer = run(&request, &traces()).expect("answers");
    for series in &answer.series {
        let is_total = shown(series).contains("_total`");
        assert!(is_total || series.exemplars.is_empty(), "{series:?}");
    }
    let exemplars = answer.series.iter().flat_map(|series| &series.exemplars);
    assert!(exemplars.into_iter().any(|exemplar| exemplar.value > 0.0));
}

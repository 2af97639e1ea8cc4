//! What stands between braces.

use aio_types::AttributeValue;

use crate::fixture::{ask, event, link, plain, span, text};

fn check(query: &str, spans: &[aio_types::Span], want: bool) {
    let found = ask(query, spans).unwrap_or_else(|e| panic!("{query}: {e}"));
    assert_eq!(found.is_some(), want, "{query}");
}

#[test]
fn conditions_hold_as_documented() {
    let list = |items: &[&str]| AttributeValue::Array(items.iter().map(|s| text(s)).collect());
    let ints = |items: &[i64]| AttributeValue::Array(items.iter().map(|n| AttributeValue::Int(*n)).collect());
    let attributes = [
        ("a", AttributeValue::Int(1)),
        ("c", AttributeValue::Int(3)),
        ("f", AttributeValue::Double(-29.5)),
        ("s", text("warehouse")),
        ("l", list(&["x", "y"])),
        ("ns", ints(&[1, 5])),
        ("service.name", text("own")),
        ("none", AttributeValue::Empty),
        ("bytes", AttributeValue::Bytes(Box::new([1]))),
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
        ("{nil = .b && nil != .a}", true),
        ("{.a != nil && .none = nil}", true),
        ("{.b || .a = 1}", true),
        ("{.bytes != nil && .bytes != 5}", false),
        ("{.bytes != nil}", true),
        // Negation is that of the whole.
        ("{!(.b = 1)}", true),
        ("{!(kind = server) && .a = 1}", false),
        ("{!(kind = client) && .a = 1}", true),
        ("{!.t || !.b}", false),
        // Patterns match whole values.
        ("{.s =~ \"ware\"}", false),
        ("{.s =~ \"ware.*\"}", true),
        ("{.s !~ \"house\"}", true),
        // Numbers compare across types, other types do not.
        ("{.a = 1.0 && .f < -29 && .c > 2.5}", true),
        ("{.a = \"1\"}", false),
        ("{.a != \"1\"}", false),
        ("{2 > .a && 0.5 < .a && 1us > duration}", true),
        ("{.s > \"ware\" && .s < \"x\"}", true),
        ("{.t >= .t || .t > .none}", false),
        // Arithmetic: whole numbers stay whole, powers are read from the right, signs take in products.
        ("{.c / 2 = 1 && .c / 2.0 = 1.5}", true),
        ("{.c ^ 2 = 9 && 2 ^ .c = 8 && 2 ^ .c ^ 0 = 2}", true),
        ("{.a + .c * 2 = 7 && -.c + 5 = 2 && .c % 2 = 1}", true),
        ("{.c / 0 = 0 || .c % 0 = 0}", false),
        ("{.a = 1 / 0 || .a < 1 % 0}", false),
        ("{(.c / 0) = nil && (1 / 0) = nil}", true),
        ("{.a + .b = 1}", false),
        ("{.a = .t || .a < .c}", true),
        ("{duration * 2 = 20ns}", true),
        // Lists: any element, or none.
        ("{.l = \"x\" && .l = \"y\" && .l =~ \"[xy]\"}", true),
        ("{.l = \"z\" || .l = \"y\"}", true),
        ("{.l != \"x\"}", false),
        ("{.l != \"z\" && .l !~ \"a.*\"}", true),
        ("{.ns > 4 && .ns < 2 && 4 < .ns && .ns != 3}", true),
        ("{\"x\" = .l}", true),
        // The span's value hides the resource's.
        ("{.service.name = \"cart\"}", false),
        ("{resource.service.name = \"cart\" && span.service.name = \"own\"}", true),
        ("{.name = \"GET /\"}", false),
        ("{name = \"GET /\" && kind = server && status != error}", true),
        ("{.t && duration = 10ns && traceDuration < 1us}", true),
        ("{trace:id = \"01010101010101010101010101010101\" && trace:id = \"1010101010101010101010101010101\"}", true),
        ("{span:id = \"0\" && span:parentID = \"0000000000000000\"}", true),
        ("{rootServiceName = \"cart\" && rootName != nil}", true),
        ("{span:childCount = 0 && nestedSetParent = -1 && nestedSetLeft = 1 && nestedSetRight = 2}", true),
    ] {
        check(query, &[span(0, &attributes)], want);
    }
}

#[test]
fn conditions_on_events_hold_for_one_of_them() {
    let mut both = span(0, &[]);
    both.events = vec![
        event("exception", &[("type", text("Io"))]),
        event("retry", &[("type", text("Late")), ("n", AttributeValue::Int(2))]),
    ];
    both.links = vec![link(0xa, &[("kind", text("follows"))]), link(0xb, &[])];
    for (query, want) in [
        ("{event:name = \"retry\"}", true),
        ("{event:name != \"retry\"}", true),
        ("{event:name = \"exception\" && event.type = \"Io\"}", true),
        ("{event:name = \"exception\" && event.type = \"Late\"}", false),
        ("{event:name = \"retry\" && event.n > 1 && event:timeSinceStart = 3ns}", true),
        ("{event.n = nil}", false),
        ("{event.m = nil}", true),
        ("{link:traceID = \"a\" && link.kind = \"follows\"}", true),
        ("{link:traceID = \"0B\" && link.kind = \"follows\"}", false),
        ("{link:spanID = \"b\" && event.n = 2}", true),
    ] {
        check(query, &[both.clone()], want);
    }
    check("{event.n = nil && link.kind = nil}", &[span(0, &[])], true);
    check("{event:name != \"x\"}", &[span(0, &[])], false);
}

#[test]
fn what_is_told_is_of_the_event_that_matched() {
    let mut both = span(0, &[]);
    both.events =
        vec![event("log", &[("lvl", AttributeValue::Int(0))]), event("retry", &[("lvl", AttributeValue::Int(2))])];
    let told = |query: &str| {
        let found = ask(query, &[both.clone()]).expect("answers").expect("a trace");
        found.sets[0].spans[0].attributes.iter().map(|(_, value)| plain(value)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(told("{event.lvl > 1} | select(event:name)"), "2 retry");
    assert_eq!(told("{event.lvl = 0 && name = \"GET /\"} | select(event:name)"), "0 log");
    assert_eq!(told("{} | select(event:name)"), "log");
}

#[test]
fn a_trace_without_its_root_has_no_name() {
    let mut orphan = span(0, &[]);
    orphan.parent_span_id = aio_types::SpanId([1; 8]);
    check("{rootName = \"\" && rootServiceName != \"cart\" && span:parentID != nil}", &[orphan], true);
}

//! Queries as text, each of which means something.

use proptest::prelude::*;
use proptest::strategy::Union;

/// From conditions alone to stages one after the other.
pub(crate) fn pipeline() -> BoxedStrategy<String> {
    prop_oneof![
        condition().prop_map(|of| format!("{{ {of} }}")),
        spanset(),
        (Just("{}".to_owned()), stage()).prop_map(|(all, stage)| format!("{all} | {stage}")),
        stages(spanset()),
    ]
    .boxed()
}

fn stages(first: BoxedStrategy<String>) -> BoxedStrategy<String> {
    (first, prop::collection::vec(stage(), 0..3))
        .prop_map(|(first, more)| [vec![first], more].concat().join(" | "))
        .boxed()
}

fn any_of(words: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(words).prop_map(str::to_owned).boxed()
}

fn filter() -> BoxedStrategy<String> {
    prop_oneof![5 => condition().prop_map(|of| format!("{{ {of} }}")), 3 => Just("{}".to_owned())].boxed()
}

/// Sides of operators are in parentheses, which lets them be pipelines; or they are not, and bind as they do.
fn spanset() -> BoxedStrategy<String> {
    let op = any_of(&[
        ">", "<", ">>", "<<", "~", "!>", "!<", "!>>", "!<<", "!~", "&>", "&<", "&>>", "&<<", "&~", "&&", "||",
    ]);
    let chain = (filter(), op.clone(), filter(), op.clone(), filter());
    let plain = Union::new_weighted(vec![
        (3, filter()),
        (1, chain.prop_map(|(a, first, b, second, c)| format!("{a} {first} {b} {second} {c}")).boxed()),
    ]);
    plain
        .prop_recursive(2, 6, 2, move |inner| {
            let side = prop_oneof![3 => inner.clone(), 1 => stages(inner.boxed())];
            (side.clone(), op.clone(), side).prop_map(|(left, op, right)| format!("({left}) {op} ({right})"))
        })
        .boxed()
}

fn stage() -> BoxedStrategy<String> {
    let loose = || any_of(&["!=", "!=", ">=", "<=", "<", "=", ">"]);
    let aggregate = (any_of(&["min", "max", "avg", "sum"]), of_span(), loose(), number());
    prop_oneof![
        filter(),
        (loose(), 0..4_u8).prop_map(|(op, n)| format!("count() {op} {n}")),
        aggregate.prop_map(|(function, of, op, n)| format!("{function}({of}) {op} {n}")),
        grouped().prop_map(|of| format!("by({of})")),
        Just("coalesce()".to_owned()),
        Just("select(.a, name, event.s)".to_owned()),
        (filter(), any_of(&["&&", "||", "~", ">>", "!<"]), filter()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
    ]
    .boxed()
}

fn grouped() -> BoxedStrategy<String> {
    let fields =
        any_of(&["name", "status", "kind", "rootName", "resource.service.name", "event:name", "duration", "span:id"]);
    let compared = (of_span(), compare(), numeric()).prop_map(|(left, op, right)| format!("{left} {op} {right}"));
    prop_oneof![3 => attribute(), 2 => fields, 1 => of_span(), 1 => compared].boxed()
}

fn attribute() -> BoxedStrategy<String> {
    named(&["a", "b", "s", "t", "none"])
}

fn named(names: &'static [&'static str]) -> BoxedStrategy<String> {
    let scope = any_of(&["", "", "span", "resource", "event", "link", "instrumentation"]);
    (scope, any_of(names)).prop_map(|(scope, name)| format!("{scope}.{name}")).boxed()
}

fn number() -> BoxedStrategy<String> {
    any_of(&["0", "1", "2", "3", "-1", "0.5", "2.0", "-1.5", "1ns", "3ns"])
}

fn compare() -> BoxedStrategy<String> {
    any_of(&["=", "!=", ">", ">=", "<", "<="])
}

/// Numbers that depend on the span.
fn of_span() -> BoxedStrategy<String> {
    let intrinsic = any_of(&[
        "duration",
        "traceDuration",
        "span:childCount",
        "nestedSetLeft",
        "nestedSetRight",
        "nestedSetParent",
        "event:timeSinceStart",
    ]);
    let field = prop_oneof![1 => attribute(), 3 => named(&["a", "b"]), 2 => intrinsic].boxed();
    let op = any_of(&["+", "-", "*", "/", "%", "^"]);
    let other = prop_oneof![field.clone(), number()];
    let sum = (field.clone(), op, other, any::<bool>())
        .prop_map(|(a, op, b, swap)| if swap { format!("({b} {op} {a})") } else { format!("({a} {op} {b})") });
    prop_oneof![4 => field.clone(), 2 => sum, 1 => field.prop_map(|of| format!("-({of})"))].boxed()
}

fn numeric() -> BoxedStrategy<String> {
    prop_oneof![2 => of_span(), 3 => number()].boxed()
}

/// What holds or does not.
fn condition() -> BoxedStrategy<String> {
    comparison()
        .prop_recursive(3, 8, 2, |inner| {
            let op = any_of(&["&&", "||"]);
            prop_oneof![
                (inner.clone(), op.clone(), inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
                (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
                inner.prop_map(|of| format!("!({of})")),
            ]
        })
        .boxed()
}

fn comparison() -> BoxedStrategy<String> {
    let text = || any_of(&[r#""x""#, r#""y""#, r#""""#, r#""z""#]);
    let pattern = any_of(&[r#""x|y""#, r#"".*""#, r#""x+""#, r#""""#, r#""[yz]""#, r#"".""#]);
    let words = any_of(&["=", "!=", "<", ">="]);
    let alike = any_of(&["=", "!="]);
    // What stores look for before a trace is looked at.
    let hinted = any_of(&["name = ", "resource.service.name = "]);
    let numbers = (numeric(), compare(), of_span()).prop_map(|(a, op, b)| format!("{a} {op} {b}"));
    let numbers_reversed = (of_span(), compare(), numeric()).prop_map(|(a, op, b)| format!("{a} {op} {b}"));
    prop_oneof![
        3 => numbers,
        3 => numbers_reversed,
        2 => (attribute(), compare(), attribute()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        3 => (texts(), words.clone(), text()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (hinted, text()).prop_map(|(field, text)| field + &text),
        1 => (text(), words, texts()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        2 => (texts(), any_of(&["=~", "!~"]), pattern).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (named(&["t"]), alike.clone(), any::<bool>()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        2 => (attribute(), alike.clone()).prop_map(|(a, op)| format!("{a} {op} nil")),
        1 => (attribute(), alike.clone()).prop_map(|(a, op)| format!("nil {op} {a}")),
        1 => (attribute(), attribute(), alike.clone()).prop_map(|(a, b, op)| format!("({a} * {b}) {op} nil")),
        1 => named(&["t"]),
        2 => any_of(&["status = error", "status != ok", "kind = server", "kind != client", "unset = status", "true"]),
        1 => (ids(), alike).prop_map(|((field, id), op)| format!("{field} {op} \"{id}\"")),
    ]
    .boxed()
}

fn texts() -> BoxedStrategy<String> {
    let intrinsic = any_of(&[
        "name",
        "statusMessage",
        "rootName",
        "rootServiceName",
        "event:name",
        "instrumentation:name",
        "instrumentation:version",
        "resource.service.name",
    ]);
    prop_oneof![1 => attribute(), 2 => named(&["s"]), 2 => intrinsic].boxed()
}

/// Ids with and without leading zeros.
fn ids() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop_oneof![
        (
            prop::sample::select(vec!["span:id", "span:parentID", "link:spanID"]),
            prop::sample::select(vec!["1", "0000000000000002"])
        ),
        (Just("link:traceID"), prop::sample::select(vec!["1", "00000000000000000000000000000002", "02"])),
        (
            Just("trace:id"),
            prop::sample::select(vec!["01010101010101010101010101010101", "1010101010101010101010101010101"])
        ),
    ]
}

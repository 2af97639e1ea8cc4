//! Stages one after the other.

use aio_types::{AttributeValue, Span};

use crate::fixture::{node, sets, span, text};

/// a and b of one service, c of another; a and c have a number.
fn trace() -> Vec<Span> {
    let with = |name: char, attributes: &[(&str, AttributeValue)]| Span {
        name: name.to_string().into(),
        ..span(i64::from(u32::from(name)), attributes)
    };
    vec![
        with('a', &[("n", AttributeValue::Int(1)), ("s", text("x"))]),
        with('b', &[("s", text("x"))]),
        with('c', &[("n", AttributeValue::Int(4)), ("d", AttributeValue::Double(0.5))]),
    ]
}

#[test]
fn stages_do_as_documented() {
    for (query, want) in [
        ("{}", "abc"),
        ("{.n = 1} | {.s = \"x\"}", "a"),
        ("{.n = 1} && {.s = \"x\"}", "ab"),
        ("{.n = 9} && {}", ""),
        ("{.n = 9} || {.n = 1}", "a"),
        // Numbers about sets stay with them.
        ("{} | count() > 2", "abc count()=3"),
        ("{} | count() > 3", ""),
        ("count() = 3", "abc count()=3"),
        ("{} | max(.n) >= 4 | {.n = 1}", "a max(.n)=4"),
        ("{} | min(.n) < 2.5", "abc min(.n)=1"),
        // Those without a value are left out, and where none has one there is no number.
        ("{} | avg(.n) = 2.5", "abc avg(.n)=2.5"),
        ("{} | sum(.n) = 5", "abc sum(.n)=5"),
        ("{} | sum(.n + 0.5) = 6", "abc sum(.n + 0.5)=6.0"),
        ("{.s = \"x\"} | max(.d) != 0", ""),
        ("{} | avg(duration) = 10ns", "abc avg(duration)=10ns"),
        ("{} | avg(.n * .d) > 0", "abc avg(.n * .d)=2.0"),
        // Groups.
        ("{} | by(.s)", "ab by(.s)=x; c by(.s)=nil"),
        ("{} | by(.s) | count() > 1", "ab by(.s)=x count()=2"),
        ("{} | by(.n > 2)", "ab by(.n > 2)=false; c by(.n > 2)=true"),
        ("{} | by(.s) | by(.n)", "a by(.s)=x by(.n)=1; b by(.s)=x by(.n)=nil; c by(.s)=nil by(.n)=4"),
        ("{} | by(.s) | coalesce()", "abc"),
        ("by(.s) | {.n = 4}", "c by(.s)=nil"),
        ("{} | by(status) | {kind = server}", "abc by(status)=unset"),
        // Pipelines in parentheses.
        ("({} | count() > 2) && ({.n = 4})", "abc"),
        ("({} | count() > 3) || ({.n = 4} | {})", "c"),
        ("({.n = 1} | {}) ~ ({.s = \"x\"} | count() > 1)", "b"),
    ] {
        assert_eq!(sets(query, &trace()), want, "{query}");
    }
}

#[test]
fn operators_meet_one_set_only() {
    let want = "spanset operators are not supported for multiple spansets per trace. consider using coalesce()";
    assert_eq!(sets("({} | by(.s)) > ({} | by(.s))", &trace()), want);
    assert_eq!(sets("({} | by(.s) | coalesce()) ~ ({})", &trace()), "abc");
    // Nothing is related to nothing, however many sets there are.
    assert_eq!(sets("({.n = 9}) > ({} | by(.s))", &trace()), "");
    // After grouping each set is looked at by itself.
    assert_eq!(sets("{} | by(.s) | {} ~ {}", &trace()), "ab by(.s)=x");
}

#[test]
fn only_so_many_groups_are_made() {
    let many: Vec<Span> = (0..100_001).map(|n| span(n, &[("n", AttributeValue::Int(n))])).collect();
    assert!(sets("{} | by(.n)", &many).contains("more than 100000 groups"));
    assert_eq!(sets("{} | by(name)", &[node('a', '-')]), "a by(name)=a");
}

//! Whatever the text: no panic, nothing beyond the limits, and a printed template is the same template.

use aio_gotmpl::{Cause, Functions, Limits, Map, MissingKey, NoHost, Set, Value};
use proptest::prelude::*;

/// Pieces of templates, so that texts made of them are often ones.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{- ",
    " -}}",
    "{{.a}}",
    "{{.b.c}}",
    "{{$x := .a}}",
    "{{$x}}",
    "{{if .a}}",
    "{{else}}",
    "{{else if .b}}",
    "{{else with .b}}",
    "{{end}}",
    "{{range .l}}",
    "{{range $i, $e := .l}}",
    "{{with .m}}",
    "{{break}}",
    "{{continue}}",
    "{{define \"d\"}}",
    "{{template \"d\" .}}",
    "{{block \"k\" .}}",
    "{{/* c */}}",
    "{{- /* c */ -}}",
    "{",
    "}",
    "a",
    " ",
    "\n",
    "é",
    "|",
    "(",
    ")",
    ".a",
    "$x",
    "1",
    "-1.5",
    "\"s\"",
    "`r`",
    "'c'",
    "nil",
    "true",
    ":=",
    "=",
    ",",
    "print",
    "printf \"%5.2f|%v\"",
    "index .l 0",
    "len",
    "eq",
    "and",
    "{{printf \"%q %d\" .a 1}}",
    "{{(index .m \"k\").x}}",
    "{{range 3}}",
    "{{.l | printf \"%v\" | html}}",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(PIECES), 0..14).prop_map(|pieces| pieces.concat()),
        "\\PC{0,40}",
        "[{}|. $()\"a-]{0,40}",
    ]
}

fn limits() -> Limits {
    Limits { output_bytes_max: 2000, steps_max: 2000, depth_max: 40, nesting_max: 20 }
}

fn set() -> Set {
    Set::new(Functions::new(), limits(), MissingKey::Default)
}

fn data() -> Value<'static> {
    let entries = [
        ("a", Value::from("text")),
        ("b", Value::Float(1e6)),
        ("l", Value::list([Value::Int(1), Value::Nil, Value::from("x")])),
        ("m", Value::Map(Map::of_texts([("k", "v")]).into())),
    ];
    Value::Map(Map::new(aio_gotmpl::Type::Any, entries).into())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_or_goes_beyond_its_limits(text in text()) {
        let mut set = set();
        if set.parse("t", &text).is_ok() {
            let mut out = String::new();
            let _any_error_will_do = set.execute_value("t", &data(), &NoHost, &mut out);
            prop_assert!(out.len() <= 2000);
        }
    }

    #[test]
    fn a_printed_template_is_the_same_template(text in text()) {
        let mut first = set();
        if first.parse("t", &text).is_err() {
            return Ok(());
        }
        let mut second = set();
        for name in ["t", "d", "k"] {
            if let Some(source) = first.source(name) {
                second.parse(name, &source).unwrap();
            }
        }
        for name in ["t", "d", "k"] {
            prop_assert!(first.is_same(&second, name), "{name}: {:?}", first.source(name));
        }
    }
}

fn failure(text: &str) -> Cause {
    let mut set = set();
    set.parse("t", text).expect("it is a template");
    set.execute_value("t", &data(), &NoHost, &mut String::new()).expect_err("it goes too far").cause
}

#[test]
fn limits_are_named_when_they_are_met() {
    assert_eq!(failure("{{range 100}}{{.}} is a number, a long one it is{{end}}"), Cause::OutputTooLong(2000));
    assert_eq!(failure("{{range 1000000000000}}{{end}}"), Cause::TooManySteps(2000));
    assert_eq!(failure("{{define \"d\"}}{{template \"d\"}}{{end}}{{template \"d\"}}"), Cause::TooDeep(40));
    assert!(matches!(failure("{{len (printf \"%5000d\" 1)}}"), Cause::Function { .. }));
    let doubling = "{{$x := \"0123456789\"}}{{range 12}}{{$x = print $x $x}}{{end}}";
    assert!(matches!(failure(doubling), Cause::Function { .. }));
}

#[test]
fn deep_texts_are_refused() {
    for (open, close) in [("(", ")"), ("{{if .a}}", "{{end}}")] {
        let text = [open.repeat(50), "1".into(), close.repeat(50)].concat();
        let text = if open == "(" { format!("{{{{{text}}}}}") } else { text };
        let error = set().parse("t", &text).unwrap_err();
        assert_eq!(error.to_string(), "template: t:1: max expression depth exceeded");
    }
}

/// The default limits fit into the stack of a thread, which is 2 MiB, without optimisation too.
#[test]
fn the_stack_holds_what_the_limits_allow() {
    let mut set = Set::new(Functions::new(), Limits::default(), MissingKey::Default);
    let chain = ["{{if eq .b 1.0}}", &"{{else if eq .b 1.0}}".repeat(98), "{{else}}x{{end}}"].concat();
    let parens = ["{{", &"(print ".repeat(99), "1", &")".repeat(99), "}}"].concat();
    let blocks = ["{{with .}}".repeat(99), "{{.a}}".into(), "{{end}}".repeat(99)].concat();
    for (text, expected) in [(chain, "x"), (parens, "1"), (blocks, "text")] {
        set.parse("t", &text).unwrap();
        let mut out = String::new();
        set.execute_value("t", &data(), &NoHost, &mut out).unwrap();
        assert_eq!(out, expected);
    }
    set.parse("t", "{{define \"d\"}}{{if .a}}{{template \"d\" (print .a | print | len | print .)}}{{end}}{{end}}{{template \"d\" .}}")
        .unwrap();
    set.parse("r", "{{define \"e\"}}{{range $i, $e := .l}}{{with $.a}}{{template \"e\" $}}{{end}}{{end}}{{end}}{{template \"e\" .}}").unwrap();
    for name in ["t", "r"] {
        assert!(set.execute_value(name, &data(), &NoHost, &mut String::new()).is_err());
    }
}

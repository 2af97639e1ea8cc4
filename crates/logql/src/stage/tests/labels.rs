//! Which labels lines have, and under which names.

use aio_types::{Labels, LogEntry, TimestampNs};

use super::{parsed, run};
use crate::line::{LineLabels, Needed, Scratch};
use crate::parse::ast::Expr;
use crate::pipeline::Pipeline;

#[test]
fn what_nobody_needs_is_not_parsed() {
    let only = |name: &str, stages: &str, line: &str| {
        let needed = Needed::only(vec![name.to_owned()]);
        let labels = run(stages, line, &needed).expect("passes").1.parsed;
        labels.filter(|n| n != "__error_details__").to_string()
    };
    assert_eq!(only("level", "| json", r#"{"a":"1","level":"x", broken"#), r#"{level="x"}"#);
    assert_eq!(only("level", "| json", r#"{"a":{"b": broken},"level":"x"}"#), r#"{level="x"}"#);
    assert_eq!(only("a_b", "| json", r#"{"a":{"b": broken},"level":"x"}"#), r#"{__error__="JSONParserErr"}"#);
    assert_eq!(only("level", "| json", r#"{"a":"1", broken"#), r#"{__error__="JSONParserErr"}"#);
    assert_eq!(only("app", "| json", r#"{"app":"1","b":"2"}"#), "{}");
    assert_eq!(only("level", "| logfmt --strict", r#"a=1 level=x b="#), r#"{level="x"}"#);
    // What is asked for by name is looked for until it comes, whatever else is asked for.
    for (name, stages, line, want) in [
        ("level", "| logfmt level", "ts=1 level=x level=y", r#"{level="x"}"#),
        ("level", "| logfmt ts, level", "ts=1 a=2 level=x level=y", r#"{level="x", ts="1"}"#),
        ("l", r#"| logfmt l="level""#, "ts=1 level=x", r#"{l="x"}"#),
        ("l", "| logfmt l, a", "b=1 a=2", r#"{a="2", l=""}"#),
        ("l", "| logfmt l, a", "a=1 l= l=2 a=3", r#"{a="1", l=""}"#),
        ("l", "| logfmt --keep-empty l, a", "a=1 l l=2", r#"{a="1", l=""}"#),
        ("l", "| logfmt --strict l, a", "a=1 =2 l=3", r#"{__error__="LogfmtParserErr", a="1", l=""}"#),
        ("l", "| logfmt --strict l, a", "a=1 l=3 =2", r#"{a="1", l="3"}"#),
        ("app_extracted", "| logfmt app", "a=1 app=x app=y", r#"{app_extracted="x"}"#),
        ("app", "| logfmt app, l", "app=x l=2", r#"{l="2"}"#),
        // Once it is clear that it does not come, no other parser is asked.
        ("l", "| logfmt l | json", "a=1", r#"{l=""}"#),
        ("l", "| logfmt | logfmt l", "l=1 l=2", r#"{l="1"}"#),
        ("l", r#"| json l="a", b"#, r#"{"b":1,"a":2}"#, r#"{b="1", l="2"}"#),
        ("l", "| pattern `<a> <l>`", "x y", r#"{l="y"}"#),
        ("l", "| regexp `(?P<a>.) (?P<l>.)`", "x y", r#"{l="y"}"#),
        ("l", r#"| label_format l="q" | json"#, "broken", r#"{l="q"}"#),
    ] {
        assert_eq!(only(name, stages, line), want, "{stages} of {line}");
    }
    let none = Needed::Only(Vec::new());
    assert!(run("| json | logfmt --strict | unpack", "broken =", &none).expect("passes").1.parsed.is_empty());
}

#[test]
fn labels_are_dropped_kept_and_renamed() {
    let all = |stages: &str| {
        let (_, labels) = run(stages, "pod=x app=y level=z", &Needed::All).expect("passes");
        format!("{} {} {}", labels.stream, labels.metadata, labels.parsed)
    };
    for (stages, want) in [
        ("", r#"{app="a"} {m="1"} {}"#),
        ("| logfmt | keep pod, app_extracted", r#"{} {} {app_extracted="y", pod="x"}"#),
        (r#"| keep m, app="b""#, r#"{} {m="1"} {}"#),
        (r#"| drop app | logfmt | app="""#, r#"{} {m="1"} {app_extracted="y", level="z", pod="x"}"#),
        (r#"| drop m="other""#, r#"{app="a"} {m="1"} {}"#),
        (r#"| drop m="1", app"#, "{} {} {}"),
        ("| label_format app=m", r#"{} {} {app="1"}"#),
        ("| label_format x=app, y=nope", r#"{} {m="1"} {x="a"}"#),
        (r#"| label_format x="{{.app}}-{{.m}}""#, r#"{app="a"} {m="1"} {x="a-1"}"#),
        (r#"| label_format x=m, y="{{.x}}{{.m}}", z="{{.y}}.", v=y"#, r#"{app="a"} {} {v="1", x="1", z="."}"#),
        (r#"| label_format t="{{__timestamp__ | date `2006-01-02`}}""#, r#"{app="a"} {m="1"} {t="1970-01-01"}"#),
        (r#"| label_format app="{{.nope}}" | app="""#, r#"{} {m="1"} {app=""}"#),
        (r#"| label_format app="b" | drop app | app="""#, r#"{} {m="1"} {}"#),
        ("| label_format m=m", r#"{app="a"} {} {}"#),
        // Names that stages took away stay so, but those of metadata are free again.
        ("| logfmt | drop pod | logfmt | keep pod, app", r#"{app="a"} {} {}"#),
        ("| logfmt | keep app | logfmt", r#"{app="a"} {} {}"#),
        ("| logfmt | label_format x=pod | logfmt | keep pod, x", r#"{} {} {x="x"}"#),
        ("| drop m | logfmt level, m", r#"{app="a"} {} {level="z", m=""}"#),
        ("| drop app | json app=`a`", r#"{} {m="1"} {__error__="JSONParserErr"}"#),
        (
            r#"| logfmt | label_format level="b" | logfmt"#,
            r#"{app="a"} {m="1"} {app_extracted="y", level="b", pod="x"}"#,
        ),
    ] {
        assert_eq!(all(stages), want, "{stages}");
    }
}

#[test]
fn parsers_go_around_labels_as_stages_have_left_them() {
    // The stream has `app` and `pod`, the metadata `pod`, which is shown as `pod_extracted`, and `m`.
    let stream = Labels::from_pairs([("app", "s"), ("pod", "s")]);
    let entry = LogEntry {
        ts: TimestampNs(1),
        line: "app=1 pod=2 m=3 pod_extracted=4".into(),
        metadata: Labels::from_pairs([("m", "m"), ("pod", "m")]),
    };
    for (stages, want) in [
        ("| logfmt", r#"{app="s", pod="s"} {m="m"} {app_extracted="1", m_extracted="3", pod_extracted="2"}"#),
        ("| drop app, m | logfmt", r#"{pod="s"} {} {app_extracted="1", m="3", pod_extracted="2"}"#),
        ("| keep app | logfmt", r#"{app="s"} {} {app_extracted="1", m="3", pod_extracted="2"}"#),
        (r#"| drop pod_extracted"#, r#"{app="s", pod="s"} {m="m"} {}"#),
        (r#"| keep pod="s""#, r#"{pod="s"} {} {}"#),
        ("| drop pod | json pod, z", r#"{app="s"} {m="m", pod_extracted="m"} {__error__="JSONParserErr"}"#),
        (r#"| drop pod | line_format "{}" | json pod, z"#, r#"{app="s"} {m="m", pod_extracted="m"} {pod="", z=""}"#),
        (r#"| label_format m="x" | logfmt | keep m"#, r#"{} {} {m="x"}"#),
        ("| label_format x=m | logfmt | keep m, x", r#"{} {} {m="3", x="m"}"#),
        ("| logfmt pod_extracted | keep pod_extracted", r#"{} {pod_extracted="m"} {}"#),
        ("| logfmt m, z | keep m, m_extracted, z", r#"{} {m="m"} {m_extracted="3", z=""}"#),
    ] {
        let Ok(Expr::Log(log)) = crate::parse(&format!("{{app=\"s\"}} {stages}")) else { panic!("{stages}") };
        let pipeline = Pipeline::new(&log.stages).expect(stages);
        let mut scratch = Scratch::default();
        assert!(pipeline.passes(&stream, &entry, &Needed::All, &mut scratch), "{stages}");
        let labels = LineLabels::resume(&stream, &entry, &Needed::All, &mut scratch.labels).categorized();
        assert_eq!(format!("{} {} {}", labels.stream, labels.metadata, labels.parsed), want, "{stages}");
    }
}

#[test]
fn metadata_that_collides_with_a_stream_label_is_renamed() {
    let stream = Labels::from_pairs([("app", "a")]);
    let metadata = Labels::from_pairs([("app", "m"), ("pod", "p")]);
    let entry = LogEntry { ts: TimestampNs(1), line: "".into(), metadata };
    let mut scratch = Scratch::default();
    let labels = LineLabels::new(&stream, &entry, &Needed::All, &mut scratch.labels);
    assert_eq!(labels.categorized().metadata.to_string(), r#"{app_extracted="m", pod="p"}"#);
    assert_eq!(labels.get("app"), "a");
    let metadata = Labels::from_pairs([("app", "m"), ("app_extracted", "own")]);
    let entry = LogEntry { ts: TimestampNs(1), line: "".into(), metadata };
    let labels = LineLabels::new(&stream, &entry, &Needed::All, &mut scratch.labels);
    assert_eq!(labels.categorized().metadata.to_string(), r#"{app_extracted="own"}"#);
}

#[test]
fn trace_ids_in_the_text_of_lines_answer_to_filters_alone() {
    let (id, other) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b700f067aa0ba902b7");
    let line = format!("done traceID={id}");
    for (stages, want) in [
        (format!(r#"| trace_id="{id}""#), "{}"),
        (format!(r#"| trace_id=~"{}.*""#, &id[..8]), "{}"),
        (format!(r#"| trace_id="{other}""#), "dropped"),
        (format!(r#"| trace_id!="{id}""#), "dropped"),
        (format!(r#"| label_format trace_id="{other}" | trace_id="{id}""#), "dropped"),
        (format!(r#"| drop trace_id | trace_id="{id}""#), "dropped"),
        (r#"| drop trace_id | trace_id="""#.to_owned(), "{}"),
        (format!(r#"| drop trace_id="{id}" | trace_id="{id}""#), "dropped"),
        (format!(r#"| drop trace_id="{other}" | trace_id="{id}""#), "{}"),
        (format!(r#"| keep app | trace_id="{id}""#), "dropped"),
        (format!(r#"| keep trace_id | trace_id="{id}""#), "{}"),
        (format!(r#"| keep trace_id="{other}" | trace_id="{id}""#), "dropped"),
    ] {
        assert_eq!(parsed(&stages, &line), want, "{stages}");
    }
    let entry = LogEntry { ts: TimestampNs(1), line: line.as_str().into(), metadata: Labels::default() };
    for (stages, is_shown) in [("", true), ("| drop trace_id", false), ("| keep app", false)] {
        let Ok(Expr::Log(log)) = crate::parse(&format!("{{app=\"a\"}} {stages}")) else { panic!("{stages}") };
        let (stream, mut scratch) = (Labels::default(), Scratch::default());
        assert!(Pipeline::new(&log.stages).expect(stages).passes(&stream, &entry, &Needed::All, &mut scratch));
        let labels = LineLabels::resume(&stream, &entry, &Needed::All, &mut scratch.labels).shown(true);
        assert_eq!(labels.metadata.get("trace_id") == id, is_shown, "{stages}");
    }
}

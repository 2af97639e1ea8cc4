//! Single lines through pipelines.

mod labels;

use aio_types::{Labels, LogEntry, TimestampNs};

use crate::line::{Categorized, LineLabels, Needed, Scratch};
use crate::parse::ast::Expr;
use crate::pipeline::Pipeline;

/// The stream is `{app="a"}`, the metadata `{m="1"}`.
fn run(stages: &str, line: &str, needed: &Needed) -> Option<(String, Categorized)> {
    let query = format!("{{app=\"a\"}} {stages}");
    let Ok(Expr::Log(log)) = crate::parse(&query) else { panic!("{query}: {:?}", crate::parse(&query)) };
    let pipeline = Pipeline::new(&log.stages).unwrap_or_else(|e| panic!("{query}: {e}"));
    let stream = Labels::from_pairs([("app", "a")]);
    let entry = LogEntry { ts: TimestampNs(1), line: line.into(), metadata: Labels::from_pairs([("m", "1")]) };
    let mut scratch = Scratch::default();
    if !pipeline.passes(&stream, &entry, needed, &mut scratch) {
        return None;
    }
    let labels = LineLabels::resume(&stream, &entry, needed, &mut scratch.labels).categorized();
    Some((scratch.text(&entry.line).to_owned(), labels))
}

/// What stages extracted, without the details of faults; `dropped` where the line did not pass.
fn parsed(stages: &str, line: &str) -> String {
    run(stages, line, &Needed::All)
        .map_or("dropped".to_owned(), |(_, labels)| labels.parsed.filter(|n| n != "__error_details__").to_string())
}

fn text(stages: &str, line: &str) -> String {
    run(stages, line, &Needed::All).map_or("dropped".to_owned(), |(text, _)| text)
}

fn check(stages: &str, cases: &[(&str, &str)]) {
    for (line, want) in cases {
        assert_eq!(parsed(stages, line), *want, "{stages} of {line}");
    }
}

#[test]
fn json_leaves_become_labels() {
    check(
        "| json",
        &[
            (r#"{}"#, r#"{}"#),
            (
                r#" {"a":"b","c":{"d":1,"9e":{"f":true}},"g":[1,{"h":"]"}],"i":null}"#,
                r#"{a="b", c_9e_f="true", c_d="1"}"#,
            ),
            (
                r#"{"1e3":1e3,"x":1000.0,"big":12345678901234567890123}"#,
                r#"{_1e3="1e3", big="12345678901234567890123", x="1000.0"}"#,
            ),
            (r#"{"a":"1","a":"2","b":{"c":"1"},"b_c":"2"}"#, r#"{a="1", b_c="1"}"#),
            (r#"{"app":"x","m":"y","o":{"p":1}}"#, r#"{app_extracted="x", m_extracted="y", o_p="1"}"#),
            (r#"{"k.a-b":"é\n\u00e9","":"skipped"," ":"too","a":{"":"1"}}"#, "{a=\"1\", k_a_b=\"é\\né\"}"),
            ("{\"a\":\"tab\there \\\"x\\\"\"}", r#"{a="tab\there \"x\""}"#),
            (r#"{"a":"bad \q escape","b":"c"}"#, r#"{a="", b="c"}"#),
            (r#"{"a":"\ud83d\ude00","b":"\ud83d","c":"\/"}"#, r#"{a="😀", b="", c="/"}"#),
            ("{\"a\":\"x\u{fffd}y\"}", r#"{a="x y"}"#),
            (r#"{"a":"1","b":"#, r#"{__error__="JSONParserErr", a="1"}"#),
            (r#"{"a":"1","b":nope}"#, r#"{__error__="JSONParserErr", a="1"}"#),
            // Of an inner object that does not end nothing is taken.
            (r#"{"a":"1","b":{"c":"2","#, r#"{__error__="JSONParserErr", a="1"}"#),
            (r#"{"a":"1",} behind"#, r#"{a="1"}"#),
            ("plain text", r#"{__error__="JSONParserErr"}"#),
            ("[1]", r#"{__error__="JSONParserErr"}"#),
            ("", r#"{__error__="JSONParserErr"}"#),
        ],
    );
    let deep = "{\"a\":".repeat(100_000);
    assert_eq!(parsed("| json", &deep), r#"{__error__="JSONParserErr"}"#);
    assert_eq!(parsed("| json", &(deep + &"}".repeat(100_000))), r#"{__error__="JSONParserErr"}"#);
}

#[test]
fn json_values_are_taken_by_their_place() {
    let line = r#"{"a":{"b":["x",{"c":"y"}]},"n":null,"o":{"p":1},"app":"z"}"#;
    check(
        r#"| json b="a.b[0]", c="a.b[1].c", o, n, app, nope="a.x""#,
        &[
            (line, r#"{app_extracted="z", b="x", c="y", n="", nope="", o="{\"p\":1}"}"#),
            ("plain", r#"{__error__="JSONParserErr"}"#),
            (r#"{"o": 1, broken"#, r#"{b="", c="", n="", nope="", o="1"}"#),
            (r#"{"n": nope, "o":["\""]}"#, r#"{__error__="JSONParserErr", b="", c="", n="", nope="", o="[\"\"\"]"}"#),
            ("", "{}"),
        ],
    );
    for (line, why) in [
        (r#"{"a":"x"#, "Value is string, but can't find closing '\"' symbol"),
        (r#"{"a":nope}"#, "Unknown value type"),
        (r#""a":1"#, "Malformed JSON error"),
        ("plain", ""),
        (r#"{"b":nope}"#, ""),
    ] {
        let labels = run("| json a", line, &Needed::All).expect("passes").1.parsed;
        assert_eq!(labels.get("__error_details__"), why, "{line}");
    }
}

#[test]
fn logfmt_pairs_become_labels() {
    check(
        "| logfmt",
        &[
            ("level=info msg=\"a \\\"b\\\" c\" took=5ms", r#"{level="info", msg="a \"b\" c", took="5ms"}"#),
            ("bare a= b=\"\" c=1", r#"{c="1"}"#),
            ("a=b=c =x fo\"o=1 d=e\"f g=\"h\"i ok=1", r#"{g="h", ok="1"}"#),
            ("a=1 a=2 a.b=3 9=4", r#"{_9="4", a="1", a_b="3"}"#),
            ("a=1 b=\"never ends", r#"{a="1"}"#),
            ("app=x a=\té=1\nb=2", r#"{_="1", app_extracted="x", b="2"}"#),
            ("a=\"\\u00e9\\n\" b=\"\\q\" c=1", "{a=\"é\\n\", c=\"1\"}"),
            ("", "{}"),
        ],
    );
    check(
        "| logfmt --strict",
        &[("a=1 b=c=d e=2", r#"{__error__="LogfmtParserErr", a="1"}"#), ("a=1 b", r#"{a="1"}"#)],
    );
    check(r#"| logfmt --strict | __error__="""#, &[("a=1 =", "dropped")]);
    // A stage that asks by name does not mind what others found.
    check("| logfmt | logfmt a, b", &[("a=1 a=2", r#"{a="2", b=""}"#)]);
    check(r#"| label_format a="x" | logfmt a"#, &[("b=1", r#"{a=""}"#)]);
    check(r#"| logfmt x="a", b, app"#, &[("a=1 b=2 b=3 c=4 app=5", r#"{app_extracted="5", b="3", x="1"}"#)]);
    // An empty label is like one that is not there, but shown.
    check(r#"| logfmt --keep-empty | a="""#, &[("a b=1", r#"{a="", b="1"}"#)]);
}

#[test]
fn expressions_and_patterns_name_what_they_find() {
    check(
        r#"| regexp "(?P<method>\\w+) (?P<path>[^ ]+)( (?P<more>x))?""#,
        &[("GET /a b", r#"{method="GET", more="", path="/a"}"#), ("GET", "{}")],
    );
    check(r#"| regexp "(?P<app>.)(?P<m>.)""#, &[("xy", r#"{app_extracted="x", m_extracted="y"}"#)]);
    check(
        r#"| pattern "<ip> - <_> [<time>] <path>""#,
        &[
            ("1.2.3.4 - u [now] /a b", r#"{ip="1.2.3.4", path="/a b", time="now"}"#),
            ("1.2.3.4 - u now", r#"{ip="1.2.3.4"}"#),
            ("1.2.3.4", r#"{ip="1.2.3.4"}"#),
            ("", "{}"),
        ],
    );
    check(r#"| pattern "a <b>""#, &[("x a b", "{}"), ("a b", r#"{b="b"}"#)]);
}

#[test]
fn packed_lines_are_unpacked() {
    let line = r#"{"_entry":"the \"line\"","pod":"p","n":1,"app":"x"}"#;
    assert_eq!(text("| unpack", line), "the \"line\"");
    check(
        "| unpack",
        &[
            (line, r#"{app_extracted="x", pod="p"}"#),
            (r#"{"pod":"p"}"#, "{}"),
            ("plain", r#"{__error__="JSONParserErr"}"#),
            (r#"{"_entry":"x","pod":"#, r#"{__error__="JSONParserErr"}"#),
            ("", "{}"),
        ],
    );
    assert_eq!(text(r#"| unpack |= "line" != "_entry""#, line), "the \"line\"");
}

#[test]
fn comparisons_read_values_by_their_kind() {
    for (stages, value, want) in [
        ("| v > 5", "6", "{}"),
        ("| v > 5", "4", "dropped"),
        ("| v > 5", "six", "LabelFilterErr"),
        ("| v > 5", "", "LabelFilterErr"),
        ("| v > 5", "1_000", "{}"),
        ("| v > 5", "0x1p4", "{}"),
        ("| v > 5", "Inf", "{}"),
        ("| v > 5", "1e400", "LabelFilterErr"),
        ("| w > 5", "6", "dropped"),
        ("| v > 1d", "25h", "{}"),
        ("| v > 1d", "2d", "LabelFilterErr"),
        ("| v > 20ms", "0.5s", "{}"),
        ("| v > 20ms", "30000µs", "{}"),
        ("| v >= 1.5KiB", "1536", "{}"),
        ("| v < 1KiB", "5 kB", "dropped"),
        ("| v > 1KB", "2k", "{}"),
        ("| v = 5", "5.0", "{}"),
        ("| v != 5", "6", "{}"),
        ("| v = \"5\"", "5.0", "dropped"),
        ("| v > 5 | __error__=\"\"", "six", "dropped"),
        ("| v > 5 | __error_details__=~\".*six.*\"", "six", "LabelFilterErr"),
        ("| v = ip(\"10.0.0.0/8\")", "10.1.1.1", "{}"),
        ("| v != ip(\"10.0.0.0/8\")", "10.1.1.1", "dropped"),
        ("| v != ip(\"10.0.0.0/8\")", "", "{}"),
        ("| w != ip(\"10.0.0.0/8\")", "", "dropped"),
        ("| v = \"\"", "", "{}"),
        ("| v =~ \"a.c\"", "a\\nc", "{}"),
        ("| v =~ \"b\"", "abc", "dropped"),
    ] {
        let found = parsed(&format!("| json {stages} | drop v"), &format!("{{\"v\":\"{value}\"}}"));
        let want = if want.ends_with("Err") { format!("{{__error__=\"{want}\"}}") } else { want.to_owned() };
        assert_eq!(found, want, "{stages} of {value}");
    }
}

#[test]
fn comparisons_say_what_is_wrong_as_in_loki() {
    for (stages, value, why) in [
        ("| v > 5", "six", r#"strconv.ParseFloat: parsing "six": invalid syntax"#),
        ("| v > 5", "1e400", r#"strconv.ParseFloat: parsing "1e400": value out of range"#),
        ("| v > 5s", "5", r#"time: missing unit in duration "5""#),
        ("| v > 5s", "5x", r#"time: unknown unit "x" in duration "5x""#),
        ("| v > 5KB", "5Q", "unhandled size name: q"),
    ] {
        let line = format!("{{\"v\":\"{value}\"}}");
        let labels = run(&format!("| json {stages}"), &line, &Needed::All).expect("passes").1.parsed;
        assert_eq!(labels.get("__error_details__"), why, "{stages} of {value}");
    }
}

#[test]
fn a_line_with_a_fault_stays_and_comparisons_do_not_speak_over_it() {
    for (stages, want) in [
        ("| json | v > 5", "dropped"),
        ("| json | m > 5s", r#"{__error__="JSONParserErr"}"#),
        ("| json | m > 5", "dropped"),
        ("| json | logfmt --strict", r#"{__error__="JSONParserErr"}"#),
        ("| json | v = \"5\"", "dropped"),
        ("| json | drop __error__ | v > 5", "dropped"),
        ("| json | drop __error__, __error_details__", "{}"),
        ("| json | keep nothing", r#"{__error__="JSONParserErr"}"#),
        (r#"| json | drop __error__=~"Logfmt.*""#, r#"{__error__="JSONParserErr"}"#),
        (r#"| json | __error__!="JSONParserErr""#, "dropped"),
    ] {
        assert_eq!(parsed(stages, "no json"), want, "{stages}");
    }
}

#[test]
fn and_binds_tighter_than_or_and_commas_take_all_that_follows() {
    // `m="1"` is true, `f="1"` is false.
    for (filter, want) in [
        (r#"m="1" or f="1" and f="1""#, true),
        (r#"f="1" and f="1" or m="1""#, true),
        (r#"m="1" or m="1", f="1""#, true),
        (r#"f="1", f="1" or m="1""#, false),
        (r#"f="1" f="1" or m="1""#, false),
        (r#"m="1" OR f="1" AND f="1""#, true),
        (r#"(m="1" or f="1") and f="1""#, false),
    ] {
        assert_eq!(parsed(&format!("| {filter}"), "") != "dropped", want, "{filter}");
    }
}

#[test]
fn lines_are_made_anew() {
    for (stages, line, want) in [
        (r#"| json | line_format "{{.a}}:{{ .m }}{{.nope}}""#, r#"{"a":"b"}"#, "b:1"),
        (r#"| line_format "x" |= "x" != "y""#, "y", "x"),
        (r#"| line_format "a=1" | logfmt | line_format "{{.a}}""#, "", "1"),
        (
            r#"| json | line_format "{{.a | ToUpper}} {{if eq .m `1`}}{{__line__ | trunc 3}}{{end}}""#,
            r#"{"a":"b"}"#,
            "B {\"a",
        ),
        (r#"| line_format "{{range $k, $v := .}}{{$k}}={{$v}};{{end}}""#, "", "app=a;m=1;"),
        // What cannot be made leaves the line as it is.
        (r#"| line_format "{{div 1 0}}""#, "as it was", "as it was"),
        ("| decolorize", "\u{1b}[31mred\u{1b}[0m", "red"),
    ] {
        assert_eq!(text(stages, line), want, "{stages}");
    }
}

#[test]
fn line_filters() {
    for (stages, line, want) in [
        (r#"|= "ail""#, "fail", true),
        (r#"|= "" "#, "", true),
        (r#"|= "a" or "b""#, "b", true),
        (r#"!= "a" or "b""#, "b", false),
        (r#"|~ "^b$""#, "a\nb", false),
        (r#"|~ "(?m)^b$""#, "a\nb", true),
        (r#"|~ "a.b""#, "a\nb", false),
        (r#"|~ "(?i)STRASSE|É""#, "é", true),
        (r#"!~ "a+" "#, "b", true),
        (r#"|> "<_>: x" or "y<_>""#, "a: x", true),
        (r#"!> "<_>: x""#, "a: x", false),
        (r#"|> "GET <_>""#, "10.0.0.1 GET /x", true),
        (r#"|= ip("10.0.0.0/8")"#, "at 10.2.3.4 x", true),
        (r#"!= ip("10.0.0.0/8") or "y""#, "at 10.2.3.4 x", false),
    ] {
        assert_eq!(text(stages, line) != "dropped", want, "{stages} of {line}");
    }
}

#[test]
fn stages_that_cannot_be_made_are_named() {
    for (stage, why) in [
        (r#"|~ "(""#, "error parsing regexp: missing closing ): `(`"),
        (r#"|> "<x>""#, "named captures are not allowed: found '<x>'"),
        (r#"|= ip("x")"#, "ip: invalid pattern: \"x\""),
        (r#"|~ ip("1.1.1.1")"#, "ip: invalid operation"),
        (r#"| a=ip("x")"#, "ip: invalid pattern: \"x\""),
        (r#"| json a="b[""#, "cannot parse expression [b[]: unexpected end of expression"),
        (r#"| label_format a=b,a=c"#, "multiple label name 'a' not allowed in a single format operation"),
        (r#"| label_format __error__=b"#, "__error__ cannot be formatted"),
    ] {
        let Ok(Expr::Log(log)) = crate::parse(&format!("{{a=\"b\"}} {stage}")) else { panic!("{stage}") };
        let error = Pipeline::new(&log.stages).expect_err(stage).to_string();
        assert_eq!(error, format!("parse error : stage '{}' : {why}", log.stages[0]), "{stage}");
    }
    for (stage, why) in [
        (r#"| regexp "(x)""#, "invalid regexp parser: at least one named capture must be supplied"),
        (r#"| pattern "x""#, "invalid pattern parser: at least one capture is required"),
    ] {
        let error = crate::parse(&format!("{{a=\"b\"}} {stage}")).expect_err(stage).to_string();
        assert_eq!(error, format!("parse error : {why}"), "{stage}");
    }
}

proptest::proptest! {
    #[test]
    fn arbitrary_lines_never_panic(line in r#"[{}\[\]":,\\au1é \x{fffd}=.\n-]{0,40}"#) {
        crate::fuzz::stages(&line);
    }
}

//! Queries that parse, queries that do not, and what is said of these.

mod generate;

use proptest::prelude::*;

use super::*;

#[test]
fn queries_that_parse() {
    for query in [
        "",
        "{}",
        "{ }",
        "{true}",
        r"{name=~`{id}\Qa+\E`}",
        r#"{resource.service.name="a" && name=~"GET.*" || duration>1.5s}"#,
        r#"{ .http.status_code >= 500 && status = error } && { kind = server }"#,
        r#"{span."my key" != nil}"#,
        r#"({name="a"} || {name="b"}) && {trace:rootName="c"}"#,
        r#"{!(.a = true) && 5 < .b && "x" = name}"#,
        r#"{span.a-1*2 = 1 && .x/y = -1.5 && resource."a \"b\"".c != `\d`}"#,
        "{.a = ok && .b = server && .c = maxInt && duration > 5 && traceDuration < 1w}",
        "{link:traceID != nil && event:timeSinceStart > 1ms && link.x = true && resource.service.name != nil}",
        "{status = error} with(most_recent=true, unknown=5)",
        "{} // a comment",
        "{ /* one */ .a = 1 }",
        "{} | by(resource.service.name) | count() > 2 | avg(duration) > 1s | coalesce() | select(.a, status, span:id)",
        "{} >> {} | {} !~ {} || {} &<< {}",
        "({} | count() > 1) >> ({} | by(.a) | coalesce())",
        "max(duration) > 3s | { status = error || .http.status = 500 }",
        "{} | quantile_over_time(duration, 0, .5, 0.99) by (span.a, name) | topk(3) > 10ms",
        "{} | compare({status = error}, 20, 1, 2)",
        "({status = error} | rate()) / ({} | rate()) * 100 > 5 | bottomk(2)",
        "-1 - ({} | count_over_time()) + 2 * 3",
        "{ nestedSetParent < 0 && true } | rate() by(resource.service.name) with(sample=true)",
        "({nestedSetParent<0} &>> { status = error }) || ({nestedSetParent<0}) | select(status, nestedSetLeft)",
    ] {
        if let Err(error) = parse(query) {
            panic!("{query}: {error}");
        }
    }
}

#[test]
fn faults_are_named_with_their_place() {
    for (query, want) in [
        ("{", "invalid TraceQL query: parse error at line 1, col 2: syntax error: unexpected $end"),
        ("{name=}", "line 1, col 7: syntax error: unexpected }"),
        ("{\n nme=\"a\"}", "line 2, col 2: syntax error: unexpected IDENTIFIER nme, expecting a field"),
        ("{ . }", "col 3: unexpected END_ATTRIBUTE, expecting IDENTIFIER"),
        ("{ span. }", "unexpected END_ATTRIBUTE"),
        ("{ .a = \"x }", "col 8: literal not terminated"),
        ("{ .\"a }", "unexpected EOF, expecting \""),
        ("{ .\"a\\n\" }", "invalid escape sequence"),
        ("{ .a = \"\\z\" }", "invalid char escape"),
        ("{ .a = 99999999999999999999 }", "value out of range"),
        ("true", "unexpected true"),
        ("5", "unexpected $end"),
        ("{} with(", "expecting IDENTIFIER"),
        ("{} with()", "expecting IDENTIFIER"),
        ("{} with(a)", "expecting ="),
        ("{.a} {.b}", "unexpected {"),
        ("{} + {}", "unexpected +"),
        ("{} | count()", "unexpected $end"),
        ("{} | rate() + 5", "unexpected +"),
        ("({} | rate()) % 5", "unexpected %"),
        ("({} | rate()) * 10s", "unexpected *"),
        ("{} | rate() | topk(-1)", "expecting INTEGER"),
        ("coalesce() | {}", "unexpected coalesce"),
        ("count() > 3 && {}", "unexpected &&"),
        ("{} && ({} | count() > 1)", "unexpected &&"),
        ("{ trace:name = \"a\" }", "unexpected trace:"),
        ("{ childCount = 1 }", "unexpected childCount"),
        ("{ .attribute == 4 }", "unexpected ="),
        // Types.
        ("{status = \"error\"}", "binary operations must operate on the same type: status = `error`"),
        ("{kind = 3}", "same type: kind = 3"),
        ("{duration = \"1s\"}", "same type"),
        ("{status > error}", "illegal operation for the given types: status > error"),
        ("{true > false}", "illegal operation"),
        ("{name}", "span filter field expressions must resolve to a boolean: { name }"),
        ("{1+1}", "must resolve to a boolean: { 2 }"),
        ("{.a =~ 5}", "illegal operation for the given types"),
        ("{.a =~ .b}", "invalid type for =~ or !~: .b"),
        ("{duration =~ \"1s\"}", "same type"),
        ("{name=~\"(\"}", "invalid regex: `(`: missing closing )"),
        ("{name = nil}", "name=nil is not valid because intrinsics cannot be nil"),
        ("{nil = resource.service.name}", "resource.service.name cannot be nil"),
        ("{.a = -\"x\"}", "illegal operation for the given type: -`x`"),
        ("{!duration}", "illegal operation for the given type: !duration"),
        ("{} | by(1)", "grouping field expressions must reference the span: by(1)"),
        ("{} | max(name) > 1", "must resolve to a number type: max(name)"),
        ("{} | sum(3) > 1", "must reference the span: sum(3)"),
        ("{} | max(.a) = ok", "unexpected ok"),
        ("{} | rate() | topk(0)", "limit must be greater than 0"),
        ("{} | quantile_over_time(duration, 1.5)", "quantile must be between 0 and 1: 1.5"),
        ("{} | compare({}, 0)", "an integer between 1 and 1000"),
        ("{} | compare({}, 5, 2, 1)", "end timestamp must be greater"),
        ("{} | compare({}) | topk(1)", "`compare()` cannot be used with second stage functions"),
        ("{} | rate() by (.a,.b,.c,.d,.e,.f)", "metrics group by 6 values not yet supported"),
        ("{} | histogram_over_time(duration) by (.a,.b,.c,.d,.e)", "metrics group by 5 values not yet supported"),
        // In the language, but evaluated by nobody.
        ("{parent.a = 1}", "parent not yet supported"),
        ("{parent = nil}", "intrinsic (parent) not yet supported"),
        ("count() > count()", "not yet supported"),
        ("({} | count()) > 3", "not yet supported"),
    ] {
        let error = parse(query).expect_err(query).to_string();
        assert!(error.contains(want), "{query}: {error}");
    }
}

#[test]
fn precedence_is_tempos() {
    for (query, want) in [
        ("{.a || .b && .c}", "{ (.a || .b) && .c }"),
        ("{.a + 1 = 2 && .b}", "{ ((.a + 1) = 2) && .b }"),
        ("{!.a * 2 = .b}", "{ (!(.a * 2)) = .b }"),
        ("{!.a = .b}", "{ (!.a) = .b }"),
        ("{-.a * .b + .c = 1}", "{ ((-(.a * .b)) + .c) = 1 }"),
        ("{.a ^ .b ^ .c = 1}", "{ (.a ^ (.b ^ .c)) = 1 }"),
        ("{.a = 1 != nil}", "{ (.a = 1) != nil }"),
        ("{} && {} > {}", "{ true } && ({ true } > { true })"),
        ("{} || {} && {}", "({ true } || { true }) && { true }"),
        ("({}|rate()) + ({}|rate()) * 2 > 1", "(({ true } | rate()) + (({ true } | rate()) * 2.0)) > 1"),
    ] {
        let read = Reader::new(query).and_then(Reader::query);
        let parsed = read.unwrap_or_else(|e| panic!("{query}: {e}")).to_string();
        assert_eq!(parsed, want, "{query}");
    }
}

#[test]
fn deep_nesting_is_an_error() {
    assert!(parse(&"(".repeat(10_000)).is_err());
    assert!(parse(&format!("{{{}", "!(".repeat(10_000))).is_err());
    assert!(parse(&format!("{{{}.a", "- ".repeat(10_000))).is_err());
    assert!(parse(&format!("{}1 > count()", "- ".repeat(10_000))).is_err());
    assert!(parse(&format!("{{{}1 = 1}}", "1 ^ ".repeat(10_000))).is_err());
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in r#"[{}a.=":|~!() &<>5msé,\\^*/+\-]{0,40}"#) {
        let _any = parse(&text);
    }

    #[test]
    fn what_is_printed_parses_to_the_same(query in generate::query()) {
        let printed = query.to_string();
        // What means nothing is not told from what does by the generator.
        if let Ok(parsed) = Reader::new(&printed).and_then(Reader::query) {
            prop_assert_eq!(parsed.to_string(), printed);
        } else {
            return Err(TestCaseError::fail(printed));
        }
    }
}

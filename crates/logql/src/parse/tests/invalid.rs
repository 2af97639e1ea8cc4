//! Queries that do not parse, and what is said of them.

use crate::parse::{QUERY_BYTES_MAX, parse};

fn check(query: &str, want: &str) {
    assert_eq!(parse(query).expect_err(query).to_string(), want, "{query}");
}

#[test]
fn faults_are_named_with_their_place() {
    for (query, at, want) in [
        ("{a=\"b\"", "line 1, col 7", "unexpected $end, expecting } or ,"),
        ("{a=\"b\"} |=", "line 1, col 11", "unexpected $end, expecting STRING or ip"),
        ("{a=\"b\"} \"x\"", "line 1, col 9", "unexpected STRING"),
        ("{a=\"b\"} x", "line 1, col 9", "unexpected IDENTIFIER"),
        ("\n {a b}", "line 2, col 5", "unexpected IDENTIFIER, expecting = or =~ or !~ or !="),
        ("{a=b}", "line 1, col 4", "unexpected IDENTIFIER, expecting STRING"),
        ("{a=\"b\",}", "line 1, col 8", "unexpected }, expecting IDENTIFIER"),
        ("{,}", "line 1, col 2", "unexpected ,, expecting IDENTIFIER or }"),
        ("unk({a=\"b\"}[5m])", "line 1, col 1", "unexpected IDENTIFIER"),
        ("min({ foo = \"bar\" }[5m])", "line 0, col 20", "unexpected RANGE"),
        ("stddev({ foo = \"bar\" })", "line 1, col 23", "unexpected )"),
        ("label_replace(rate({ foo = \"bar\" }[5m]),\"\")", "line 1, col 43", "unexpected ), expecting ,"),
        ("{ foo = \"bar\" }|logfmt|addr>=ip(\"1.2.3.4\")", "line 1, col 30", "unexpected ip"),
        ("bottomk(he,count_over_time({ foo = \"bar\" }[5h]))", "line 1, col 9", "unexpected IDENTIFIER"),
        ("bool 1 > 1", "line 1, col 1", "unexpected bool"),
        (
            "quantile_over_time(foo,{a=\"b\"} | unwrap latency [5m])",
            "line 1, col 20",
            "unexpected IDENTIFIER, expecting NUMBER or { or (",
        ),
        ("vector(abc)", "line 1, col 8", "unexpected IDENTIFIER, expecting NUMBER"),
        ("#{app=\"foo\"} | json", "line 1, col 20", "unexpected $end"),
        ("count without (rate({a=\"b\"}[15s]))", "line 1, col 16", "unexpected RATE, expecting IDENTIFIER or )"),
        ("sum by (a,) (rate({a=\"b\"}[1m]))", "line 1, col 11", "unexpected ), expecting IDENTIFIER"),
        ("rate({a=\"b\"})", "line 1, col 13", "unexpected )"),
        ("rate({a=\"b\"}[5m] x)", "line 1, col 18", "unexpected IDENTIFIER, expecting )"),
        ("rate({a=\"b\"}[5m]) @ 5", "line 1, col 19", "unexpected IDENTIFIER"),
        ("rate(rate({a=\"b\"}[5m])[5m:1m])", "line 1, col 6", "unexpected RATE, expecting NUMBER or { or ("),
        ("increase({a=\"b\"}[5m])", "line 1, col 1", "unexpected IDENTIFIER"),
        ("{a=\"b\"} | distinct x", "line 1, col 20", "unexpected IDENTIFIER"),
        ("{a=\"b\"} | unwrap x", "line 1, col 11", "unexpected unwrap"),
        ("{a=\"b\"} | line_format", "line 1, col 22", "unexpected $end, expecting STRING"),
        ("{a=\"b\"} | label_format a", "line 1, col 25", "unexpected $end, expecting ="),
        ("{a=\"b\"} | drop 1", "line 1, col 16", "unexpected NUMBER, expecting IDENTIFIER"),
        ("{a='b'}", "line 1, col 4", "unexpected IDENTIFIER, expecting STRING"),
        ("{by=\"b\"}", "line 1, col 2", "unexpected by, expecting IDENTIFIER or }"),
        ("{a=\"b\", JSON=\"c\"}", "line 1, col 9", "unexpected json, expecting IDENTIFIER"),
        ("sum by (on) (rate({a=\"b\"}[5m]))", "line 1, col 9", "unexpected on, expecting IDENTIFIER or )"),
        ("sum(rate({a=\"b\"}[5m])) by (a, sum(", "line 1, col 31", "unexpected SUM, expecting IDENTIFIER"),
        ("{a=\"b\"} | by=\"c\"", "line 1, col 11", "unexpected by"),
        ("{a=\"b\"} | x=1 or json=2", "line 1, col 18", "unexpected json, expecting IDENTIFIER or ("),
        ("{a=\"b\"} | (x=1 }", "line 1, col 16", "unexpected }"),
        ("{a=\"b\"} | x=-1d", "line 0, col 14", "unexpected DURATION, expecting NUMBER"),
        ("{a=\"b\"} | ~ json", "line 1, col 13", "unexpected json"),
        ("{a=\"b\"} | drop json", "line 1, col 16", "unexpected json, expecting IDENTIFIER"),
        ("{a=\"b\"}]", "line 1, col 8", "unexpected ]"),
        ("rate(({a=\"b\"})[5m] | json)", "line 1, col 22", "unexpected json, expecting unwrap"),
        ("rate(({a=\"b\"})[5m] |= \"x\")", "line 0, col 20", "unexpected |=, expecting )"),
        ("rate(({a=\"b\"}) |= \"x\" [5m])", "line 0, col 16", "unexpected |=, expecting RANGE"),
        ("rate({a=\"b\"} | json [5m] | unwrap x)", "line 1, col 26", "unexpected |, expecting )"),
        ("rate({a=\"b\"} | unwrap x | by=1 [5m])", "line 1, col 27", "unexpected by, expecting IDENTIFIER or ("),
    ] {
        let error = parse(query).expect_err(query).to_string();
        assert_eq!(error, format!("parse error at {at}: syntax error: {want}"), "{query}");
    }
}

#[test]
fn words_that_are_none_are_named_with_their_place() {
    check("{foo=\"bar}", "parse error at line 1, col 6: literal not terminated");
    check("{a='bc'}", "parse error at line 1, col 4: invalid char literal");
    check("{a='b}", "parse error at line 1, col 4: literal not terminated");
    check("{a=\"\\q\"}", "parse error at line 1, col 4: invalid char escape");
    check(
        "rate({ foo = \"bar\" }[5minutes])",
        "parse error at line 0, col 21: unknown unit \"minutes\" in duration \"5minutes\"",
    );
    check("rate({ foo = \"bar\" }[5)", "parse error at line 0, col 21: missing closing ']' in duration");
    check("rate({a=\"b\"}[])", "parse error at line 0, col 13: empty duration string");
}

#[test]
fn words_behind_a_whole_query_are_looked_at() {
    for (query, at, want) in [
        ("{r=\"a\"} \"", "line 1, col 9", "literal not terminated"),
        ("{app=\"x\"}[5m:1m]", "line 0, col 10", "unknown unit \"m:\" in duration \"5m:1m\""),
        ("{app=\"x\"} |= \"x\" [5m", "line 0, col 18", "missing closing ']' in duration"),
        ("rate({app=\"x\"}[5m]) [5z]", "line 0, col 21", "unknown unit \"z\" in duration \"5z\""),
        ("rate({app=\"x\"}[1.5h])", "line 0, col 15", "unknown unit \".\" in duration \"1.5h\""),
        ("{app=\"x\"} \"\\z\"", "line 1, col 11", "invalid char escape"),
        ("{app=\"x\"}\n /* x", "line 2, col 2", "comment not terminated"),
        ("10 `/ (x)", "line 1, col 4", "literal not terminated"),
        ("10 `/ (x)`", "line 1, col 4", "syntax error: unexpected STRING"),
        ("{app=\"x\"} | logfmt'xy' --keep-empty msg", "line 1, col 19", "invalid char literal"),
        ("{app=\"x\"} | json \"abc", "line 1, col 18", "literal not terminated"),
        ("{app=\"x\"} | level> 0B", "line 1, col 20", "decimal literal has no digits"),
        // A fault in front of it is told instead.
        ("{app=x} \"", "line 1, col 6", "syntax error: unexpected IDENTIFIER, expecting STRING"),
    ] {
        check(query, &format!("parse error at {at}: {want}"));
    }
}

#[test]
fn patterns_that_are_none_come_first_and_faults_of_meaning_last() {
    let capture = "parse error : invalid regexp parser: at least one named capture must be supplied";
    check("{a=\"b\"} | regexp \"x\" | x", capture);
    check("{a=\"b\"} | regexp \"x\" \"", capture);
    check("{a=\"b\"} | pattern \"x\" | x", "parse error : invalid pattern parser: at least one capture is required");
    check(
        "{a=\"b\"} | pattern ``",
        "parse error : invalid pattern parser: parse error at line 1, col 1: syntax error: unexpected $end, expecting \
         IDENTIFIER or LITERAL",
    );
    check("{a=~\"(\"} x", "parse error : error parsing regexp: missing closing ): `(`");
    check("{a=\"b\"} | x=~\"(\" | x", "parse error : error parsing regexp: missing closing ): `(`");
    check("topk(rate({a=\"b\"}[1m])) x", "parse error at line 1, col 25: syntax error: unexpected IDENTIFIER");
    check("sum(1,topk(rate({}[1m])))", "parse error : unsupported parameter for operation sum(1,");
    check(
        "1 or topk(rate({a=\"b\"}[1m]))",
        "parse error : unexpected literal for left leg of logical/set binary operation (or): 1.000000",
    );
    check("sum_over_time({}[1m])", "parse error : invalid aggregation sum_over_time without unwrap");
    check("topk(-1,rate({a=\"b\"}[1m]))", "parse error at line 1, col 8: syntax error: unexpected ,");
}

#[test]
fn faults_of_meaning_have_no_place() {
    for (query, want) in [
        ("", "syntax error: unexpected $end"),
        ("absent_over_time({a=\"b\"}[5h]) by (foo)", "grouping not allowed for absent_over_time aggregation"),
        ("approx_topk(2, count_over_time({a=\"b\"}[5h])) by (foo)", "grouping not allowed for approx_topk aggregation"),
        ("sum_over_time({a=\"b\"}[5m])", "invalid aggregation sum_over_time without unwrap"),
        ("count_over_time({a=\"b\"} | unwrap x [5m])", "invalid aggregation count_over_time with unwrap"),
        ("sum_over_time({a=\"b\"} | unwrap x [5m]) by (y)", "grouping not allowed for sum_over_time aggregation"),
        ("sum_over_time(50,{a=\"b\"} | unwrap x [5m])", "parameter 50 not supported for operation sum_over_time"),
        ("quantile_over_time({a=\"b\"} | unwrap x [5m])", "parameter required for operation quantile_over_time"),
        ("sum(3 ,count_over_time({a=\"b\"}[5h]))", "unsupported parameter for operation sum(3,"),
        ("topk(count_over_time({a=\"b\"}[5h]))", "parameter required for operation topk"),
        ("bottomk(1.2,count_over_time({a=\"b\"}[5h]))", "invalid parameter bottomk(1.2,"),
        ("topk(0,count_over_time({a=\"b\"}[5h]))", "invalid parameter (must be greater than 0) topk(0"),
        ("sort(rate({a=\"b\"}[1m])) by (x)", "sort and sort_desc doesn't allow grouping by "),
        ("{a=\"b\"} + {a=\"b\"}", "unexpected type for left leg of binary operation (+): *syntax.MatchersExpr"),
        ("1 > ({a=\"b\"} | json)", "unexpected type for right leg of binary operation (>): *syntax.PipelineExpr"),
        ("rate({a=\"b\"}[1m]) or 1", "unexpected literal for right leg of logical/set binary operation (or): 1.000000"),
        (
            "1 unless rate({a=\"b\"}[1m])",
            "unexpected literal for left leg of logical/set binary operation (unless): 1.000000",
        ),
        (
            "{a=\"b\"} | level>0B",
            "unable to parse literal as a float: strconv.ParseFloat: parsing \"0B\": invalid syntax",
        ),
        (
            "{a=\"b\"} | x > 0x10",
            "unable to parse literal as a float: strconv.ParseFloat: parsing \"0x10\": invalid syntax",
        ),
    ] {
        check(query, &format!("parse error : {want}"));
    }
    check("{~=\"b\"}", "parse error : invalid label name: ~");
    for query in ["{}", "{a=~\".*\"}", "{a!=\"b\"}", "{a!~\"b|c\"}", "1 + count_over_time({a=~\".*\"}[5m])"] {
        let error = parse(query).expect_err(query).to_string();
        assert!(error.starts_with("parse error : queries require at least one regexp or equality matcher"), "{error}");
    }
    check("{a=~\"(\"}", "parse error : error parsing regexp: missing closing ): `(`");
    let variants = parse("variants(rate({a=\"b\"}[1m])) of ({a=\"b\"}[1m])").expect_err("disabled").to_string();
    assert_eq!(variants, "multi variant queries are disabled for this instance");
}

#[test]
fn long_queries_and_selectors_are_refused() {
    let long = parse(&" ".repeat(QUERY_BYTES_MAX)).expect_err("too long").to_string();
    assert_eq!(long, "parse error : input size too long (131072 > 131072)");
    let wide = format!("{{{}}}", vec!["a=\"b\""; 1001].join(","));
    let wide = parse(&wide).expect_err("too wide").to_string();
    assert_eq!(wide, "max streams matchers per query exceeded, matchers-count > limit (1001 > 1000)");
}

#[test]
fn deep_nesting_is_an_error() {
    for query in [
        "(".repeat(10_000),
        format!("{{a=\"b\"}} | {}", "(".repeat(10_000)),
        format!("{{a=\"b\"}} | {}", "a=\"b\" ".repeat(10_000)),
        format!("{{a=\"b\"}} | a=\"b\" {}", "or a=\"b\" ".repeat(10_000)),
        format!("{{a=\"b\"}} {}", "|= \"b\" ".repeat(10_000)),
        format!("vector(1){}", "^vector(1)".repeat(5_000)),
        format!("vector(1){}", "+vector(1)".repeat(5_000)),
        format!("rate({}", "(".repeat(10_000)),
        "sum(".repeat(10_000),
    ] {
        assert!(parse(&query).is_err());
    }
}

proptest::proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in r#"[{}a="|~!() \[\]5ms,+\\é#/*.`'-]{0,40}"#) {
        let _any = parse(&text);
    }
}

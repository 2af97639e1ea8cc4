//! Queries that parse, and how they are printed.

use crate::parse::{parse, parse_matchers};

fn printed(query: &str) -> String {
    parse(query).unwrap_or_else(|e| panic!("{query}: {e}")).to_string()
}

#[test]
fn queries_have_one_spelling() {
    for (query, want) in [
        (r#"{a="b"}"#, r#"{a="b"}"#),
        (r#"{a="b",c!="d",e=~"f.+",g!~`h\d`}"#, r#"{a="b", c!="d", e=~"f.+", g!~"h\\d"}"#),
        (r#"{a="b"}|="x"or`y`!="z"or"w"|~"v"!~"u""#, r#"{a="b"} |= "x" or "y" != "z" != "w" |~ "v" !~ "u""#),
        (r#"{a="b"} |> "<_> x" !> "y <_>""#, r#"{a="b"} |> "<_> x" !> "y <_>""#),
        (r#"{a="b"} |= ip("10.0.0.0/8") or "x""#, r#"{a="b"} |= ip("10.0.0.0/8") or "x""#),
        ("{a=\"b\"} # note\n|= \"x\" # end", r#"{a="b"} |= "x""#),
        ("({a=\"b\"} | json)", r#"{a="b"} | json"#),
        (r#"{a="b"} | json x="y[0]", z"#, r#"{a="b"} | json x="y[0]",z="z""#),
        (r#"{a="b"} | logfmt --keep-empty --strict x, y="z""#, r#"{a="b"} | logfmt --strict --keep-empty x="x",y="z""#),
        (r#"{a="b"} | regexp "(?P<x>.*)" | pattern "<x> <_>" | unpack"#, ""),
        (r#"{a="b"} | line_format "{{.x}}" | label_format x=y,z="{{.w}}" | decolorize"#, ""),
        (r#"{a="b"} | drop x, y="z" | keep x=~"a|b""#, r#"{a="b"} | drop x,y="z" | keep x=~"a|b""#),
        (
            r#"{a="b"} | x>1 | x>=1.50 | x<-2 | x<=2 | x==3 | x=3 | x!=3"#,
            r#"{a="b"} | x>1 | x>=1.5 | x<-2 | x<=2 | x==3 | x==3 | x!=3"#,
        ),
        (
            r#"{a="b"} | x>20ms | x>1.5h | x>1d | x<20KB | x<1.5KiB"#,
            r#"{a="b"} | x>20ms | x>1h30m0s | x>24h0m0s | x<20kB | x<1.5kB"#,
        ),
        (
            r#"{a="b"} | x=ip("10.0.0.1-10.0.0.9") | y!=ip("::1")"#,
            r#"{a="b"} | x=ip("10.0.0.1-10.0.0.9") | y!=ip("::1")"#,
        ),
        (r#"{a="b"} | x=~"\\w.*" | x=~"a|b.*" | x!~"\\w""#, r#"{a="b"} | x=~`\w.*` | x=~"a|b.*" | x!~"\\w""#),
        (r#"count_over_time({a="b"}[1h30m])"#, r#"count_over_time({a="b"}[1h30m])"#),
        (r#"COUNT_OVER_TIME ({a="b"}[90m] OFFSET 5m)"#, r#"count_over_time({a="b"}[1h30m] offset 5m0s)"#),
        (r#"rate({a="b"}[5m] offset -5m)"#, r#"rate({a="b"}[5m] offset -5m0s)"#),
        (r#"rate({a="b"}[5m] |= "x")"#, r#"rate({a="b"} |= "x"[5m])"#),
        (r#"rate({a="b"}[5m] offset 1m | json | unwrap x)"#, r#"rate({a="b"} | json | unwrap x[5m] offset 1m0s)"#),
        (r#"rate(({a="b"} |= "x")[5m])"#, r#"rate({a="b"} |= "x"[5m])"#),
        (r#"rate((({a="b"} |= "x" [5m])))"#, r#"rate({a="b"} |= "x"[5m])"#),
        (r#"rate(({a="b"})[5m] | unwrap x)"#, r#"rate({a="b"} | unwrap x[5m])"#),
        (
            r#"quantile_over_time(0.99, {a="b"} | unwrap duration(x) | __error__="" [5m]) by (y, z)"#,
            r#"quantile_over_time(0.99,{a="b"} | unwrap duration(x) | __error__=""[5m]) by (y,z)"#,
        ),
        (
            r#"max_over_time({a="b"} | unwrap bytes(x) [5m]) without ()"#,
            r#"max_over_time({a="b"} | unwrap bytes(x)[5m]) without ()"#,
        ),
        (r#"sum by (x) (rate({a="b"}[1m]))"#, r#"sum by (x)(rate({a="b"}[1m]))"#),
        (r#"SUM(rate({a="b"}[1m])) BY (x,y)"#, r#"sum by (x,y)(rate({a="b"}[1m]))"#),
        (r#"sum by () (rate({a="b"}[1m]))"#, r#"sum(rate({a="b"}[1m]))"#),
        (r#"topk(5, sum without (x) (rate({a="b"}[1m])))"#, r#"topk(5,sum without (x)(rate({a="b"}[1m])))"#),
        (r#"sort_desc(sort(rate({a="b"}[1m])))"#, ""),
        ("vector(1)+vector(1)", "(vector(1.000000) + vector(1.000000))"),
        ("1 + 2 * 3 ^ 2 ^ 0", "7"),
        ("1 > 2", "0"),
        ("-1 - +2", "-3"),
        ("1e30", "1e+30"),
        (
            r#"vector(1) or vector(2) and vector(3) unless vector(4)"#,
            "(vector(1.000000) or ((vector(2.000000) and vector(3.000000)) unless vector(4.000000)))",
        ),
        (
            r#"rate({a="b"}[1m]) > bool on(x) group_left(y) rate({a="b"}[1m])"#,
            r#"(rate({a="b"}[1m]) > bool on (x) group_left (y) rate({a="b"}[1m]))"#,
        ),
        (r#"rate({a="b"}[1m]) / ignoring(x) vector(1)"#, r#"(rate({a="b"}[1m]) / ignoring (x)  vector(1.000000))"#),
        (r#"label_replace(rate({a="b"}[1m]),"d","$1","s","(.*)")"#, ""),
        // Names that are words of the language in front of a parenthesis.
        (r#"{variants="b", sum="c", of="d"} | sum="x" | rate>1"#, ""),
        (r#"sum by (sum, bytes) (rate({count="b"}[1m]))"#, r#"sum by (sum,bytes)(rate({count="b"}[1m]))"#),
        // What no other fault follows is no fault.
        ("{a=\"b\"} /* note */ |= `x\\` // end", r#"{a="b"} |= "x\\""#),
        (r#"{a="b"} | x>1_000 | x>08.5 | x>-0 | x>-1.5h"#, r#"{a="b"} | x>1000 | x>8.5 | x>0s | x>-1h30m0s"#),
        (r#"{a="b"} | x>2.5KiB | x>1000B | x>7B | x>0kB"#, r#"{a="b"} | x>2.6kB | x>1.0kB | x>7B | x>0kB"#),
        (
            r#"rate({a="b"}[5m]) * ignoring () group_left vector(1)"#,
            r#"(rate({a="b"}[5m]) * ignoring () group_left vector(1.000000))"#,
        ),
        (r#"rate({a="b"}[5m]) * on () vector(1)"#, r#"(rate({a="b"}[5m]) * on ()  vector(1.000000))"#),
    ] {
        let want = if want.is_empty() { query } else { want };
        assert_eq!(printed(query), want, "{query}");
        assert_eq!(printed(want), want, "{query}");
    }
}

#[test]
fn and_binds_tighter_than_or_and_commas_take_all_that_follows() {
    for (filter, want) in [
        (r#"a="1" or b="1" and c="1""#, r#"( a="1" or ( b="1" , c="1" ) )"#),
        (r#"a="1" and b="1" or c="1""#, r#"( ( a="1" , b="1" ) or c="1" )"#),
        (r#"a="1" or b="1", c="1""#, r#"( a="1" or ( b="1" , c="1" ) )"#),
        (r#"a="1", b="1" or c="1""#, r#"( a="1" , ( b="1" or c="1" ) )"#),
        (r#"a="1" b="1" or c="1""#, r#"( a="1" , ( b="1" or c="1" ) )"#),
        (r#"(a="1" OR b="1") AND c="1""#, r#"( ( a="1" or b="1" ) , c="1" )"#),
    ] {
        assert_eq!(printed(&format!("{{x=\"y\"}} | {filter}")), format!("{{x=\"y\"}} | {want}"));
    }
}

#[test]
fn selectors_of_index_apis_take_no_pipelines() {
    assert!(parse_matchers("{}").is_ok_and(|m| m.is_empty()));
    for query in [r#"{a="b"} |= "x""#, r#"{a="b"} | json"#, r#"rate({a="b"}[1m])"#] {
        assert_eq!(parse_matchers(query).expect_err(query).to_string(), "only label matchers are supported");
    }
    assert!(parse_matchers(r#"{a="b"} x"#).expect_err("broken").to_string().contains("line 1, col 9"));
}

#[test]
fn long_queries_take_many_lines() {
    let query = concat!(
        r#"sum by (container, level) (count_over_time({namespace="production", container=~"loki|grafana"} |= "error""#,
        r#" | logfmt | level="error" and took > 5s [5m])) / on (container) group_left sum by (container) "#,
        r#"(quantile_over_time(0.99, {namespace="production", container=~"loki|grafana"} | json | unwrap duration(took)"#,
        r#" | __error__="" [5m] offset 1h) by (container))"#,
    );
    let want = r#"  sum by (container, level)(
    count_over_time(
      {namespace="production", container=~"loki|grafana"}
        |= "error"
        | logfmt
        | ( level="error" , took>5s ) [5m]
    )
  )
/ on (container) group_left
  sum by (container)(
    quantile_over_time(
      0.99,
      {namespace="production", container=~"loki|grafana"} | json
        | unwrap duration(took)
        | __error__="" [5m] offset 1h
    ) by (container)
  )"#;
    assert_eq!(parse(query).expect("parses").pretty(), want);
}

#[test]
fn line_filters_in_a_row_share_a_line_while_they_fit() {
    let check = |query: &str, want: &str| assert_eq!(parse(query).expect(query).pretty(), want);
    let (a, b) = ("a".repeat(40), "b".repeat(49));
    check(
        &format!(r#"{{a="b"}} |= "{a}" != "{b}" or "x" |~ "y" | decolorize | json |= "x" or "y" |= "z""#),
        &format!(
            r#"{{a="b"}}
  |= "{a}" != "{b}"
  != "x"
  |~ "y"
| decolorize
  | json
  |= "x" or "y" |= "z""#
        ),
    );
    check(
        &format!(r#"max_over_time({{a="x"}} | json y="{b}" | unwrap y [1d] offset -25h) by ()"#),
        &format!(
            r#"max_over_time(
  {{a="x"}} | json y="{b}"
    | unwrap y [1d] offset -25h0m0s
) by ()"#
        ),
    );
}

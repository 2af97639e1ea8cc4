use super::*;

fn parsed(text: &str) -> Expr {
    parse(text, &ParseOptions::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str, options: &ParseOptions) -> String {
    match parse(text, options) {
        Ok(expr) => panic!("{text} is read as {expr}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn expressions_are_written_as_prometheus_writes_them() {
    for (text, expected) in [
        ("sum(x)by(a,'b.c')", "sum by (a, \"b.c\") (x)"),
        ("SUM without (x) (y)", "sum without (x) (y)"),
        ("topk(5, x)", "topk(5, x)"),
        ("count_values('v', x) by ()", "count_values(\"v\", x)"),
        ("{`a.b`, c='d'}", "{__name__=\"a.b\",c=\"d\"}"),
        ("x{b!='1', a=~\".+\", \"q r\"=\"\"}", "x{\"q r\"=\"\",a=~\".+\",b!=\"1\"}"),
        ("x offset 60 @ 1.5", "x @ 1.500 offset 1m"),
        ("x @ end() offset -1h30m", "x @ end() offset -1h30m"),
        ("x[300] anchored offset 1d", "x[5m] anchored offset 1d"),
        ("x smoothed @ start()", "x @ start() smoothed"),
        ("x[5m + step()]", "x[5m + step()]"),
        ("x[2*30s:max_of(1m,range()/10)] offset -(1m ^ 2)", "x[2 * 30s:max_of(1m, range() / 10)] offset -(1m ^ 2)"),
        ("x offset --2", "x offset 2s"),
        ("x offset --2 + 1", "x offset (2 + 1)"),
        ("x offset (1m*2) + 3", "x offset (1m * 2) + 3"),
        ("x offset step() + 3", "x offset step() + 3"),
        ("x offset +(1m) + y", "x offset +(1m) + y"),
        ("-1^2 + +x - -5m", "-1 ^ 2 + +x - -5m"),
        ("1_000 + 0x1F + 0755 + .5e1 + Inf + nan", "1000 + 31 + 493 + 5 + +Inf + NaN"),
        ("a</b>/ c", "a </ b >/ c"),
        ("a and on() b or ignoring(c) d", "a and on () b or ignoring (c) d"),
        ("a * on(b) group_left c", "a * on (b) group_left () c"),
        ("a / ignoring(b) group_right(\"c d\") fill(0) c", "a / ignoring (b) group_right (\"c d\") fill (0) c"),
        ("a + fill_right(-1) fill_left(5m) fill", "a + fill_left (300) fill_right (-1) fill"),
        ("a > bool 1", "a > bool 1"),
        ("info(a)", "info(a)"),
        ("info(a, {})", "info(a, {})"),
        ("sum + by + offset offset 5m + start{end=\"\"}", "sum + by + offset offset 5m + start{end=\"\"}"),
        ("min_of(step(), 2) # of two\n", "min_of(step(), 2)"),
        ("\"\\xff\\\"\" == bool 1", ""),
        ("'it\\'s'", "\"it's\""),
    ] {
        match parse(text, &ParseOptions::default()) {
            Ok(expr) => assert_eq!(expr.to_string(), expected, "{text}"),
            Err(error) => assert_eq!(expected, "", "{text}: {error}"),
        }
    }
}

#[test]
fn operators_bind_as_prometheus_has_it() {
    fn nested(expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Binary(b) => format!("({} {} {})", nested(&b.lhs), b.op.as_str(), nested(&b.rhs)),
            ExprKind::Unary(op, inner) => format!("({}{})", op.as_str(), nested(inner)),
            _ => expr.to_string(),
        }
    }
    for (text, expected) in [
        ("a + b * c ^ d ^ e", "(a + (b * (c ^ (d ^ e))))"),
        ("a - b - c", "((a - b) - c)"),
        ("-a ^ b", "(-(a ^ b))"),
        ("-a * b", "((-a) * b)"),
        ("a ^ -b * c", "((a ^ (-b)) * c)"),
        ("a or b and c unless d == e + f", "(a or ((b and c) unless (d == (e + f))))"),
        ("a </ b == c", "((a </ b) == c)"),
        ("a atan2 b % c", "((a atan2 b) % c)"),
    ] {
        assert_eq!(nested(&parsed(text)), expected, "{text}");
    }
}

#[test]
fn faults_are_said_as_prometheus_says_them() {
    for (text, expected) in [
        ("", "unknown position: parse error: no expression found in input"),
        ("# nothing\n", "1:1: parse error: no expression found in input"),
        ("1 +", "1:4: parse error: unexpected end of input"),
        ("a b", "1:3: parse error: unexpected identifier \"b\""),
        ("\n a *\n* b", "3:1: parse error: unexpected <op:*>"),
        ("sum(a b)", "1:7: parse error: unexpected identifier \"b\" in aggregation"),
        ("sum(a) by b", "1:11: parse error: unexpected identifier \"b\" in grouping opts, expected \"(\""),
        ("sum by (a,,) (b)", "1:11: parse error: unexpected \",\" in grouping opts, expected label"),
        ("sum by (without) (b)", "1:9: parse error: unexpected <without> in grouping opts, expected label"),
        ("sum by (\"\") (b)", "1:9: parse error: invalid label name for grouping: \"\""),
        ("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
        ("topk(a)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"),
        ("topk('5', a)", "1:6: parse error: expected type scalar in aggregation parameter, got string"),
        ("rate(a,)", "1:7: parse error: trailing commas not allowed in function call args"),
        ("nothing(a)", "1:1: parse error: unknown function with name \"nothing\""),
        ("Rate(a[5m])", "1:1: parse error: unknown function with name \"Rate\""),
        ("rate(a)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"),
        ("floor(a, b)", "1:1: parse error: expected 1 argument(s) in call to \"floor\", got 2"),
        ("clamp_max()", "1:1: parse error: expected 2 argument(s) in call to \"clamp_max\", got 0"),
        ("round(a, 1, 2)", "1:1: parse error: expected at most 2 argument(s) in call to \"round\", got 3"),
        ("label_join(a)", "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 1"),
        ("info(a, b)", "1:9: parse error: expected label selectors only, got vector selector instead"),
        ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("{a=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("a{__name__=\"b\"}", "1:1: parse error: metric name must not be set twice: \"a\" or \"b\""),
        (
            "{a=\"b\" or c=\"d\"}",
            "1:8: parse error: unexpected identifier \"or\" in label matching, expected \",\" or \"}\"",
        ),
        ("a{b=c}", "1:5: parse error: unexpected identifier \"c\" in label matching, expected string"),
        ("a{b}", "1:4: parse error: unexpected \"}\" in label matching, expected label matching operator"),
        ("a{,}", "1:3: parse error: unexpected \",\" in label matching, expected identifier or \"}\""),
        ("a{b=\"c\"", "1:8: parse error: unexpected end of input inside braces"),
        ("a[5mm]", "1:3: parse error: bad number or duration syntax: \"5mm\""),
        ("a[0m]", "1:3: parse error: duration must be greater than 0"),
        ("a[5m1h]", "1:3: parse error: not a valid duration string: \"5m1h\""),
        (
            "a[]",
            "1:3: parse error: unexpected \"]\" in subquery or range selector, expected number, duration, step(), or range()",
        ),
        ("a[5m / 0]", "1:6: parse error: division by zero"),
        (
            "a offset",
            "1:9: parse error: unexpected end of input in offset, expected number, duration, step(), or range()",
        ),
        ("a offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"),
        ("a offset 1m[5m]", "1:12: parse error: no offset modifiers allowed before range"),
        ("a @ Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"),
        ("a @ b", "1:5: parse error: unexpected identifier \"b\" in @, expected timestamp"),
        (
            "sum(a) offset 5m",
            "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
        ),
        ("(a)[5m]", "1:4: parse error: ranges only allowed for vector selectors"),
        ("a[5m][5m:]", "1:1: parse error: subquery is only allowed on instant vector, got matrix instead"),
        ("a[5m:] anchored", "1:1: parse error: anchored modifier is not supported for subqueries"),
        (
            "-a[5m]",
            "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"",
        ),
        ("1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        ("a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"),
        ("a and 1", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"),
        ("a and on(b) group_left c", "1:1: parse error: no grouping allowed for \"and\" operation"),
        ("a or fill(1) b", "1:1: parse error: filling in missing series not allowed for set operators"),
        ("a + fill(1) 2", "1:1: parse error: filling in missing series only allowed between instant vectors"),
        ("a + on(b) 2", "1:1: parse error: vector matching only allowed between instant vectors"),
        ("a + group_left b", "1:5: parse error: unexpected <group_left>"),
        ("a * on(b) group_left(b) c", "1:3: parse error: label \"b\" must not occur in ON and GROUP clause at once"),
        ("a + b[5m]", "1:5: parse error: binary expression must contain only scalar and instant vector types"),
        ("\"a", "1:1: parse error: unterminated quoted string"),
        ("(a", "1:3: parse error: unclosed left parenthesis"),
        ("1e400", "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e400\": value out of range"),
    ] {
        assert_eq!(refused(text, &ParseOptions::default()), expected, "{text}");
    }
}

#[test]
fn what_is_experimental_can_be_switched_off() {
    let stable = ParseOptions {
        experimental_functions: false,
        duration_expressions: false,
        extended_ranges: false,
        fill_modifiers: false,
    };
    for (text, expected) in [
        ("sum(info(a))", "1:5: parse error: function \"info\" is not enabled"),
        ("a[5m * 2]", "1:3: parse error: experimental duration expression is not enabled"),
        ("a[5m] smoothed", "1:1: parse error: smoothed modifier is experimental and not enabled"),
        ("a + fill(1) b", "1:1: parse error: binop fill modifiers are experimental and not enabled"),
        (
            "limitk(1, a)",
            "1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
        ),
    ] {
        assert_eq!(refused(text, &stable), expected);
        parsed(text);
    }
}

#[test]
fn places_are_those_of_the_text() {
    let text = "sum by (a) (rate(b{c=\"d\"}[5m] offset 1m)) > -2 # end";
    let mut places = Vec::new();
    parsed(text).walk(&mut |expr| places.push(&text[expr.span.start..expr.span.end]));
    let expected = [
        "sum by (a) (rate(b{c=\"d\"}[5m] offset 1m)) > -2",
        "sum by (a) (rate(b{c=\"d\"}[5m] offset 1m))",
        "rate(b{c=\"d\"}[5m] offset 1m)",
        "b{c=\"d\"}[5m] offset 1m",
        "-2",
    ];
    assert_eq!(places, expected);
}

#[test]
fn selectors_stand_alone_or_in_expressions() {
    let written = |matchers: &[Matcher]| -> Vec<String> {
        matchers.iter().map(|m| format!("{}{}{}", m.name, m.op.as_str(), m.value)).collect()
    };
    assert_eq!(written(&parse_selector("a{b!=\"c\"}").expect("a selector")), ["b!=c", "__name__=a"]);
    assert!(parse_selector("{}").is_ok_and(|matchers| matchers.is_empty()));
    for (text, why) in [
        ("a[5m]", "1:2: parse error: unexpected \"[\""),
        ("sum(a)", "1:4: parse error: unexpected \"(\""),
        ("1", "1:1: parse error: unexpected number \"1\""),
        ("", "unknown position: parse error: unexpected end of input"),
    ] {
        assert_eq!(parse_selector(text).map_err(|error| error.to_string()).expect_err("refused"), why);
    }
    let all = selectors_of("sum(a) / rate(b[5m]) + topk(scalar(c), d)", &ParseOptions::default());
    let names: Vec<_> = all.expect("parses").iter().map(|matchers| written(matchers).join(",")).collect();
    assert_eq!(names, ["__name__=a", "__name__=b", "__name__=c", "__name__=d"]);
}

#[test]
fn long_expressions_are_laid_out_over_lines() {
    let text = "histogram_quantile(0.99, sum by (job, le) (rate(http_request_duration_seconds_bucket{code=\"200\"}[5m]))) \
                > on (job) group_left () (threshold_seconds)";
    let expected = "  histogram_quantile(
    0.99,
    sum by (job, le) (rate(http_request_duration_seconds_bucket{code=\"200\"}[5m]))
  )
> on (job) group_left ()
  (threshold_seconds)";
    assert_eq!(parsed(text).pretty(), expected);
    assert_eq!(parsed("a +  b").pretty(), "a + b");
}

#[test]
fn trees_are_written_as_the_web_ui_reads_them() {
    for (text, expected) in [
        (
            "a{b=~\"c\"} @ 1 offset 5m",
            serde_json::json!({
                "type": "vectorSelector", "name": "a", "offset": 300_000, "offsetExpr": null, "timestamp": 1000,
                "startOrEnd": null, "anchored": false, "smoothed": false,
                "matchers": [
                    {"name": "b", "value": "c", "type": "=~"},
                    {"name": "__name__", "value": "a", "type": "="},
                ],
            }),
        ),
        (
            "x[(5m)] smoothed",
            serde_json::json!({
                "type": "matrixSelector", "name": "x", "offset": 0, "offsetExpr": null, "timestamp": null,
                "startOrEnd": null, "anchored": false, "smoothed": true, "range": 0,
                "rangeExpr": {
                    "type": "durationExpr", "op": "+", "lhs": null, "wrapped": true,
                    "rhs": {"type": "numberLiteral", "val": "300", "duration": true},
                },
                "matchers": [{"name": "__name__", "value": "x", "type": "="}],
            }),
        ),
        (
            "1 > bool pi()",
            serde_json::json!({
                "type": "binaryExpr", "op": ">", "matching": null, "bool": true,
                "lhs": {"type": "numberLiteral", "val": "1"},
                "rhs": {
                    "type": "call", "args": [],
                    "func": {"name": "pi", "argTypes": [], "variadic": 0, "returnType": "scalar"},
                },
            }),
        ),
    ] {
        assert_eq!(parsed(text).to_json(), expected, "{text}");
    }
    let matching = &parsed("a or on(b) c").to_json()["matching"];
    assert_eq!(matching["card"], "many-to-many");
    assert_eq!(matching["fillValues"], serde_json::json!({"lhs": null, "rhs": null}));
}

#[test]
fn hostile_shapes_are_refused_quickly() {
    for text in [
        "(".repeat(10_000),
        "-".repeat(10_000),
        format!("a{}", "[5m:]".repeat(10_000)),
        format!("a[{}5m{}]", "(".repeat(1000), ")".repeat(1000)),
        format!("a[5m{}]", " ^ 1".repeat(1000)),
        format!("1{}", " + 1".repeat(10_000)),
        "sum(".repeat(10_000),
        "_".repeat(2 << 20),
    ] {
        assert!(parse(&text, &ParseOptions::default()).is_err(), "{}", &text[..20]);
    }
    // The most that is read does not overflow the stack of a small thread.
    let long = format!("1{}", " + 1".repeat(990));
    assert_eq!(parsed(&long).to_string(), long);
    let deep = format!("{}a{}", "(".repeat(99), ")".repeat(99));
    assert_eq!(parsed(&deep).to_string(), deep);
}

#[test]
fn durations_are_what_they_say_at_a_query() {
    let range_of = |text: &str| {
        let mut found = None;
        let expr = parsed(text);
        if let ExprKind::Matrix(matrix) = expr.kind {
            found = Some(matrix.range.positive_ms(QueryTimes { step_ms: 15_000, range_ms: 3_600_000 }));
        }
        found.expect("a range").map_err(|error| error.to_string())
    };
    for (text, expected) in [
        ("x[5m]", Ok(300_000)),
        ("x[5m + step()]", Ok(315_000)),
        ("x[max_of(range() / 60, step() * 2)]", Ok(60_000)),
        ("x[1m - 2 * 20s]", Ok(20_000)),
        ("x[step() - 1m]", Err("2:13: duration must be greater than 0".to_owned())),
        ("x[1 / (step() - 15)]", Err("2:19: division by zero".to_owned())),
        ("x[10 ^ 400]", Err("2:10: duration is NaN or infinite".to_owned())),
    ] {
        assert_eq!(range_of(text), expected, "{text}");
    }
}

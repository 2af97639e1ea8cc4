//! Values of lines, joins, and the order of answers.

use super::*;

#[test]
fn values_are_taken_out_of_lines() {
    let rows = [(1, "2 k=a"), (2, "4 k=a"), (3, "x k=b"), (4, "9 k=b"), (6, "1 k=a")];
    let lines = rows.iter().map(|(at, line)| ("a", entry(*at, line))).collect();
    let source = Lines { lines, uses_hints: false };
    let of = |query: &str| {
        let answer = range(query, &source, 5, 10, 5);
        match answer {
            Ok(Answer::Matrix(series)) => {
                let points =
                    |s: &MetricSeries| s.points.iter().map(|(t, v)| format!(" {v}@{}", t.0 / S)).collect::<String>();
                series.iter().map(|s| format!("{}{}", s.labels, points(s))).collect::<Vec<_>>().join("\n")
            }
            other => format!("{other:?}"),
        }
    };
    let log = r#"{app="a"} | pattern "<v> k=<k>" | keep v, k | unwrap v | __error__="" [5s]"#;
    for (query, want) in [
        (format!("sum_over_time({log})"), "{k=\"a\"} 6@5 1@10\n{k=\"b\"} 9@5"),
        (format!("sum(sum_over_time({log}))"), "{} 15@5 1@10"),
        (format!("avg_over_time({log}) by ()"), "{} 5@5 1@10"),
        (format!("max_over_time({log}) by (v)"), "{v=\"1\"} 1@10\n{v=\"2\"} 2@5\n{v=\"4\"} 4@5\n{v=\"9\"} 9@5"),
        (format!("min_over_time({log}) without (k)"), "{} 2@5 1@10"),
        (format!("first_over_time({log}) by ()"), "{} 2@5 1@10"),
        (format!("last_over_time({log}) by ()"), "{} 9@5 1@10"),
        (format!("quantile_over_time(0.5, {log}) by ()"), "{} 4@5 1@10"),
        (format!("quantile_over_time(1.5, {log}) by ()"), "{} inf@5 inf@10"),
        (format!("stdvar_over_time({log}) by (k)"), "{k=\"a\"} 1@5 0@10\n{k=\"b\"} 0@5"),
        (format!("rate({log})"), "{k=\"a\"} 1.2@5 0.2@10\n{k=\"b\"} 1.8@5"),
        (format!("sum(rate_counter({log}))"), "{} 0.4@5 0@10"),
        (format!("absent_over_time({log})"), ""),
        (format!("topk(1, sum_over_time({log}))"), "{k=\"a\"} 1@10\n{k=\"b\"} 9@5"),
        (format!("bottomk(1, sum_over_time({log})) by (k)"), "{k=\"a\"} 6@5 1@10\n{k=\"b\"} 9@5"),
    ] {
        // Loki's extrapolation of counters adds a few millionths.
        let found = of(&query).replace("0.400002", "0.4");
        assert_eq!(found, want, "{query}");
    }
    let fault = of(r#"sum_over_time({app="a"} | pattern "<v> k=<k>" | unwrap v [5s])"#);
    assert!(fault.contains("SampleExtractionErr"), "{fault}");
}

#[test]
fn what_is_absent_has_the_labels_of_equalities() {
    let absent = |selector: &str| matrix(&format!("absent_over_time({{{selector}}}[5s])"), 5, 10, 5);
    assert_eq!(absent(r#"app="a""#), "");
    assert_eq!(absent(r#"app="b", x="y", z=~"w|""#), r#"{app="b", x="y"} 1@5 1@10"#);
    assert_eq!(absent(r#"app="nobody", app=~"n.+", x!="y", y="z""#), r#"{y="z"} 1@5 1@10"#);
    assert_eq!(matrix(r#"absent_over_time({app="b"} |= "err" [5s])"#, 5, 20, 5), r#"{app="b"} 1@5 1@10 1@20"#);
}

#[test]
fn series_meet_by_their_labels() {
    let count = r#"count_over_time({app=~".+"}[20s])"#;
    let by = |labels: &str| format!("sum by ({labels}) ({count})");
    let (app, both) = (by("app"), by("app, detected_level"));
    for (query, want) in [
        (format!("{app} / on (app) {app}"), "{app=\"a\"} 1@20\n{app=\"b\"} 1@20"),
        (
            format!("{both} / on (app) group_left {app} * 6"),
            "{app=\"a\", detected_level=\"error\"} 2@20\n{app=\"a\", detected_level=\"unknown\"} 4@20\n\
             {app=\"b\", detected_level=\"error\"} 3@20\n{app=\"b\", detected_level=\"unknown\"} 3@20",
        ),
        (
            format!("{app} - ignoring (detected_level) group_right () {both} > 1"),
            "{app=\"a\", detected_level=\"error\"} 2@20",
        ),
        (
            format!("{both} / on (app) {app}"),
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        ),
        (
            format!("{app} / on (app) {both}"),
            "found duplicate series on the right hand-side;many-to-many matching not allowed: matching labels must be \
             unique on one side",
        ),
        (
            format!("{both} / on (app) group_right {both}"),
            "found duplicate series on the left hand-side;many-to-many matching not allowed: matching labels must be \
             unique on one side",
        ),
        (
            format!("{both} * on () group_left (app) label_replace(vector(1), \"app\", \"x\", \"\", \"\")"),
            "multiple matches for labels: grouping labels must ensure unique matches",
        ),
        (format!("{app} and on (app) {both} == 2"), "{app=\"a\"} 3@20"),
        (format!("{app} unless {by}", by = by("app") + " == 3"), "{app=\"b\"} 2@20"),
        (format!("{app} == 3 or {app} * 10"), "{app=\"a\"} 3@20\n{app=\"b\"} 20@20"),
        ("sum(count_over_time({app=\"nobody\"}[5s])) or vector(0)".to_owned(), "{} 0@20"),
        (format!("{app} > bool 2"), "{app=\"a\"} 1@20\n{app=\"b\"} 0@20"),
        (format!("2 < {app}"), "{app=\"a\"} 3@20"),
        (format!("2 ^ {app} % 5"), "{app=\"a\"} 3@20\n{app=\"b\"} 4@20"),
        (
            format!("label_replace({app}, \"x\", \"$1-\", \"app\", \"(a)\")"),
            "{app=\"a\", x=\"a-\"} 3@20\n{app=\"b\"} 2@20",
        ),
        (format!("label_replace({app}, \"app\", \"\", \"app\", \"a\")"), "{} 3@20\n{app=\"b\"} 2@20"),
    ] {
        let found = matrix(&query, 20, 20, 20);
        assert_eq!(found, want, "{query}");
    }
}

#[test]
fn intervals_lie_between_lines_of_all_streams() {
    let spaced = |seconds: i64, limit: usize, direction: Direction| {
        let request = RangeRequest {
            start: TimestampNs(0),
            end: TimestampNs(100 * S),
            step_ns: S,
            limit,
            direction,
            interval_ns: seconds * S,
            partial: false,
        };
        let expr = crate::parse(r#"{app=~".+"}"#).expect("parses");
        let outcome =
            Engine::default().range(&expr, &some_lines(), &request, &AtomicBool::new(false)).expect("answers");
        let Answer::Streams(streams) = outcome.answer else { panic!("lines") };
        let mut times: Vec<i64> = streams.iter().flat_map(|s| s.lines.iter().map(|l| l.ts.0 / S)).collect();
        times.sort_unstable();
        times
    };
    assert_eq!(spaced(0, 9, Direction::Forward), [1, 2, 2, 10, 11]);
    assert_eq!(spaced(1, 9, Direction::Forward), [1, 2, 10, 11]);
    assert_eq!(spaced(2, 9, Direction::Forward), [1, 10]);
    assert_eq!(spaced(2, 9, Direction::Backward), [2, 11]);
    assert_eq!(spaced(1, 2, Direction::Backward), [10, 11]);
    assert_eq!(spaced(100, 9, Direction::Backward), [11]);
}

#[test]
fn instants_are_sorted_by_value_only_where_asked() {
    let order = |query: &str| {
        let expr = crate::parse(query).expect("parses");
        let stop = AtomicBool::new(false);
        let outcome =
            Engine::default().instant(&expr, &some_lines(), TimestampNs(20 * S), false, &stop).expect("answers");
        let Answer::Vector(vector) = outcome.answer else { panic!("a vector") };
        vector.iter().map(|(labels, v)| format!("{}{v}", labels.get("app"))).collect::<Vec<_>>().join(" ")
    };
    let app = r#"sum by (app) (count_over_time({app=~".+"}[20s]))"#;
    assert_eq!(order(app), "a3 b2");
    assert_eq!(order(&format!("sort({app})")), "b2 a3");
    assert_eq!(order(&format!("sort_desc({app}) > 0")), "a3 b2");
    assert_eq!(order(&format!("topk(1, {app})")), "a3");
    assert_eq!(order(&format!("approx_topk(1, {app})")), "a3");
    let refused = matrix(&format!("approx_topk(1, {app})"), 0, 20, 20);
    assert_eq!(refused, "approx_topk is only supported on instant queries");
}

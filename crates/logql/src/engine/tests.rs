use std::ops::ControlFlow;

use aio_source::{LogsBatch, LogsRead, LogsSelect, LogsStats};
use aio_types::{LogEntry, Matcher};
use proptest::prelude::*;

use super::*;

mod metrics;

const S: i64 = 1_000_000_000;

/// Two streams in a list; a batch is at most two lines.
#[derive(Debug, Clone, Default)]
struct Lines {
    lines: Vec<(&'static str, LogEntry)>,
    /// Whether hints are taken at their word: a line they rule out does not come.
    uses_hints: bool,
}

impl LogsSource for Lines {
    fn select(
        &self,
        select: &LogsSelect,
        visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
    ) -> Result<LogsRead, aio_source::Error> {
        let mut batches = Vec::new();
        for app in ["a", "b"] {
            let labels = Labels::from_pairs([("app", app)]);
            let in_range = |e: &LogEntry| e.ts >= select.start && e.ts < select.end;
            let is_wanted = |e: &LogEntry| in_range(e) && (!self.uses_hints || select.filter.keeps(&labels, e));
            let mine = self.lines.iter().filter(|(a, e)| *a == app && is_wanted(e));
            let mut entries: Vec<LogEntry> = mine.map(|(_, e)| e.clone()).collect();
            entries.sort_by_key(|e| e.ts);
            if select.matchers.iter().all(|m| m.matches_labels(&labels)) {
                batches.extend(entries.chunks(2).map(|c| (labels.clone(), c.to_vec())));
            }
        }
        if select.newest_first {
            batches.sort_by_key(|(_, e)| std::cmp::Reverse(e[e.len() - 1].ts));
        } else {
            batches.sort_by_key(|(_, e)| e[0].ts);
        }
        for (labels, entries) in batches {
            let frontier = if select.newest_first { entries[entries.len() - 1].ts } else { entries[0].ts };
            if visit(LogsBatch { labels, frontier, entries }).is_break() {
                break;
            }
        }
        Ok(LogsRead::default())
    }

    fn streams(&self, _: &[Vec<Matcher>], _: TimestampNs, _: TimestampNs) -> Result<Vec<Labels>, aio_source::Error> {
        Ok(Vec::new())
    }

    fn stats(&self, _: &[Matcher], _: TimestampNs, _: TimestampNs) -> Result<LogsStats, aio_source::Error> {
        Ok(LogsStats::default())
    }
}

fn entry(seconds: i64, line: &str) -> LogEntry {
    let level = if line.contains("err") { "error" } else { "unknown" };
    let metadata = Labels::from_pairs([("detected_level", level)]);
    LogEntry { ts: TimestampNs(seconds * S), line: line.into(), metadata }
}

fn some_lines() -> Lines {
    let rows = [
        ("a", 1, r#"{"level":"info","took":"5ms"}"#),
        ("a", 2, r#"{"level":"error", broken err"#),
        ("b", 2, "level=warn x=1"),
        ("a", 10, "plain"),
        ("b", 11, "err level=warn"),
    ];
    let lines = rows.iter().map(|(app, at, line)| (*app, entry(*at, line))).collect();
    Lines { lines, uses_hints: false }
}

fn range(query: &str, source: &Lines, start: i64, end: i64, step: i64) -> Result<Answer, Error> {
    let request = RangeRequest {
        start: TimestampNs(start * S),
        end: TimestampNs(end * S),
        step_ns: step * S,
        limit: 100,
        direction: Direction::Forward,
        interval_ns: 0,
        partial: false,
    };
    Engine::default().range(&crate::parse(query)?, source, &request, &AtomicBool::new(false)).map(|o| o.answer)
}

/// Series as `{labels} value@second …`.
fn matrix(query: &str, start: i64, end: i64, step: i64) -> String {
    match range(query, &some_lines(), start, end, step) {
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        Ok(Answer::Matrix(series)) => {
            let points =
                |s: &MetricSeries| s.points.iter().map(|(t, v)| format!(" {v}@{}", t.0 / S)).collect::<String>();
            series.iter().map(|s| format!("{}{}", s.labels, points(s))).collect::<Vec<_>>().join("\n")
        }
        Ok(other) => panic!("{query}: {other:?}"),
    }
}

fn lines(query: &str, start: i64, end: i64, limit: usize, direction: Direction) -> Vec<(i64, String)> {
    let (start, end) = (TimestampNs(start * S), TimestampNs(end * S));
    let request = RangeRequest { start, end, step_ns: S, limit, direction, interval_ns: 0, partial: false };
    let expr = crate::parse(query).expect("parses");
    let answer = Engine::default().range(&expr, &some_lines(), &request, &AtomicBool::new(false)).map(|o| o.answer);
    let Ok(Answer::Streams(streams)) = answer else { panic!("{query}: {answer:?}") };
    let mut all: Vec<(i64, String)> =
        streams.iter().flat_map(|s| s.lines.iter().map(|l| (l.ts.0 / S, l.line.to_string()))).collect();
    all.sort();
    all
}

#[test]
fn log_queries_take_start_but_not_end_and_the_limit_over_all_streams() {
    let at = |found: Vec<(i64, String)>| found.into_iter().map(|(t, _)| t).collect::<Vec<_>>();
    let all = r#"{app=~".+"}"#;
    assert_eq!(at(lines(all, 2, 11, 100, Direction::Forward)), [2, 2, 10]);
    assert_eq!(at(lines(all, 0, 100, 2, Direction::Forward)), [1, 2]);
    assert_eq!(at(lines(all, 0, 100, 2, Direction::Backward)), [10, 11]);
    assert_eq!(at(lines(r#"{app=~".+"} |= "err""#, 0, 100, 1, Direction::Backward)), [11]);
    assert_eq!(at(lines(r#"{app=~".+"} != "err" or "plain""#, 0, 100, 9, Direction::Backward)), [1, 2]);
    assert_eq!(at(lines(r#"{app=~".+", nope=""}"#, 0, 2, 9, Direction::Backward)), [1]);
}

#[test]
fn windows_are_open_on_the_left_and_steps_are_multiples_of_their_width() {
    let count = r#"sum by (app) (count_over_time({app="a"}[5s]))"#;
    // 1 and 2 are in (0, 5], 10 is in (5, 10]; the range 3..7 becomes 0..10.
    assert_eq!(matrix(count, 3, 7, 5), r#"{app="a"} 2@5 1@10"#);
    assert_eq!(matrix(r#"sum(count_over_time({app="a"}[1s]))"#, 2, 3, 1), "{} 1@2");
    assert_eq!(matrix(r#"sum(count_over_time({app="a"}[5s] offset 5s))"#, 3, 7, 5), "{} 2@10");
    assert_eq!(matrix(r#"sum(rate({app="b"}[10s]))"#, 10, 10, 10), "{} 0.1@10");
    assert_eq!(matrix(r#"sum(bytes_over_time({app="b"}[10s]))"#, 10, 10, 10), "{} 14@10");
    assert_eq!(matrix("vector(1) + 1", 0, 4, 2), "{} 2@0 2@2 2@4");
    assert_eq!(matrix("7 % 4", 0, 2, 2), "{} 3@0 3@2");
}

#[test]
fn aggregations_group_and_keep_labels() {
    let by_level = r#"sum by (level, detected_level) (count_over_time({app=~".+"} | drop __error__[20s]))"#;
    assert_eq!(matrix(by_level, 20, 20, 20), "{detected_level=\"error\"} 2@20\n{detected_level=\"unknown\"} 3@20");
    let all = r#"count_over_time({app=~".+"}[20s])"#;
    for (query, want) in [
        (format!("max({all})"), "{} 2@20"),
        (format!("min({all})"), "{} 1@20"),
        (format!("avg({all})"), "{} 1.25@20"),
        (format!("count({all})"), "{} 4@20"),
        (format!("sum without (detected_level) ({all})"), "{app=\"a\"} 3@20\n{app=\"b\"} 2@20"),
        (format!("sum({all}) by (app) / 2"), "{app=\"a\"} 1.5@20\n{app=\"b\"} 1@20"),
        (format!("sum({all}) / sum({all})"), "{} 1@20"),
        (format!("sum({all}) / 0"), "{} NaN@20"),
    ] {
        assert_eq!(matrix(&query, 20, 20, 20), want, "{query}");
    }
}

#[test]
fn faults_of_lines_matter_where_their_labels_do() {
    let of = |stages: &str| format!(r#"count_over_time({{app="a"}} |= "level" {stages} [20s])"#);
    let json = of("| json");
    assert!(matrix(&json, 20, 20, 20).starts_with("pipeline error: 'JSONParserErr' for series: '{"));
    assert_eq!(matrix(&format!("sum({json})"), 20, 20, 20), "{} 2@20");
    // The label is found before the fault.
    let by_level = format!("sum by (level) ({json})");
    assert_eq!(matrix(&by_level, 20, 20, 20), "{level=\"error\"} 1@20\n{level=\"info\"} 1@20");
    assert!(matrix(&format!("sum by (took) ({json})"), 20, 20, 20).starts_with("pipeline error"));
    let skipped = format!("sum({})", of(r#"| json | __error__="""#));
    assert_eq!(matrix(&skipped, 20, 20, 20), "{} 1@20");
    let filtered = format!("sum({})", of(r#"| json | took > 1ms | __error__="""#));
    assert_eq!(matrix(&filtered, 20, 20, 20), "{} 1@20");
}

#[test]
fn instants() {
    let instant = |query: &str, at: i64| {
        let expr = crate::parse(query).expect("parses");
        Engine::default()
            .instant(&expr, &some_lines(), TimestampNs(at * S), false, &AtomicBool::new(false))
            .map(|o| o.answer)
    };
    // Grafana's health check; the time is 4 s in nanoseconds or the year 2096.
    for at in [4, 4_000_000_000] {
        assert_eq!(
            instant("vector(1)+vector(1)", at).expect("a vector"),
            Answer::Vector(vec![(Labels::default(), 2.0)])
        );
    }
    assert_eq!(instant("1+1", 4).expect("a scalar"), Answer::Scalar(2.0));
    let error = instant(r#"{app="a"}"#, 4).expect_err("refused").to_string();
    assert!(error.starts_with("log queries are not supported as an instant query type"), "{error}");
    let count = instant(r#"sum(count_over_time({app="a"}[1s]))"#, 2).expect("a vector");
    assert_eq!(count, Answer::Vector(vec![(Labels::default(), 1.0)]));
    assert_eq!(instant(r#"count_over_time({app="a"}[1s])"#, 60).expect("a vector"), Answer::Vector(Vec::new()));
}

#[test]
fn answers_and_memory_are_bounded() {
    let limits = Config { samples_max: 10, series_max: 1, line_bytes_max: 20, ..Config::default() };
    let run = |query: &str| {
        let request = RangeRequest {
            start: TimestampNs(0),
            end: TimestampNs(20 * S),
            step_ns: S,
            limit: 100,
            direction: Direction::Backward,
            interval_ns: 0,
            partial: false,
        };
        let expr = crate::parse(query).expect("parses");
        let answer = Engine::new(limits.clone()).range(&expr, &some_lines(), &request, &AtomicBool::new(false));
        answer.expect_err(query).to_string()
    };
    assert!(run(r#"{app="a"}"#).contains("take more than 20 bytes"));
    assert!(run(r#"sum(count_over_time({app="a"}[1s]))"#).contains("more than 10 samples"));
    let engine = Engine::new(Config { samples_max: 100, ..limits.clone() });
    let expr = crate::parse(r#"count_over_time({app=~".+"}[20s])"#).expect("parses");
    let error =
        engine.instant(&expr, &some_lines(), TimestampNs(20 * S), false, &AtomicBool::new(false)).expect_err("series");
    assert!(error.to_string().contains("maximum number of series (1) reached"), "{error}");
    let stopped = Engine::default().instant(&expr, &some_lines(), TimestampNs(20 * S), false, &AtomicBool::new(true));
    assert!(matches!(stopped, Err(Error::Stopped)));
}

const STAGES: [&str; 20] = [
    r#"|= "err""#,
    r#"!= "plain""#,
    r#"|= "level" or "plain""#,
    r#"|~ "l.vel""#,
    "| json",
    "| logfmt",
    r#"| detected_level="error""#,
    r#"| level="warn""#,
    r#"| app="a""#,
    r#"| app="m""#,
    r#"| app_extracted="m""#,
    "| took > 1ms",
    "| app > 1",
    r#"| __error__="""#,
    r#"| __error__="LabelFilterErr""#,
    "| drop detected_level",
    "| drop app",
    "| keep level",
    r#"| x="1" or detected_level="error""#,
    r#"| detected_level="error", x="""#,
];

proptest! {
    #[test]
    fn hints_change_no_answer(stages in proptest::collection::vec(prop::sample::select(STAGES.to_vec()), 0..5)) {
        let mut source = some_lines();
        for (_, line) in source.lines.iter_mut().step_by(2) {
            let mut metadata = line.metadata.to_builder();
            line.metadata = metadata.push("app", "m").push("x", "1").clone().build();
        }
        let query = format!(r#"{{app=~".+"}} {}"#, stages.join(" "));
        let all = range(&query, &source, 0, 100, 1).expect("answers");
        source.uses_hints = true;
        prop_assert_eq!(range(&query, &source, 0, 100, 1).expect("answers"), all, "{}", query);
    }

    #[test]
    fn counts_are_those_of_a_plain_loop(
        times in proptest::collection::vec(0..100_i64, 0..40),
        (start, len) in (0..60_i64, 0..60_i64),
        step in 1..20_i64,
        window in 1..40_i64,
        offset in -10..10_i64,
    ) {
        let lines = times.iter().map(|t| ("a", entry(*t, "x"))).collect();
        let source = Lines { lines, uses_hints: false };
        let sign = if offset < 0 { "-" } else { "" };
        let query = format!(r#"count_over_time({{app="a"}}[{window}s] offset {sign}{}s)"#, offset.abs());
        let answer = range(&query, &source, start, start + len, step).expect("a matrix");
        let Answer::Matrix(series) = answer else { panic!("{answer:?}") };
        let found: Vec<(i64, f64)> =
            series.iter().flat_map(|s| s.points.iter().map(|(t, v)| (t.0 / S, *v))).collect();
        let (first, last) = (start.div_euclid(step), (start + len + step - 1).div_euclid(step));
        let at = |i: i64| {
            let (t, end) = (i * step, i * step - offset);
            let count = times.iter().filter(|s| **s > end - window && **s <= end).count();
            (count > 0).then_some((t, f64::from(u32::try_from(count).expect("few"))))
        };
        prop_assert_eq!(found, (first..=last).filter_map(at).collect::<Vec<_>>());
    }
}

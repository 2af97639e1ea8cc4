//! What a stage costs per line. `cargo bench -p aio-logql`.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use aio_logql::{Config, Direction, Engine, RangeRequest, parse};
use aio_source::{Error, LogsBatch, LogsRead, LogsSelect, LogsSource, LogsStats};
use aio_types::{Labels, LogEntry, Matcher, TimestampNs};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const LINES: i64 = 10_000;
const S: i64 = 1_000_000_000;

/// One stream, half JSON and half logfmt.
struct Lines(LogsBatch);

impl LogsSource for Lines {
    fn select(&self, _: &LogsSelect, visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>) -> Result<LogsRead, Error> {
        let _end_of_data = visit(self.0.clone());
        Ok(LogsRead::default())
    }

    fn streams(&self, _: &[Vec<Matcher>], _: TimestampNs, _: TimestampNs) -> Result<Vec<Labels>, Error> {
        Ok(Vec::new())
    }

    fn stats(&self, _: &[Matcher], _: TimestampNs, _: TimestampNs) -> Result<LogsStats, Error> {
        Ok(LogsStats::default())
    }
}

fn lines(is_json: bool) -> Lines {
    let entry = |i: i64| {
        let (level, took) = (["info", "warn", "error"][usize::try_from(i % 3).unwrap_or_default()], i % 500);
        let line = if is_json {
            format!(
                r#"{{"ts":"2026-01-01T00:00:{:02}Z","level":"{level}","msg":"request done","http":{{"method":"GET","path":"/api/items/{i}","status":200}},"took":"{took}ms","trace_id":"{i:032x}"}}"#,
                i % 60
            )
        } else {
            format!(
                r#"ts=2026-01-01T00:00:{:02}Z level={level} msg="request done" method=GET path=/api/items/{i} status=200 took={took}ms trace_id={i:032x}"#,
                i % 60
            )
        };
        let metadata = Labels::from_pairs([("detected_level", level)]);
        LogEntry { ts: TimestampNs(i * S / 100), line: line.into(), metadata }
    };
    let labels = Labels::from_pairs([("app", "a"), ("service_name", "a")]);
    Lines(LogsBatch { labels, frontier: TimestampNs(0), entries: (0..LINES).map(entry).collect() })
}

fn pipelines(criterion: &mut Criterion) {
    let engine = Engine::new(Config::default());
    let request = RangeRequest {
        start: TimestampNs(0),
        end: TimestampNs(100 * S),
        step_ns: 10 * S,
        limit: 100,
        direction: Direction::Backward,
        interval_ns: 0,
        partial: false,
    };
    for (kind, lines) in [("json", lines(true)), ("logfmt", lines(false))] {
        let bytes: usize = lines.0.entries.iter().map(|e| e.line.len()).sum();
        let mut group = criterion.benchmark_group(kind);
        group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10);
        for (name, query) in [
            ("nothing", "sum(count_over_time({app=\"a\"}[10s]))".to_owned()),
            ("contains", "sum(count_over_time({app=\"a\"} |= \"nowhere\" [10s]))".to_owned()),
            ("regex", "sum(count_over_time({app=\"a\"} |~ \"items/9+7\" [10s]))".to_owned()),
            ("level", "sum by (detected_level) (count_over_time({app=\"a\"}[10s]))".to_owned()),
            ("parse_one", format!("sum by (level) (count_over_time({{app=\"a\"}} | {kind} [10s]))")),
            ("parse_all", format!("{{app=\"a\"}} | {kind} | nope=\"x\"")),
            (
                "unwrap",
                format!("quantile_over_time(0.99, {{app=\"a\"}} | {kind} | unwrap duration(took) [10s]) by (app)"),
            ),
            ("pattern", "{app=\"a\"} | pattern \"<_>/api/<rest> \" | nope=\"x\"".to_owned()),
        ] {
            let expr = parse(&query).expect("parses");
            group.bench_function(name, |b| {
                b.iter(|| black_box(engine.range(&expr, &lines, &request, &AtomicBool::new(false))).expect("answers"));
            });
        }
    }
}

criterion_group!(benches, pipelines);
criterion_main!(benches);

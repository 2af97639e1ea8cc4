//! What a chunk costs to write, and what a needle and a count cost to find.
//!
//! ```text
//!   cargo bench -p aio-store-logs --bench chunks
//! ```
#![allow(missing_docs, reason = "of the macros' functions")]

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Duration;

use aio_source::{LogsCount, LogsFilter, LogsSelect};
use aio_store_logs::{Config, LogsStore};
use aio_types::{LogsWrite, TenantId, TimestampMs, TimestampNs};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

mod corpus;

/// What the first line's time is.
const START_NS: i64 = 1_700_000_000_000_000_000;

const BYTES: usize = 8_000_000;
const REQUEST_BYTES: usize = 1_000_000;

fn writes() -> (Vec<LogsWrite>, i64) {
    let (mut noise, mut at) = (corpus::Noise(3), START_NS);
    let writes = (0..BYTES / REQUEST_BYTES).map(|_| corpus::write(&mut noise, &mut at, REQUEST_BYTES).0).collect();
    (writes, at)
}

fn fill(store: &LogsStore, writes: &[LogsWrite]) {
    for write in writes {
        store.append(&TenantId::default(), write.clone(), TimestampMs(0)).expect("stored");
    }
    store.flush().expect("flushes");
}

fn open(dir: &tempfile::TempDir) -> LogsStore {
    LogsStore::open(Config { data_dir: dir.path().to_owned(), ..Config::default() }).expect("opens")
}

fn ingest(criterion: &mut Criterion) {
    let (writes, _) = writes();
    let mut group = criterion.benchmark_group("ingest");
    group.throughput(Throughput::Bytes(BYTES as u64));
    let new = || tempfile::tempdir().expect("temp dir");
    group.bench_function("8 MB to files", |bencher| {
        bencher.iter_batched(new, |dir| fill(&open(&dir), &writes), BatchSize::PerIteration);
    });
    group.finish();
}

fn queries(criterion: &mut Criterion) {
    let (writes, end) = writes();
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(&dir);
    fill(&store, &writes);
    let line = writes.iter().flat_map(|w| &w.streams).flat_map(|s| &s.entries).find(|e| e.line.contains("traceID="));
    let (_, id) = line.and_then(|e| e.line.split_once("traceID=")).expect("a line with an id");
    let source = store.source(&TenantId::default());
    let select = LogsSelect {
        matchers: Vec::new(),
        start: TimestampNs(START_NS),
        end: TimestampNs(end + 1),
        filter: LogsFilter::Any,
        newest_first: true,
        enough: None,
    };
    for (what, text) in [
        ("needle: an id", id),
        ("needle: an absent id", "0123456789abcdef0123456789abcdef"),
        ("needle: an absent word", "absent"),
        ("needle: everywhere", "request"),
    ] {
        let select = LogsSelect { filter: LogsFilter::contains(text), ..select.clone() };
        criterion.bench_function(what, |bencher| {
            let mut visit = |batch: aio_source::LogsBatch| {
                black_box(batch);
                ControlFlow::Continue(())
            };
            bencher.iter(|| source.select(&select, &mut visit).expect("reads"));
        });
    }
    let step = (end - START_NS) / 60;
    for (what, by_level) in [("count: 60 steps", false), ("count: 60 steps by level", true)] {
        let edges = (0..=60).map(|i| TimestampNs(START_NS + i * step)).collect();
        let count = LogsCount { matchers: Vec::new(), edges, by_level };
        criterion.bench_function(what, |bencher| bencher.iter(|| source.count(&count).expect("counts").0.len()));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).sample_size(10);
    targets = ingest, queries
}
criterion_main!(benches);

//! From translated points to what a reader of the store sees.

use aio_kit::clock::ManualClock;
use aio_store_logs::LogsStore;
use aio_store_traces::TracesStore;
use aio_types::{Histogram, Labels, MatchOp, Matcher, Samples, TimeRange};
use aio_wire::otlp::metrics::{Exponential, Point, Value};

use super::*;
use crate::{Config, Stores};

const NOW: i64 = 1_700_000_000_000;

fn ingest(dir: &std::path::Path) -> Ingest {
    let data_dir = dir.to_owned();
    let metrics = aio_store_metrics::Config { data_dir: data_dir.clone(), ..Default::default() };
    let logs = aio_store_logs::Config { data_dir: data_dir.clone(), ..Default::default() };
    let traces = aio_store_traces::Config { data_dir, ..Default::default() };
    let stores = Stores {
        metrics: MetricsStore::open(metrics).expect("opens").into(),
        logs: LogsStore::open(logs).expect("opens").into(),
        traces: TracesStore::open(traces).expect("opens").into(),
    };
    Ingest::new(Config::default(), stores, Arc::new(ManualClock::new(NOW)))
}

fn point(t: i64, value: Value) -> Point {
    let labels = Labels::from_pairs([("__name__", "m")]);
    let (start, t) = (TimestampMs(t - 1000), TimestampMs(t));
    Point { labels, t, start, value, is_stale: false, exemplars: Vec::new(), number: 1 }
}

fn exponential(t: i64, schema: i32, count: f64) -> Point {
    let histogram = Histogram {
        schema,
        count,
        sum: count,
        zero_threshold: 1e-128,
        positive_spans: vec![aio_types::BucketSpan { offset: 3, length: 1 }],
        positive_buckets: vec![count],
        ..Histogram::default()
    };
    point(t, Value::Exponential(Exponential { histogram: histogram.into(), has_sum: true }))
}

fn of_deltas(deltas: Vec<Point>) -> Translated {
    let mut translated = Translated::default();
    translated.deltas.extend(deltas);
    translated
}

async fn write(ingest: &Ingest, tenant: &str, deltas: Vec<Point>) -> OtlpReport {
    let tenant = TenantId::new(tenant).expect("valid");
    ingest.write_otlp_metrics(tenant, of_deltas(deltas), 1).await.expect("stored")
}

fn read(ingest: &Ingest, tenant: &str) -> Samples {
    let matcher = Matcher::new("__name__", MatchOp::Equal, "m").expect("valid");
    let source = ingest.stores.metrics.source(&TenantId::new(tenant).expect("valid"));
    let mut samples = Samples::default();
    for series in source.select(&[matcher], TimeRange::ALL).expect("selects") {
        series.read(TimeRange::ALL, &mut samples).expect("reads");
    }
    samples
}

#[tokio::test]
async fn totals_are_stored_with_the_start_of_the_first_delta_and_tenants_are_apart() {
    let dir = tempfile::tempdir().expect("temp dir");
    let ingest = ingest(dir.path());
    for (tenant, t, v) in
        [("a", NOW - 3000, 1.0), ("b", NOW - 3000, 10.0), ("a", NOW - 2000, 2.0), ("a", NOW - 1000, 3.0)]
    {
        assert_eq!(write(&ingest, tenant, vec![point(t, Value::Number(v))]).await, OtlpReport::default());
    }
    let samples = read(&ingest, "a");
    let shown: Vec<_> = samples.floats.iter().enumerate().map(|(i, s)| (s.v, samples.start_of(i).0)).collect();
    assert_eq!(shown, [1.0, 3.0, 6.0].map(|v| (v, NOW - 4000)));
    assert_eq!(read(&ingest, "b").floats[0].v, 10.0);
    assert_eq!((ingest.delta_streams(), ingest.counters().samples.load(Ordering::Relaxed)), (2, 4));
}

#[tokio::test]
async fn exponential_deltas_become_one_native_histogram_that_grows() {
    let dir = tempfile::tempdir().expect("temp dir");
    let ingest = ingest(dir.path());
    let deltas = vec![exponential(NOW - 2000, 1, 2.0), exponential(NOW - 1000, 0, 5.0)];
    assert_eq!(write(&ingest, "a", deltas).await, OtlpReport::default());
    let samples = read(&ingest, "a");
    let shown: Vec<_> = samples.histograms.iter().map(|s| (s.h.schema, s.h.count, s.start.0)).collect();
    assert_eq!(shown, [(1, 2.0, NOW - 3000), (0, 7.0, NOW - 3000)]);
    // Bucket 3 of the finer one is bucket 2 of the coarser.
    assert_eq!(
        (samples.histograms[1].h.positive_spans[0].offset, &samples.histograms[1].h.positive_buckets),
        (2, &vec![2.0, 5.0])
    );
}

#[tokio::test]
async fn what_the_store_refuses_counts_in_the_next_total() {
    let dir = tempfile::tempdir().expect("temp dir");
    let ingest = ingest(dir.path());
    let report = write(&ingest, "a", vec![point(NOW - 400 * 86_400_000, Value::Number(1.0))]).await;
    assert_eq!(report.rejected_points, 1);
    assert!(report.message.contains("too old"), "{}", report.message);
    write(&ingest, "a", vec![point(NOW, Value::Number(2.0))]).await;
    assert_eq!(read(&ingest, "a").floats.iter().map(|s| s.v).collect::<Vec<_>>(), [3.0]);
}

#[tokio::test]
async fn late_deltas_are_told_and_counted() {
    let dir = tempfile::tempdir().expect("temp dir");
    let ingest = ingest(dir.path());
    let deltas =
        vec![point(NOW, Value::Number(1.0)), point(NOW - 1, Value::Number(1.0)), point(NOW, Value::Number(1.0))];
    let report = write(&ingest, "a", deltas).await;
    assert_eq!(report.rejected_points, 1);
    assert!(report.message.contains(r#"metric "m": delta out of order"#), "{}", report.message);
    assert_eq!(ingest.counters().rejected_deltas.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn without_room_nothing_is_stored_and_nothing_added_up() {
    let dir = tempfile::tempdir().expect("temp dir");
    let ingest = ingest(dir.path());
    let all = ingest.admit(Config::default().in_flight_bytes_max).expect("all of it");
    let translated = of_deltas(vec![point(NOW, Value::Number(1.0))]);
    let refused = ingest.write_otlp_metrics(TenantId::default(), translated, 1).await;
    assert!(matches!(refused, Err(Error::Overloaded { .. })));
    drop(all);
    assert_eq!(ingest.delta_streams(), 0);
    // What would take more than there is at all is taken alone.
    let mut large = Translated::default();
    large.bytes += usize::MAX;
    assert!(ingest.write_otlp_metrics(TenantId::default(), large, 1).await.is_ok());
}

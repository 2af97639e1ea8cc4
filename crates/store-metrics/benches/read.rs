//! What it takes to read what dashboards ask for: six and a half hours of a thousand series, from memory and from blocks.

use std::hint::black_box;
use std::time::Duration;

use aio_source::MetricsSource;
use aio_store_metrics::{Config, MetricsStore, OnFault};
use aio_types::{
    Labels, MatchOp, Matcher, MetricsWrite, Sample, Samples, SeriesWrite, TenantId, TimeRange, TimestampMs,
};
use criterion::{Criterion, criterion_group, criterion_main};

const END: i64 = 1_700_000_000_000;
const SCRAPE_MS: i64 = 15_000;
const SCRAPES: i64 = 1_560;
const SERIES: u32 = 1_000;

/// Half of them counters of whole numbers, half of them of full entropy.
fn value(id: u32, scrape: i64) -> f64 {
    let noise = (u64::from(id) << 32 | scrape.unsigned_abs()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let fraction = f64::from(u32::try_from(noise).unwrap_or(0)) / f64::from(u32::MAX);
    let scrape = f64::from(u32::try_from(scrape).unwrap_or(0));
    if id.is_multiple_of(2) { (scrape * 750.0 + fraction * 350.0).floor() } else { (fraction * 7.0).sqrt() }
}

fn series(id: u32, scrape: i64) -> SeriesWrite {
    let labels = Labels::from_pairs([
        ("__name__", if id.is_multiple_of(2) { "requests_total" } else { "reading" }.to_owned()),
        ("cluster", "eu-1".to_owned()),
        ("instance", format!("10.0.0.{}:9100", id / 40)),
        ("job", format!("service-{}", id / 40 % 10)),
        ("path", format!("/api/v1/resource/{}", id % 40)),
    ]);
    let t = TimestampMs(END - (SCRAPES - scrape) * SCRAPE_MS);
    SeriesWrite { labels, samples: vec![Sample { t, v: value(id, scrape) }].into(), exemplars: Vec::new() }
}

fn read_all(source: &dyn MetricsSource, name: &str) -> usize {
    let matchers = [Matcher::new("__name__", MatchOp::Equal, name).expect("valid")];
    let range = TimeRange::new(END - 6 * 3_600_000, END);
    let mut samples = Samples::default();
    let mut count = 0;
    for series in source.select(&matchers, range).expect("selects") {
        samples.clear();
        series.read(range, &mut samples).expect("reads");
        count += black_box(&samples).len();
    }
    count
}

fn bench(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = MetricsStore::open(Config { data_dir: dir.path().to_owned(), ..Config::default() }).expect("opens");
    for scrape in 0..SCRAPES {
        let write: MetricsWrite = (0..SERIES).map(|id| series(id, scrape)).collect();
        store.append(&TenantId::default(), &write, TimestampMs(END), OnFault::KeepTheRest).expect("appends");
    }
    for place in ["memory", "block"] {
        let source = store.source(&TenantId::default());
        for name in ["requests_total", "reading"] {
            criterion.bench_function(&format!("{name}, {place}"), |bencher| {
                bencher.iter(|| read_all(&*source, name));
            });
        }
        drop(source);
        store.maintain(TimestampMs(END)).expect("cuts");
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).sample_size(20);
    targets = bench
}
criterion_main!(benches);

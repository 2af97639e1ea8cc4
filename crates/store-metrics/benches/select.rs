//! What it takes to find series: 200,000 of them, few of which are wanted.

use std::hint::black_box;
use std::time::Duration;

use aio_store_metrics::{Config, MetricsStore, OnFault};
use aio_types::{Labels, MatchOp, Matcher, MetricsWrite, Sample, SeriesWrite, TenantId, TimeRange, TimestampMs};
use criterion::{Criterion, criterion_group, criterion_main};

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

fn series(id: u32) -> SeriesWrite {
    let labels = Labels::from_pairs([
        ("__name__", format!("metric_{}", id % 200)),
        ("pod", format!("app-{}-{:05}", id % 37, id / 200)),
        ("code", format!("{}", 200 + id % 5 * 100)),
        ("instance", format!("10.0.{}.{}:9100", id / 200 % 250, id % 250)),
    ]);
    SeriesWrite { labels, samples: vec![Sample { t: NOW, v: 1.0 }].into(), exemplars: Vec::new() }
}

fn bench(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = MetricsStore::open(Config { data_dir: dir.path().to_owned(), ..Config::default() }).expect("opens");
    for from in (0..200_000).step_by(5_000) {
        let write: MetricsWrite = (from..from + 5_000).map(series).collect();
        store.append(&TenantId::default(), &write, NOW, OnFault::KeepTheRest).expect("appends");
    }
    let source = store.source(&TenantId::default());
    let pods = (0..50).map(|i| format!("app-1-{i:05}")).collect::<Vec<_>>().join("|");
    for (what, name, op, value) in [
        ("equal", "code", MatchOp::Equal, "200"),
        ("alternatives", "pod", MatchOp::Regex, pods.as_str()),
        ("prefix", "pod", MatchOp::Regex, "app-1-000.*"),
        ("suffix of few", "pod", MatchOp::Regex, ".*-00001"),
        ("not empty", "pod", MatchOp::Regex, ".+"),
        ("other than", "code", MatchOp::NotRegex, "4..|5.."),
    ] {
        let metric = Matcher::new("__name__", MatchOp::Equal, "metric_38").expect("valid");
        let matchers = [metric, Matcher::new(name, op, value).expect("valid")];
        criterion.bench_function(what, |bencher| {
            bencher.iter(|| black_box(source.select(&matchers, TimeRange::ALL).expect("selects").len()));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).sample_size(20);
    targets = bench
}
criterion_main!(benches);

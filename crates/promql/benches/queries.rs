//! How long queries take over series in memory, which leaves the store out.

use std::hint::black_box;

use aio_promql::{Config, Engine, Options};
use aio_source::FixedMetrics;
use aio_types::{Labels, Sample, Samples, TimeRange, TimestampMs};
use criterion::{Criterion, criterion_group, criterion_main};

const SERIES: usize = 1000;
const SCRAPE_MS: i64 = 15_000;
const STEPS: i64 = 240;
const STEP_MS: i64 = 30_000;

fn samples(seed: usize) -> Samples {
    let scrapes = STEPS * STEP_MS / SCRAPE_MS + 20;
    let mut v = 0.0;
    let floats = (0..scrapes).map(|i| {
        v += f64::from(u8::try_from((seed * 7 + usize::try_from(i).unwrap_or(0) * 13) % 50).unwrap_or(0));
        Sample { t: TimestampMs(i * SCRAPE_MS), v }
    });
    Samples::from(floats.collect::<Vec<_>>())
}

fn source() -> FixedMetrics {
    let mut source = FixedMetrics::default();
    for i in 0..SERIES {
        let label = |name: &'static str, v: String| (name, v);
        let labels = |name: &str, le: Option<&str>| {
            let mut pairs = vec![
                label("__name__", name.to_owned()),
                label("instance", format!("10.0.0.{}:9100", i % 50)),
                label("job", format!("job-{}", i % 10)),
                label("path", format!("/api/v1/{i}")),
            ];
            pairs.extend(le.map(|le| label("le", le.to_owned())));
            Labels::from_pairs(pairs)
        };
        source.series.insert(labels("requests_total", None), samples(i));
        source.series.insert(labels("errors_total", None), samples(i + 1));
        if i % 10 == 0 {
            for (k, le) in ["0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"].into_iter().enumerate() {
                source.series.insert(labels("seconds_bucket", Some(le)), samples(i + k));
            }
        }
    }
    source
}

fn queries(criterion: &mut Criterion) {
    let source = source();
    let engine = Engine::new(Config::default());
    let start = 20 * SCRAPE_MS;
    let range = TimeRange::new(start, start + STEPS * STEP_MS);
    for (name, query) in [
        ("sum by rate", "sum by (job) (rate(requests_total[5m]))"),
        ("histogram_quantile", "histogram_quantile(0.9, sum by (job, le) (rate(seconds_bucket[5m])))"),
        ("topk", "topk(5, requests_total)"),
        ("join", "rate(errors_total[5m]) / rate(requests_total[5m])"),
        ("max_over_time", "max_over_time(requests_total[10m])"),
    ] {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let outcome = engine.range(&source, black_box(query), range, STEP_MS, &Options::default());
                black_box(outcome).map(|outcome| outcome.stats)
            });
        });
    }
}

criterion_group!(benches, queries);
criterion_main!(benches);

//! What a sample takes in bytes, and in nanoseconds to encode and decode, for the kinds of series there mostly are.
//!
//! ```text
//!   cargo bench -p aio-store-metrics --bench chunks
//! ```
#![allow(missing_docs, reason = "of the macros' functions")]

use std::hint::black_box;
use std::sync::Arc;

use aio_store_metrics::bench::{Open, SAMPLES, Sealed};
use aio_types::{BucketSpan, Histogram, HistogramSample, Sample, Samples, TimestampMs};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const NOW_MS: i64 = 1_700_000_000_000;
const INTERVAL_MS: i64 = 15_000;

/// Numbers that look random and are the same every time.
struct Noise(u64);

impl Noise {
    /// Between 0 and 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).expect("32 bits")) / f64::from(u32::MAX)
    }

    /// About normal, of mean 0 and deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// One value after the other.
type Values = Box<dyn FnMut() -> f64>;

/// Name and value after value.
fn kinds() -> Vec<(&'static str, Values)> {
    let sum = |mut step: Values| {
        let mut sum = 100_000.0;
        move || {
            sum += step();
            sum
        }
    };
    let (mut busy, mut cpu, mut percent, mut slow, mut full) = (Noise(1), Noise(2), Noise(3), Noise(4), Noise(5));
    let mut level: f64 = 40.0;
    let mut cpu = sum(Box::new(move || 7.0 + cpu.normal()));
    vec![
        ("counter of 50/s", Box::new(sum(Box::new(move || (750.0 + 27.0 * busy.normal()).round())))),
        ("cpu seconds, 2 decimals", Box::new(move || (cpu() * 100.0).round() / 100.0)),
        (
            "percent gauge, 1 decimal",
            Box::new(move || {
                level = (level + 2.0 * percent.normal()).clamp(0.0, 100.0);
                (level * 10.0).round() / 10.0
            }),
        ),
        ("slow counter", Box::new(sum(Box::new(move || f64::from(u8::from(slow.next() < 0.1)))))),
        ("idle", Box::new(|| 4096.0)),
        ("noise of 52 bits", Box::new(move || full.next() / 3.0)),
    ]
}

fn samples(count: usize, mut value: impl FnMut() -> f64) -> Vec<Sample> {
    let times = (0_i64..).map(|i| TimestampMs(NOW_MS + i * INTERVAL_MS));
    times.take(count).map(|t| Sample { t, v: value() }).collect()
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures for people")]
fn report(name: &str, count: usize, open: Option<&Open>, sealed: &Sealed) {
    let per_sample = |bytes: usize| bytes as f64 / count as f64;
    let (values, times) = sealed.bytes();
    let open = open.map_or(0.0, |open| per_sample(open.bytes()));
    println!(
        "{name}, {count} samples: bytes per sample growing {open:.2}, values {:.2}, times {:.2}",
        per_sample(values),
        per_sample(times)
    );
}

fn floats(criterion: &mut Criterion) {
    for count in SAMPLES {
        for (name, value) in kinds() {
            let samples = samples(count, value);
            let (mut open, sealed) = (Open::default(), Sealed::floats(&samples));
            samples.iter().for_each(|sample| open.push(*sample));
            report(name, count, Some(&open), &sealed);
            let mut group = criterion.benchmark_group(format!("{name}/{count}"));
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function("grow", |bencher| {
                bencher.iter(|| {
                    let mut open = Open::default();
                    samples.iter().for_each(|sample| open.push(*sample));
                    open
                });
            });
            group.bench_function("seal", |bencher| bencher.iter(|| Sealed::floats(black_box(&samples))));
            let mut out = Samples::default();
            group.bench_function("read growing", |bencher| {
                bencher.iter(|| {
                    out.clear();
                    open.decode(&mut out);
                });
            });
            group.bench_function("read sealed", |bencher| {
                bencher.iter(|| {
                    out.clear();
                    sealed.decode(&mut out);
                });
            });
        }
    }
}

fn histograms(criterion: &mut Criterion) {
    const BUCKETS: u32 = 20;
    let (mut noise, mut buckets) = (Noise(6), vec![0.0; BUCKETS as usize]);
    let mut sample = |t| {
        buckets.iter_mut().for_each(|bucket| *bucket += (noise.next() * 10.0).floor());
        let spans = vec![BucketSpan { offset: 0, length: BUCKETS }];
        let (count, sum) = (buckets.iter().sum(), buckets.iter().sum::<f64>() * 0.1);
        let h = Histogram {
            schema: 3,
            count,
            sum,
            positive_spans: spans,
            positive_buckets: buckets.clone(),
            ..Histogram::default()
        };
        HistogramSample { t, start: TimestampMs(NOW_MS), h: Arc::new(h) }
    };
    let samples: Vec<_> = (0..120).map(|i| sample(TimestampMs(NOW_MS + i * INTERVAL_MS))).collect();
    let sealed = Sealed::histograms(&samples);
    report("histogram of 20 buckets", samples.len(), None, &sealed);
    let mut group = criterion.benchmark_group("histogram of 20 buckets/120");
    group.throughput(Throughput::Elements(samples.len() as u64));
    group.bench_function("seal", |bencher| bencher.iter(|| Sealed::histograms(black_box(&samples))));
    let mut out = Samples::default();
    group.bench_function("read sealed", |bencher| {
        bencher.iter(|| {
            out.clear();
            sealed.decode(&mut out);
        });
    });
}

criterion_group!(benches, floats, histograms);
criterion_main!(benches);

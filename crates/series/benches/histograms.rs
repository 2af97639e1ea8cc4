//! Sums, quantiles and rates of histograms, and rates of floats.

use std::hint::black_box;
use std::sync::Arc;

use aio_series::growth::{Growth, Window, extrapolated};
use aio_series::histogram::{Aggregate as _, Total, add, quantile};
use aio_types::{BucketSpan, Histogram, HistogramSample, Sample, TimestampMs};
use criterion::{Criterion, criterion_group, criterion_main};

/// A histogram of request durations: some 40 buckets in three runs.
fn histogram(i: u32) -> Histogram {
    let counts = |n: u32| (0..n).map(|b| f64::from(i * (b + 1))).collect::<Vec<_>>();
    let buckets = counts(40);
    Histogram {
        schema: 3,
        zero_threshold: 1e-128,
        count: buckets.iter().sum(),
        sum: f64::from(i) * 12.5,
        positive_spans: [(-20, 8), (3, 20), (2, 12)].map(|(offset, length)| BucketSpan { offset, length }).to_vec(),
        positive_buckets: buckets,
        ..Histogram::default()
    }
}

fn sums(c: &mut Criterion) {
    let same = histogram(7);
    let other = Histogram { positive_spans: vec![BucketSpan { offset: -18, length: 40 }], ..same.clone() };
    for (name, addend) in [("add/same_layout", &same), ("add/other_layout", &other)] {
        c.bench_function(name, |b| {
            let mut total = same.clone();
            b.iter(|| add(&mut total, black_box(addend)));
        });
    }
    c.bench_function("add/compensated", |b| {
        let mut total = Total::of(&same);
        b.iter(|| total.add(black_box(&same)));
    });
}

fn quantiles(c: &mut Criterion) {
    let h = histogram(7);
    c.bench_function("quantile/0.99", |b| b.iter(|| quantile(black_box(&h), 0.99)));
    c.bench_function("quantile/0.1", |b| b.iter(|| quantile(black_box(&h), 0.1)));
}

fn rates(c: &mut Criterion) {
    let t = |i: u32| TimestampMs(i64::from(i) * 15_000);
    let floats: Vec<_> = (1..=20).map(|i| Sample { t: t(i), v: f64::from(i % 13) }).collect();
    let histograms: Vec<_> =
        (1..=20).map(|i| HistogramSample { t: t(i), start: TimestampMs(0), h: Arc::new(histogram(i)) }).collect();
    let window = Window { start: t(0), end: t(20), ..Window::default() };
    c.bench_function("rate/floats", |b| {
        let window = Window { floats: &floats, ..window };
        b.iter(|| extrapolated(black_box(&window), Growth::Rate));
    });
    c.bench_function("rate/histograms", |b| {
        let window = Window { histograms: &histograms, ..window };
        b.iter(|| extrapolated(black_box(&window), Growth::Rate));
    });
}

criterion_group!(benches, sums, quantiles, rates);
criterion_main!(benches);

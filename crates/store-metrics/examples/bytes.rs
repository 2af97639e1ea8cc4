//! What a sample takes in a block, and what of it: `bytes DIR SERIES HOURS`.
//!
//! Writes the shapes of series that the end-to-end bench has, 15 s apart, in requests of 2,000 as senders do, tells what
//! memory that takes, cuts them off, and looks at the file.

use std::path::{Path, PathBuf};

use aio_store_metrics::bench::block_sizes;
use aio_store_metrics::{Config, MetricsStore, OnFault};
use aio_types::{Labels, MetricsWrite, Sample, SeriesWrite, TenantId, TimestampMs};

const START: i64 = 1_700_000_000_000;
const INTERVAL: i64 = 15_000;
const REQUEST_SERIES: usize = 2_000;
const BUCKETS: [&str; 10] = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf"];

/// Source: S. Vigna, splitmix64.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn name(kind: u32) -> &'static str {
    match kind {
        0..=9 => "http_request_duration_seconds_bucket",
        10 | 11 => "http_requests_total",
        12 | 13 => "process_cpu_seconds_total",
        14 | 15 => "container_memory_percent",
        16 => "jobs_failed_total",
        17 | 18 => "up",
        _ => "sensor_reading",
    }
}

fn labels(id: u32) -> Labels {
    let (target, within) = (id / 200, id % 200);
    let kind = within % 20;
    Labels::from_pairs([
        ("__name__", name(kind).to_owned()),
        ("cluster", "eu-1".to_owned()),
        ("instance", format!("10.0.{}.{}:8080", target / 250, target % 250)),
        ("job", format!("service-{}", target % 25)),
        ("le", BUCKETS.get(kind as usize).map_or(String::new(), |le| (*le).to_owned())),
        ("namespace", format!("team-{}", target % 7)),
        ("path", format!("/api/v1/resource/{}", within / 20)),
        ("replica", if kind > 10 { format!("{}", kind % 2) } else { String::new() }),
    ])
}

#[expect(clippy::cast_precision_loss, reason = "values of a bench")]
fn value(id: u32, step: u64) -> f64 {
    let fraction = (mix(u64::from(id) << 32 | step) >> 11) as f64 / (1_u64 << 53) as f64;
    let counter = |rate: f64| (step as f64 * rate * 15.0 + fraction * rate * 7.0).floor();
    match id % 200 % 20 {
        kind @ 0..=9 => counter(0.5 + f64::from(kind)),
        10 | 11 => counter(50.0),
        12 | 13 => ((step as f64 * 4.2 + fraction * 2.0) * 100.0).floor() / 100.0,
        14 | 15 => ((50.0 + 40.0 * ((step as f64 / 240.0).sin()) + fraction * 5.0) * 10.0).floor() / 10.0,
        16 => (step / 97 + u64::from(id % 3)) as f64,
        17 | 18 => 1.0,
        _ => fraction * 1000.0,
    }
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures for people")]
fn print(path: &Path) {
    let sizes = block_sizes(path).expect("reads");
    let samples = sizes.counts.2 as f64;
    println!("series, chunks, samples: {:?}", sizes.counts);
    let chunks: u64 = sizes.chunks.values().sum();
    for (what, bytes) in [
        ("chunks", chunks),
        ("times", sizes.times),
        ("checksums", sizes.checksums),
        ("series", sizes.series),
        ("symbols", sizes.symbols),
        ("labels", sizes.labels),
        ("file", sizes.file),
    ] {
        println!("{what:>10} {bytes:>10} bytes {:.4} a sample", bytes as f64 / samples);
    }
    for (metric, bytes) in &sizes.chunks {
        let share = (0..20).filter(|kind| name(*kind) == metric).count() as f64 / 20.0;
        println!("{:.4} a sample of {metric}, {:.4} of all", *bytes as f64 / samples / share, *bytes as f64 / samples);
    }
}

#[expect(clippy::print_stdout, clippy::disallowed_methods, clippy::cast_possible_truncation, reason = "it measures")]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().expect("a directory"));
    let series: u32 = arguments.next().and_then(|text| text.parse().ok()).expect("how many series");
    let hours: f64 = arguments.next().and_then(|text| text.parse().ok()).expect("how many hours");
    let steps = (hours * 240.0) as u64;
    let store = MetricsStore::open(Config { data_dir: dir, ..Config::default() }).expect("opens");
    let began = std::time::Instant::now();
    let all: Vec<_> = (0..series).map(labels).collect();
    for step in 0..steps {
        let t = TimestampMs(START + step.cast_signed() * INTERVAL);
        let one = |(id, labels): (u32, &Labels)| {
            let samples = vec![Sample { t, v: value(id, step) }].into();
            SeriesWrite { labels: labels.clone(), samples, exemplars: Vec::new() }
        };
        for (first, some) in (0..).step_by(REQUEST_SERIES).zip(all.chunks(REQUEST_SERIES)) {
            let write: MetricsWrite = (first..).zip(some).map(one).collect();
            store.append(&TenantId::default(), &write, t, OnFault::KeepTheRest).expect("appends");
        }
    }
    let samples = u64::from(series) * steps;
    let each = |began: std::time::Instant| began.elapsed() / u32::try_from(samples / 1000).unwrap_or(1).max(1);
    println!("appended: {:?} per 1000 samples", each(began));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM")).for_each(|l| println!("{l}"));
    let began = std::time::Instant::now();
    let snapshot = store.snapshot("bytes", false).expect("writes");
    println!("written: {:?} per 1000 samples", each(began));
    let files = std::fs::read_dir(snapshot.join("metrics/tenants/default")).expect("lists");
    let blocks = files.filter_map(|file| file.ok().map(|file| file.path()));
    blocks.filter(|path| path.extension().is_some_and(|e| e == "block")).for_each(|path| print(&path));
}

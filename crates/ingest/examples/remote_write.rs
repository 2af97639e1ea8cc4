//! Where the time of a remote write goes: `remote_write DIR SERIES STEPS [VERSION]`.
//!
//! Decompresses, decodes and stores requests of 2,000 series with one sample each, on one thread and without any HTTP,
//! and prints what each step takes per sample: the median over all requests, so that neighbours matter little.

use std::path::PathBuf;
use std::time::Instant;

use aio_store_metrics::{Config, MetricsStore, OnFault};
use aio_types::{TenantId, TimestampMs};
use aio_wire::body::unsnap_into;
use aio_wire::remote_write::{v1, v2};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const START: i64 = 1_700_000_000_000;
const INTERVAL_MS: i64 = 15_000;
const REQUEST_SERIES: usize = 2_000;
const DECOMPRESSED_BYTES_MAX: usize = 32 << 20;
const BUCKETS: [&str; 10] = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf"];

/// A series: its labels, and how it moves.
struct Series {
    labels: Vec<(&'static str, String)>,
    kind: usize,
    seed: u64,
}

fn series(id: usize) -> Series {
    let (target, within) = (id / 200, id % 200);
    let kind = within % 20;
    let name = match kind {
        0..=9 => "http_request_duration_seconds_bucket",
        10 | 11 => "http_requests_total",
        12 | 13 => "process_cpu_seconds_total",
        14 | 15 => "container_memory_percent",
        16 => "jobs_failed_total",
        17 | 18 => "up",
        _ => "sensor_reading",
    };
    let mut labels = vec![
        ("__name__", name.to_owned()),
        ("cluster", "eu-1".to_owned()),
        ("instance", format!("10.0.{}.{}:8080", target / 250, target % 250)),
        ("job", format!("service-{}", target % 25)),
    ];
    labels.extend(BUCKETS.get(kind).map(|le| ("le", (*le).to_owned())));
    labels.push(("namespace", format!("team-{}", target % 7)));
    labels.push(("path", format!("/api/v1/resource/{}", within / 20)));
    if kind > 9 {
        labels.push(("replica", format!("{}", kind % 2)));
    }
    Series { labels, kind, seed: id as u64 }
}

impl Series {
    #[expect(clippy::cast_precision_loss, reason = "values of a bench")]
    fn value(&self, step: u64) -> f64 {
        let mut noise = (self.seed << 32 | step).wrapping_add(0x9e37_79b9_7f4a_7c15);
        noise = (noise ^ (noise >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        noise = (noise ^ (noise >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let fraction = ((noise ^ (noise >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        let rate = if self.kind < 10 { 0.5 + self.kind as f64 } else { 50.0 };
        match self.kind {
            0..=11 => (step as f64 * rate * 15.0 + fraction * rate * 7.0).floor(),
            12 | 13 => ((step as f64 * 4.2 + fraction * 2.0) * 100.0).floor() / 100.0,
            14 | 15 => ((50.0 + 40.0 * ((step as f64 / 240.0).sin()) + fraction * 5.0) * 10.0).floor() / 10.0,
            16 => (step / 97 + self.seed % 3) as f64,
            17 | 18 => 1.0,
            _ => fraction * 1000.0,
        }
    }
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n.to_le_bytes()[0] | 0x80);
        n >>= 7;
    }
    out.push(n.to_le_bytes()[0]);
}

fn bytes(out: &mut Vec<u8>, tag: u8, payload: &[u8]) {
    out.push(tag << 3 | 2);
    varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

fn sample(value: f64, t: i64) -> Vec<u8> {
    let mut out = vec![0x09];
    out.extend_from_slice(&value.to_le_bytes());
    out.push(0x10);
    varint(&mut out, t.cast_unsigned());
    out
}

fn request_v1(series: &[Series], step: u64, t: i64) -> Vec<u8> {
    let mut body = Vec::new();
    for one in series {
        let mut message = Vec::new();
        for (name, value) in &one.labels {
            let mut label = Vec::new();
            bytes(&mut label, 1, name.as_bytes());
            bytes(&mut label, 2, value.as_bytes());
            bytes(&mut message, 1, &label);
        }
        bytes(&mut message, 2, &sample(one.value(step), t));
        bytes(&mut body, 1, &message);
    }
    body
}

fn request_v2(series: &[Series], step: u64, t: i64) -> Vec<u8> {
    let mut symbols = vec![""];
    let mut numbers = std::collections::HashMap::from([("", 0)]);
    let mut messages = Vec::new();
    for one in series {
        let mut refs = Vec::new();
        for text in one.labels.iter().flat_map(|(name, value)| [*name, value]) {
            let next = symbols.len() as u64;
            let number = *numbers.entry(text).or_insert(next);
            if number == next {
                symbols.push(text);
            }
            varint(&mut refs, number);
        }
        let mut message = Vec::new();
        bytes(&mut message, 1, &refs);
        bytes(&mut message, 2, &sample(one.value(step), t));
        bytes(&mut messages, 5, &message);
    }
    let mut body = Vec::new();
    symbols.iter().for_each(|symbol| bytes(&mut body, 4, symbol.as_bytes()));
    body.extend(messages);
    body
}

/// All requests and their times, compressed. Made at once, so that making them does not disturb what is measured.
fn requests(all: &[Series], steps: usize, version: usize) -> Vec<(i64, Vec<u8>)> {
    let mut made = Vec::new();
    for step in 0..steps as u64 {
        let t = START + INTERVAL_MS * i64::try_from(step).expect("few");
        for part in all.chunks(REQUEST_SERIES) {
            let body = if version == 1 { request_v1(part, step, t) } else { request_v2(part, step, t) };
            let mut body = snap::raw::Encoder::new().compress_vec(&body).expect("fits");
            body.shrink_to_fit();
            made.push((t, body));
        }
    }
    made
}

/// Nanoseconds of each run of one step.
#[derive(Default)]
struct Step(Vec<u128>);

impl Step {
    #[expect(clippy::disallowed_methods, reason = "a tool that measures")]
    fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        self.0.push(began.elapsed().as_nanos());
        done
    }

    /// The median, and the mean of all but the slowest hundredth, per sample.
    fn told(mut self, name: &str, samples: usize) -> String {
        self.0.sort_unstable();
        let kept = &self.0[..self.0.len() - self.0.len() / 100];
        let (median, mean) = (self.0[self.0.len() / 2], kept.iter().sum::<u128>() / kept.len() as u128);
        let per_sample = |ns: u128| ns / samples as u128;
        format!("{name}: {} (mean {}) ns", per_sample(median), per_sample(mean))
    }
}

#[expect(clippy::print_stdout, reason = "a tool that measures and prints")]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().expect("a directory"));
    let mut number = || arguments.next().and_then(|text| text.parse::<usize>().ok());
    let (count, steps, version) = (number().expect("series"), number().expect("steps"), number().unwrap_or(1));
    let store = MetricsStore::open(Config { data_dir: dir, ..Config::default() }).expect("opens");
    let all: Vec<Series> = (0..count).map(series).collect();
    let tenant = TenantId::default();
    let [mut unpacked, mut decoded, mut appended, mut dropped] = [(); 4].map(|()| Step::default());
    let mut stored = 0;
    let mut buffer = Vec::new();
    for (t, body) in requests(&all, steps, version) {
        let unpack = || unsnap_into(&body, DECOMPRESSED_BYTES_MAX, &mut buffer);
        let length = unpacked.run(unpack).expect("is snappy");
        let body = &buffer[..length];
        let out = decoded.run(|| if version == 1 { v1::decode(body) } else { v2::decode(body) });
        let write = out.expect("decodes").write;
        let report =
            appended.run(|| store.append(&tenant, &write, TimestampMs(t), OnFault::KeepNothing)).expect("appends");
        dropped.run(|| drop(write));
        stored += report.samples;
    }
    let steps = [("snappy", unpacked), ("decode", decoded), ("append", appended), ("drop", dropped)];
    let told = steps.map(|(name, step)| step.told(name, REQUEST_SERIES.min(count)));
    println!("{stored} samples   {}", told.join("   "));
}

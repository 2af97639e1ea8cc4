//! What is written: series as services have them, their values by number of step and nothing else, so that every server
//! gets the same.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::protobuf;

/// Series per request, one sample each, as Prometheus sends them.
const REQUEST_SERIES: usize = 2_000;
/// Series of one scraped target.
const TARGET_SERIES: usize = 200;
const BUCKETS: [&str; 10] = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf"];

/// Everything there is to write.
#[derive(Debug)]
pub(crate) struct Load {
    series: Vec<Series>,
    steps: u64,
    interval_ms: u64,
    start_ms: u64,
}

/// How a series moves.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// About this many a second.
    Counter(f64),
    /// CPU seconds of a process, in hundredths.
    Seconds,
    /// Between 0 and 100, one decimal.
    Percent,
    /// Seldom anything.
    Slow,
    /// Never anything.
    Idle,
    /// Full entropy, or as many decimals.
    Noise(Option<i32>),
}

#[derive(Debug)]
struct Series {
    /// The labels, encoded once.
    head: Vec<u8>,
    shape: Shape,
    seed: u64,
}

impl Load {
    /// `decimals` are those of what otherwise has full entropy.
    pub(crate) fn new(count: usize, hours: f64, interval_s: u64, decimals: Option<i32>) -> Self {
        let span = Duration::from_secs_f64(hours * 3600.0);
        let steps = span.as_secs() / interval_s;
        let interval_ms = interval_s * 1000;
        let end_ms = now_ms() / interval_ms * interval_ms;
        let series = (0..count).map(|id| series(id, decimals)).collect();
        Self { series, steps, interval_ms, start_ms: end_ms - steps * interval_ms }
    }

    pub(crate) fn series(&self) -> usize {
        self.series.len()
    }

    pub(crate) fn samples(&self) -> u64 {
        self.series.len() as u64 * self.steps
    }

    /// The last moment written.
    pub(crate) fn end_s(&self) -> u64 {
        (self.start_ms + (self.steps - 1) * self.interval_ms) / 1000
    }

    /// Requests in order, compressed; every sample once.
    pub(crate) fn requests(&self) -> impl Iterator<Item = Vec<u8>> {
        let batches = self.series.len().div_ceil(REQUEST_SERIES) as u64;
        (0..self.steps * batches).map(move |i| self.request(i / batches, usize::try_from(i % batches).unwrap_or(0)))
    }

    fn request(&self, step: u64, batch: usize) -> Vec<u8> {
        let from = batch * REQUEST_SERIES;
        let to = (from + REQUEST_SERIES).min(self.series.len());
        let mut body = Vec::with_capacity(REQUEST_SERIES * 220);
        for series in &self.series[from..to] {
            protobuf::series(&mut body, &series.head, series.value(step), self.start_ms + step * self.interval_ms);
        }
        snap::raw::Encoder::new().compress_vec(&body).expect("a request is far below 4 GiB")
    }
}

#[expect(clippy::disallowed_methods, reason = "samples end now, or servers refuse them")]
fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

/// Of ten series: four buckets of a histogram, the others one of each shape.
fn series(id: usize, decimals: Option<i32>) -> Series {
    let (target, within) = (id / TARGET_SERIES, id % TARGET_SERIES);
    let kind = within % 20;
    let mut extra = Vec::new();
    let (name, shape) = match kind {
        0..=9 => {
            extra.push(("le", BUCKETS[kind].to_owned()));
            ("http_request_duration_seconds_bucket", Shape::Counter(0.5 + f64::from(u8::try_from(kind).unwrap_or(0))))
        }
        10 | 11 => ("http_requests_total", Shape::Counter(50.0)),
        12 | 13 => ("process_cpu_seconds_total", Shape::Seconds),
        14 | 15 => ("container_memory_percent", Shape::Percent),
        16 => ("jobs_failed_total", Shape::Slow),
        17 | 18 => ("up", Shape::Idle),
        _ => ("sensor_reading", Shape::Noise(decimals)),
    };
    let mut labels = vec![
        ("__name__", name.to_owned()),
        ("cluster", "eu-1".to_owned()),
        ("instance", format!("10.0.{}.{}:8080", target / 250, target % 250)),
        ("job", format!("service-{}", target % 25)),
    ];
    labels.extend(extra);
    labels.push(("namespace", format!("team-{}", target % 7)));
    labels.push(("path", format!("/api/v1/resource/{}", within / 20)));
    if kind > 10 && kind < 20 {
        labels.push(("replica", format!("{}", kind % 2)));
    }
    labels.sort();
    Series { head: protobuf::labels(&labels), shape, seed: id as u64 }
}

impl Series {
    #[expect(clippy::cast_precision_loss, reason = "values of a bench")]
    fn value(&self, step: u64) -> f64 {
        let noise = mix(self.seed << 32 | step);
        let fraction = (noise >> 11) as f64 / (1_u64 << 53) as f64;
        match self.shape {
            // Sums of what is nearly constant: monotone, with steps of varying size.
            Shape::Counter(rate) => (step as f64 * rate * 15.0 + fraction * rate * 7.0).floor(),
            Shape::Seconds => ((step as f64 * 4.2 + fraction * 2.0) * 100.0).floor() / 100.0,
            Shape::Percent => ((50.0 + 40.0 * ((step as f64 / 240.0).sin()) + fraction * 5.0) * 10.0).floor() / 10.0,
            Shape::Slow => (step / 97 + self.seed % 3) as f64,
            Shape::Idle => 1.0,
            Shape::Noise(None) => fraction * 1000.0,
            Shape::Noise(Some(decimals)) => (fraction * 1000.0 * 10_f64.powi(decimals)).round() / 10_f64.powi(decimals),
        }
    }
}

/// Source: S. Vigna, splitmix64.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_never_fall_and_every_sample_is_sent_once() {
        let load = Load::new(2_500, 0.05, 15, None);
        assert_eq!((load.samples(), load.requests().count()), (2_500 * 12, 24));
        for series in load.series.iter().filter(|s| matches!(s.shape, Shape::Counter(_) | Shape::Seconds)) {
            assert!((0..500).all(|step| series.value(step) <= series.value(step + 1)));
        }
    }
}

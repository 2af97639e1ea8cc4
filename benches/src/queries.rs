//! The questions: what dashboards ask, at one moment and over six hours, each time a step later than the time before, as
//! dashboards do that refresh.

use anyhow::ensure;
use serde::Serialize;

use crate::http::Client;
use crate::load::Load;
use crate::process::{Process, start};

const RANGE_S: u64 = 6 * 3600;
const STEP_S: u64 = 60;

const EXPRESSIONS: [(&str, &str); 8] = [
    ("rate", "rate(http_requests_total[5m])"),
    ("sum by rate", "sum by (job) (rate(http_requests_total[5m]))"),
    ("quantile", "histogram_quantile(0.95, sum by (le, job) (rate(http_request_duration_seconds_bucket[5m])))"),
    ("topk", "topk(5, rate(process_cpu_seconds_total[5m]))"),
    ("regex", "sum by (namespace) (container_memory_percent{job=~\"service-1.*\",path=~\".*/[1-3]\"})"),
    ("name regex", "count({__name__=~\"http_.*|process_.*\",instance=~\"10.0.0.1.*\"})"),
    ("join", "sum by (job) (http_requests_total) / on (job) sum by (job) (process_cpu_seconds_total)"),
    ("over time", "max by (job) (avg_over_time(sensor_reading[10m]))"),
];

/// What one query took.
#[derive(Debug, Serialize)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) p50_ms: f64,
    pub(crate) max_ms: f64,
    /// Of the server, for one of them.
    pub(crate) cpu_ms: f64,
}

/// Asks everything, each so often.
pub(crate) fn ask_all(client: &mut Client, process: &Process, load: &Load, times: usize) -> anyhow::Result<Vec<Asked>> {
    let end = load.end_s();
    let mut all = Vec::new();
    for (name, expression) in EXPRESSIONS {
        let expression = encoded(expression);
        let instant = |end: u64| format!("/api/v1/query?query={expression}&time={end}");
        let range = |end: u64| {
            format!("/api/v1/query_range?query={expression}&start={}&end={end}&step={STEP_S}", end - RANGE_S)
        };
        let ends: Vec<u64> = (0..times.max(1) as u64).rev().map(|before| end - before * STEP_S).collect();
        all.push(ask(client, process, format!("{name}, instant"), ends.iter().map(|end| instant(*end)))?);
        all.push(ask(client, process, format!("{name}, 6 h"), ends.iter().map(|end| range(*end)))?);
    }
    Ok(all)
}

fn ask(
    client: &mut Client,
    process: &Process,
    name: String,
    paths: impl Iterator<Item = String>,
) -> anyhow::Result<Asked> {
    let before = process.cpu_seconds()?;
    let mut took = Vec::new();
    for path in paths {
        let began = start();
        let (status, answer) = client.ask("GET", &path, "", &[])?;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
        ensure!(status == 200, "{name}: {status} {}", String::from_utf8_lossy(&answer[..answer.len().min(300)]));
        ensure!(!answer.ends_with(b"\"result\":[]}}"), "{name}: no result");
    }
    took.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let cpu_ms = (process.cpu_seconds()? - before) * 1000.0 / took.len() as f64;
    Ok(Asked { name, p50_ms: took[took.len() / 2], max_ms: took[took.len() - 1], cpu_ms })
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

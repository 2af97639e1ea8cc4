//! The questions: what dashboards ask, at one moment and over six hours, each time a step later than the time before, as
//! dashboards do that refresh.

use super::load::Load;
use crate::ask::{Asked, ask, encoded};
use crate::http::Client;
use crate::process::Process;

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

/// Asks everything, each so often.
pub(crate) fn ask_all(client: &mut Client, process: &Process, load: &Load, times: usize) -> anyhow::Result<Vec<Asked>> {
    let end = load.end_s();
    let is_some = |answer: &[u8]| !answer.ends_with(b"\"result\":[]}}");
    let mut all = Vec::new();
    for (name, expression) in EXPRESSIONS {
        let expression = encoded(expression);
        let instant = |end: u64| format!("/api/v1/query?query={expression}&time={end}");
        let range = |end: u64| {
            format!("/api/v1/query_range?query={expression}&start={}&end={end}&step={STEP_S}", end - RANGE_S)
        };
        let ends: Vec<u64> = (0..times.max(1) as u64).rev().map(|before| end - before * STEP_S).collect();
        all.push(ask(client, process, format!("{name}, instant"), ends.iter().map(|end| instant(*end)), &is_some)?);
        all.push(ask(client, process, format!("{name}, 6 h"), ends.iter().map(|end| range(*end)), &is_some)?);
    }
    Ok(all)
}

//! One server's whole life: load, questions, crash, start.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use serde::Serialize;

use super::load::Load;
use super::queries::ask_all;
use super::servers::Kind;
use crate::ask::Asked;
use crate::http::Client;
use crate::process::{disk_bytes, pause, start};

const WRITE_HEADERS: &str = "content-type: application/x-protobuf\r\ncontent-encoding: snappy\r\n\
    x-prometheus-remote-write-version: 0.1.0\r\n";

/// VictoriaMetrics keeps parts in memory for five seconds more: before that, a part of the samples is in no file.
const FLUSHED_AFTER: Duration = Duration::from_secs(7);

/// What one server took.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) server: String,
    pub(crate) samples: u64,
    pub(crate) series: u64,
    pub(crate) ingest_wall_s: f64,
    /// Background work until it rests included.
    pub(crate) ingest_cpu_s: f64,
    pub(crate) rss_bytes: u64,
    pub(crate) rss_peak_bytes: u64,
    /// Everything in its files, without logs.
    pub(crate) disk_bytes: u64,
    pub(crate) log_bytes: u64,
    pub(crate) queries: Vec<Asked>,
    pub(crate) restart_ms: u64,
}

pub(crate) fn measure(kind: Kind, binary: &Path, dir: &Path, load: &Load, times: usize) -> anyhow::Result<Figures> {
    let data = dir.join(kind.name());
    let server = kind.start(binary, &data)?;
    let mut client = Client::connect(&server.address)?;
    let (began, before) = (start(), server.process.cpu_seconds()?);
    for request in load.requests() {
        let (status, answer) = client.ask("POST", "/api/v1/write", WRITE_HEADERS, &request)?;
        ensure!(status < 300, "writing: {status} {}", String::from_utf8_lossy(&answer));
    }
    let ingest_wall_s = began.elapsed().as_secs_f64();
    server.process.settle()?;
    let ingest_cpu_s = server.process.cpu_seconds()? - before;
    let (rss_bytes, rss_peak_bytes) = server.process.memory()?;
    let log_bytes = disk_bytes(&data, &|path| kind.is_log(path));
    let mut client = Client::connect(&server.address)?;
    let queries = ask_all(&mut client, &server.process, load, times)?;
    let files = kind.flush(&mut client, &data)?;
    pause(FLUSHED_AFTER);
    server.process.settle()?;
    let disk = disk_bytes(&files, &|_| true);
    drop(server);
    let restart_ms = kind.start(binary, &data)?.ready_ms;
    Ok(Figures {
        server: kind.name().to_owned(),
        samples: load.samples(),
        series: load.series() as u64,
        ingest_wall_s,
        ingest_cpu_s,
        rss_bytes,
        rss_peak_bytes,
        disk_bytes: disk,
        log_bytes,
        queries,
        restart_ms,
    })
}

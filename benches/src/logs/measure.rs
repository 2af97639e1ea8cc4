//! One server's whole life: load, questions, crash, start.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde::Serialize;

use super::load::Load;
use super::queries::{Known, ask_all};
use super::servers::{Kind, Servers};
use crate::ask::Asked;
use crate::http::Client;
use crate::process::{disk_bytes, pause, start};

const WRITE_HEADERS: &str = "content-type: application/x-protobuf\r\n";

/// What one server took.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) server: String,
    pub(crate) lines: u64,
    pub(crate) line_bytes: u64,
    pub(crate) ingest_wall_s: f64,
    /// Background work until it rests included.
    pub(crate) ingest_cpu_s: f64,
    /// At rest after the questions.
    pub(crate) rss_bytes: u64,
    /// While writing and asked.
    pub(crate) rss_peak_bytes: u64,
    /// Everything in its files, without logs.
    pub(crate) disk_bytes: u64,
    pub(crate) log_bytes: u64,
    pub(crate) queries: Vec<Asked>,
    pub(crate) restart_ms: u64,
}

/// How often a server may say that it is busy, and how long to wait then.
const BUSY_MAX: usize = 1_000;
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// As agents write: what a busy server refuses is sent again.
fn write(client: &mut Client, body: &[u8]) -> anyhow::Result<()> {
    for _ in 0..BUSY_MAX {
        let (status, answer) = client.ask("POST", "/loki/api/v1/push", WRITE_HEADERS, body)?;
        match status {
            429 => pause(BUSY_PAUSE),
            _ => {
                ensure!(status < 300, "writing: {status} {}", String::from_utf8_lossy(&answer));
                return Ok(());
            }
        }
    }
    bail!("the server stays busy")
}

pub(crate) fn measure(
    kind: Kind,
    servers: Servers<'_>,
    dir: &Path,
    load: &Load,
    times: usize,
) -> anyhow::Result<Figures> {
    let data = dir.join(kind.name());
    let server = kind.start(servers, &data)?;
    let mut client = Client::connect(&server.address)?;
    let (mut lines, mut line_bytes, mut ids, mut end_ns) = (0, 0, Vec::new(), load.start_ns());
    let (began, before) = (start(), server.process.cpu_seconds()?);
    for request in load.requests() {
        write(&mut client, &request.body)?;
        lines += request.lines;
        line_bytes += request.line_bytes;
        end_ns = request.end_ns;
        ids.extend(request.trace_id);
    }
    let ingest_wall_s = began.elapsed().as_secs_f64();
    kind.flush(&mut client)?;
    server.process.settle()?;
    let ingest_cpu_s = server.process.cpu_seconds()? - before;
    let trace_id = ids.get(ids.len() / 2).cloned().context("no line has a trace id")?;
    let known = Known { start_ns: load.start_ns(), end_ns, trace_id };
    let mut client = Client::connect(&server.address)?;
    let queries = ask_all(&mut client, &server.process, &known, times)?;
    let (rss_bytes, rss_peak_bytes) = server.process.memory()?;
    let log_bytes = disk_bytes(&data, &|path| kind.is_log(path));
    let disk_bytes = disk_bytes(&data, &|path| !kind.is_log(path));
    drop(server);
    let restart_ms = kind.start(servers, &data)?.ready_ms;
    Ok(Figures {
        server: kind.name().to_owned(),
        lines,
        line_bytes,
        ingest_wall_s,
        ingest_cpu_s,
        rss_bytes,
        rss_peak_bytes,
        disk_bytes,
        log_bytes,
        queries,
        restart_ms,
    })
}

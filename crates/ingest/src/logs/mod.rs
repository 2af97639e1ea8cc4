//! Which lines are acceptable, and what is added to them. Limits and texts are Loki's.

use aio_types::{Labels, LogsWrite, StreamWrite, TenantId, TimestampMs, TimestampNs};

use crate::level::Levels;

mod check;
mod gate;
mod limits;

pub(crate) use gate::Gate;
pub use limits::LogsLimits;

use check::Short;
use gate::Refused;

/// How many faults a report names; the rest is counted.
const FAULTS_MAX: usize = 10;

const SERVICE: &str = "service_name";

/// Labels that may name a stream's service, in order of precedence.
const SERVICE_LABELS: [&str; 13] = [
    "service",
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
];

/// What became of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogsReport {
    /// Lines stored, repeats of stored ones included.
    pub accepted: u64,
    /// Lines refused.
    pub rejected: u64,
    /// Why, for the first of them.
    pub faults: Vec<String>,
    /// Whether some were refused for how much came: worth retrying later.
    pub is_limited: bool,
}

impl LogsReport {
    /// Adds lines that are not stored.
    pub fn reject(&mut self, lines: usize, why: String) {
        self.rejected += lines as u64;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(why);
        }
    }

    /// All faults as one text.
    #[must_use]
    pub fn message(&self) -> String {
        self.faults.join("\n")
    }
}

/// Whom a write is from, and what it is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) limits: &'a LogsLimits,
    pub(crate) gate: &'a Gate,
    pub(crate) tenant: &'a TenantId,
    pub(crate) now: TimestampMs,
}

/// The acceptable part of a write, completed; and what was left out.
pub(crate) fn accept(write: LogsWrite, sender: Sender<'_>) -> (LogsWrite, LogsReport) {
    let mut report = LogsReport::default();
    let mut streams = Vec::with_capacity(write.streams.len());
    let (lines, bytes) = size_of(&write);
    if !sender.gate.admits(sender.limits, sender.tenant, bytes, sender.now) {
        report.is_limited = true;
        report.reject(lines, rate_exceeded(sender, lines, bytes));
        return (LogsWrite::default(), report);
    }
    for stream in write.streams {
        if stream.entries.is_empty() {
            continue;
        }
        if let Some(stream) = sender.stream(stream, &mut report) {
            streams.push(stream);
        }
    }
    (LogsWrite { streams }, report)
}

impl Sender<'_> {
    fn stream(self, stream: StreamWrite, report: &mut LogsReport) -> Option<StreamWrite> {
        let sent = stream.labels;
        if let Err(why) = check::labels(self.limits, &sent) {
            report.reject(stream.entries.len(), why);
            return None;
        }
        let labels = with_service(&sent);
        let bytes = stream.entries.iter().map(|e| e.line.len() as u64).sum();
        let newest = match self.gate.stream(self.limits, self.tenant, &labels, bytes, self.now) {
            Ok(newest) => newest,
            Err(refused) => {
                report.is_limited = true;
                report.reject(stream.entries.len(), self.refusal(refused, &sent, stream.entries.len(), bytes));
                return None;
            }
        };
        let (mut entries, mut behind) = (Vec::with_capacity(stream.entries.len()), 0);
        let mut levels = Levels::of(&sent);
        let (total, oldest) = (stream.entries.len(), self.oldest(newest));
        for mut entry in stream.entries {
            if self.limits.is_cutting_lines && entry.line.len() > self.limits.line_bytes {
                let end = entry.line.floor_char_boundary(self.limits.line_bytes);
                entry.line = entry.line[..end].into();
            }
            match check::entry(self.limits, &sent, &entry, self.now) {
                Ok(()) if entry.ts < oldest => {
                    behind += 1;
                    report.reject(1, self.too_far_behind(&sent, entry.ts, oldest, (behind, total)));
                }
                Ok(()) => entries.push(levels.complete(entry)),
                Err(why) => report.reject(1, why),
            }
        }
        report.accepted += entries.len() as u64;
        let newest = entries.iter().map(|e| e.ts).max()?;
        self.gate.written(self.limits, self.tenant, &labels, newest);
        Some(StreamWrite { labels, entries })
    }

    /// Lines before this are too far behind the newest of their stream, as it was before this write.
    fn oldest(self, newest: Option<TimestampNs>) -> TimestampNs {
        let behind = i64::try_from(self.limits.behind.as_nanos()).unwrap_or(i64::MAX);
        newest.filter(|_| behind > 0).map_or(TimestampNs::MIN, |newest| newest.saturating_add(-behind))
    }

    fn too_far_behind(self, labels: &Labels, ts: TimestampNs, oldest: TimestampNs, ignored: (usize, usize)) -> String {
        let (ts, oldest, (n, of)) = (ts.to_rfc3339(), oldest.to_rfc3339(), ignored);
        let (tenant, stream) = (self.tenant, Short(labels));
        format!(
            "entry with timestamp {ts} ignored, reason: 'entry too far behind, entry timestamp is: {ts}, oldest \
             acceptable timestamp is: {oldest}', user '{tenant}', total ignored: {n} out of {of} for stream: {stream}"
        )
    }

    fn refusal(self, refused: Refused, labels: &Labels, lines: usize, bytes: u64) -> String {
        let (stream, tenant) = (Short(labels), self.tenant);
        match refused {
            Refused::Streams => format!(
                "maximum active stream limit exceeded when trying to create stream {stream}, reduce the number of \
                 active streams (reduce labels or reduce label values), or contact your Loki administrator to see if \
                 the limit can be increased, user: '{tenant}'"
            ),
            Refused::Rate => format!(
                "Per stream rate limit exceeded (limit: {}/sec) while attempting to ingest for stream '{stream}' \
                 totaling {bytes}B, {lines} lines, consider splitting a stream via additional labels or contact your \
                 Loki administrator to see if the limit can be increased for user '{tenant}'",
                size(self.limits.stream_rate_bytes)
            ),
        }
    }
}

/// As Loki shows limits: whole megabytes as such.
fn size(bytes: u64) -> String {
    for (unit, name) in [(1 << 20, "MB"), (1 << 10, "KB")] {
        if bytes >= unit && bytes.is_multiple_of(unit) {
            return format!("{}{name}", bytes / unit);
        }
    }
    format!("{bytes}B")
}

fn size_of(write: &LogsWrite) -> (usize, u64) {
    let entries = || write.streams.iter().flat_map(|s| &s.entries);
    (entries().count(), entries().map(|e| e.line.len() as u64).sum())
}

fn rate_exceeded(sender: Sender<'_>, lines: usize, bytes: u64) -> String {
    format!(
        "ingestion rate limit exceeded for user {} (limit: {} bytes/sec) while attempting to ingest '{lines}' lines \
         totaling '{bytes}' bytes, reduce log volume or contact your Loki administrator to see if the limit can be \
         increased",
        sender.tenant, sender.limits.rate_bytes
    )
}

fn with_service(labels: &Labels) -> Labels {
    if !labels.get(SERVICE).is_empty() {
        return labels.clone();
    }
    let found = SERVICE_LABELS.iter().map(|name| labels.get(name)).find(|value| !value.is_empty());
    let mut builder = labels.to_builder();
    builder.push(SERVICE, found.unwrap_or("unknown_service"));
    builder.build()
}

#[cfg(test)]
mod tests;

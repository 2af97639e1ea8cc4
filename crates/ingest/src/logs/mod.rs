//! Which lines are acceptable, and what is added to them. Limits and texts are Loki's.

use aio_types::{Labels, LogEntry, LogsWrite, StreamWrite, TenantId, TimestampMs, TimestampNs};

use crate::level::Levels;

mod check;
mod gate;
mod ignored;
mod limits;
mod report;

pub use check::duplicate_label;
pub(crate) use gate::Gate;
pub use limits::LogsLimits;
pub use report::LogsReport;

use check::Short;
use gate::Refused;
use ignored::Ignored;

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
    if let Some((lines, why)) = sender.too_fast(&write) {
        report.is_limited = true;
        report.reject(lines, why);
        return (LogsWrite::default(), report);
    }
    let mut streams = Vec::with_capacity(write.streams.len());
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
    /// How many lines are refused together, and why, where their tenant sends more than it may.
    fn too_fast(self, write: &LogsWrite) -> Option<(usize, String)> {
        if self.limits.rate_bytes == 0 {
            return None;
        }
        let entries = || write.streams.iter().flat_map(|s| &s.entries);
        let bytes = entries().map(size_of).sum();
        if self.gate.admits(self.limits, self.tenant, bytes, self.now) {
            return None;
        }
        let lines = entries().count();
        Some((lines, rate_exceeded(self, lines, bytes)))
    }

    fn stream(self, stream: StreamWrite, report: &mut LogsReport) -> Option<StreamWrite> {
        let labels = with_service(stream.labels);
        if let Err(why) = check::labels(self.limits, &labels) {
            report.reject(stream.entries.len(), why);
            return None;
        }
        let bytes = if self.limits.stream_rate_bytes == 0 { 0 } else { stream.entries.iter().map(size_of).sum() };
        let mut newest = match self.gate.stream(self.limits, self.tenant, &labels, bytes, self.now) {
            Ok(newest) => newest,
            Err(refused) => {
                report.is_limited = true;
                report.reject(stream.entries.len(), self.refusal(refused, &labels, &stream.entries));
                return None;
            }
        };
        let mut entries = Vec::with_capacity(stream.entries.len());
        let mut levels = Levels::of(&labels);
        let mut behind = Ignored::default();
        for mut entry in stream.entries {
            if self.limits.is_cutting_lines && entry.line.len() > self.limits.line_bytes {
                let end = entry.line.floor_char_boundary(self.limits.line_bytes);
                entry.line = entry.line[..end].into();
            }
            if let Err(why) = check::entry(self.limits, &labels, &entry, self.now) {
                report.reject(1, why);
                continue;
            }
            if let Some(newest) = &mut newest {
                let oldest = self.oldest(*newest);
                if entry.ts < oldest {
                    behind.add(entry.ts, || too_far_behind(entry.ts, oldest));
                    continue;
                }
                *newest = entry.ts.max(*newest);
            }
            entries.push(levels.complete(entry));
        }
        if behind.count() > 0 {
            report.reject(behind.count(), behind.told(self.tenant, behind.count() + entries.len(), &labels));
        }
        report.accepted += entries.len() as u64;
        let newest = entries.iter().map(|e| e.ts).max()?;
        self.gate.written(self.limits, self.tenant, &labels, newest);
        Some(StreamWrite { labels, entries })
    }

    /// Lines before this are too far behind the newest of their stream.
    fn oldest(self, newest: TimestampNs) -> TimestampNs {
        let behind = i64::try_from(self.limits.behind.as_nanos()).unwrap_or(i64::MAX);
        if behind == 0 { TimestampNs::MIN } else { newest.saturating_add(-behind) }
    }

    fn refusal(self, refused: Refused, labels: &Labels, entries: &[LogEntry]) -> String {
        let (stream, tenant) = (Short(labels), self.tenant);
        match refused {
            Refused::Streams => format!(
                "maximum active stream limit exceeded when trying to create stream {stream}, reduce the number of \
                 active streams (reduce labels or reduce label values), or contact your Loki administrator to see if \
                 the limit can be increased, user: '{tenant}'"
            ),
            Refused::Rate => {
                let mut all = Ignored::default();
                for entry in entries {
                    all.add(entry.ts, || self.stream_too_fast(labels, size_of(entry)));
                }
                all.told(tenant, entries.len(), labels)
            }
        }
    }

    fn stream_too_fast(self, labels: &Labels, bytes: u64) -> String {
        format!(
            "Per stream rate limit exceeded (limit: {}/sec) while attempting to ingest for stream '{}' totaling {}, \
             consider splitting a stream via additional labels or contact your Loki administrator to see if the limit \
             can be increased",
            size(self.limits.stream_rate_bytes),
            Short(labels),
            size(bytes)
        )
    }
}

fn too_far_behind(ts: TimestampNs, oldest: TimestampNs) -> String {
    format!(
        "entry too far behind, entry timestamp is: {}, oldest acceptable timestamp is: {}",
        ts.to_rfc3339(),
        oldest.to_rfc3339()
    )
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

/// What rates count of a line.
fn size_of(entry: &LogEntry) -> u64 {
    let metadata: usize = entry.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    (entry.line.len() + metadata) as u64
}

fn rate_exceeded(sender: Sender<'_>, lines: usize, bytes: u64) -> String {
    format!(
        "ingestion rate limit exceeded for user {} (limit: {} bytes/sec) while attempting to ingest '{lines}' lines \
         totaling '{bytes}' bytes, reduce log volume or contact your Loki administrator to see if the limit can be \
         increased",
        sender.tenant, sender.limits.rate_bytes
    )
}

fn with_service(labels: Labels) -> Labels {
    if !labels.get(SERVICE).is_empty() {
        return labels;
    }
    let mut builder = labels.to_builder();
    builder.push(SERVICE, service(|name| labels.get(name)));
    builder.build()
}

/// The service of a stream that does not name it.
fn service<'a>(value_of: impl Fn(&str) -> &'a str) -> &'a str {
    SERVICE_LABELS.iter().map(|name| value_of(name)).find(|value| !value.is_empty()).unwrap_or("unknown_service")
}

#[cfg(test)]
mod tests;

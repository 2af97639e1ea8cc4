//! What one record of the log of writes holds.
//!
//! ```text
//!   record = version 1 | sequence | tenant | n streams: labels | n entries: time line metadata
//!   labels, metadata = n pairs: name value
//! ```

use aio_kit::bytes::{Reader, Writer};
use aio_types::{Labels, LogEntry, LogsWrite, StreamWrite, TenantId, TimestampNs};

const VERSION: u8 = 1;
/// About what a line takes beside its text.
const USUAL_BYTES: usize = 48;

pub(crate) struct Record {
    /// Greater than that of every record before it.
    pub(crate) sequence: u64,
    pub(crate) tenant: TenantId,
    pub(crate) write: LogsWrite,
}

pub(crate) fn encode(sequence: u64, tenant: &TenantId, write: &LogsWrite) -> Vec<u8> {
    let lines = write.streams.iter().flat_map(|s| &s.entries);
    let mut out = Writer(Vec::with_capacity(lines.map(|e| e.line.len() + USUAL_BYTES).sum()));
    out.byte(VERSION);
    out.uint(sequence);
    out.text(tenant.as_str());
    out.uint(write.streams.len() as u64);
    for stream in &write.streams {
        labels(&mut out, &stream.labels);
        out.uint(stream.entries.len() as u64);
        for entry in &stream.entries {
            out.int(entry.ts.0);
            out.text(&entry.line);
            labels(&mut out, &entry.metadata);
        }
    }
    out.0
}

/// `None` where the bytes are no record of ours.
pub(crate) fn decode(bytes: &[u8]) -> Option<Record> {
    let mut from = Reader(bytes);
    if from.byte()? != VERSION {
        return None;
    }
    let sequence = from.uint()?;
    let tenant = TenantId::new(from.text()?).ok()?;
    let streams = (0..from.count()?).map(|_| stream(&mut from)).collect::<Option<_>>()?;
    from.0.is_empty().then_some(Record { sequence, tenant, write: LogsWrite { streams } })
}

fn stream(from: &mut Reader<'_>) -> Option<StreamWrite> {
    let labels = read_labels(from)?;
    let entries = (0..from.count()?).map(|_| entry(from)).collect::<Option<_>>()?;
    Some(StreamWrite { labels, entries })
}

fn entry(from: &mut Reader<'_>) -> Option<LogEntry> {
    Some(LogEntry { ts: TimestampNs(from.int()?), line: from.text()?.into(), metadata: read_labels(from)? })
}

pub(crate) fn labels(out: &mut Writer, labels: &Labels) {
    out.uint(labels.len() as u64);
    for (name, value) in labels.iter() {
        out.text(name);
        out.text(value);
    }
}

pub(crate) fn read_labels(from: &mut Reader<'_>) -> Option<Labels> {
    let count = from.count()?;
    if count == 0 {
        return Some(Labels::default());
    }
    let pairs: Option<Vec<_>> = (0..count).map(|_| Some((from.text()?, from.text()?))).collect();
    Some(Labels::from_pairs(pairs?))
}

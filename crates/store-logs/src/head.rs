//! Lines that are in memory and in the log of writes, but in no file yet.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use aio_types::{Labels, LogEntry, TimestampMs, TimestampNs};

/// What a line costs in memory beside its text, roughly.
const ENTRY_OVERHEAD_BYTES: usize = 96;

/// The open chunk of one stream.
#[derive(Debug, Default)]
pub(crate) struct OpenChunk {
    /// Ascending by time; of equal times, in order of arrival.
    pub(crate) entries: Vec<LogEntry>,
    /// Hashes of the entries, to find repeats.
    seen: HashSet<u64>,
}

/// All open chunks of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) streams: BTreeMap<Labels, OpenChunk>,
    /// Memory held, roughly.
    pub(crate) bytes: usize,
    /// When the first line arrived.
    pub(crate) since: Option<TimestampMs>,
    hasher: RandomState,
}

impl Head {
    /// Adds lines; of lines that are equal in time, text and metadata one is kept.
    pub(crate) fn insert(&mut self, labels: &Labels, entries: &[LogEntry], now: TimestampMs) {
        let stream = self.streams.entry(labels.clone()).or_default();
        for entry in entries {
            let hash = self.hasher.hash_one(entry);
            let at = stream.entries.partition_point(|e| e.ts <= entry.ts);
            if !stream.seen.insert(hash) && is_repeat(&stream.entries[..at], entry) {
                continue;
            }
            self.bytes += memory_bytes(entry);
            stream.entries.insert(at, entry.clone());
        }
        self.since.get_or_insert(now);
    }
}

/// Equal hashes are no proof.
fn is_repeat(before: &[LogEntry], entry: &LogEntry) -> bool {
    before.iter().rev().take_while(|e| e.ts == entry.ts).any(|e| e == entry)
}

pub(crate) fn memory_bytes(entry: &LogEntry) -> usize {
    let metadata: usize = entry.metadata.iter().map(|(n, v)| n.len() + v.len() + 32).sum();
    ENTRY_OVERHEAD_BYTES + entry.line.len() + metadata
}

/// Size of what the user sent: line and structured metadata.
pub(crate) fn entry_bytes(entry: &LogEntry) -> u64 {
    let metadata: usize = entry.metadata.iter().map(|(n, v)| n.len() + v.len()).sum();
    (entry.line.len() + metadata) as u64
}

/// The part of sorted entries inside `start..end`.
pub(crate) fn in_range(entries: &[LogEntry], start: TimestampNs, end: TimestampNs) -> &[LogEntry] {
    let from = entries.partition_point(|e| e.ts < start);
    let to = entries.partition_point(|e| e.ts < end);
    &entries[from..to.max(from)]
}

//! Lines that are in memory and in the log of writes, but in no file yet.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;
use std::sync::Arc;

use aio_types::{Labels, LogEntry, TimestampMs, TimestampNs};

use crate::chunk::Quick;

/// What a line costs in memory beside its text, roughly.
const ENTRY_OVERHEAD_BYTES: usize = 96;
/// What a stream costs beside its labels' text and its lines, roughly.
const STREAM_OVERHEAD_BYTES: usize = 512;
/// What a label costs beside its text, roughly.
const LABEL_OVERHEAD_BYTES: usize = 32;

/// The open chunk of one stream.
#[derive(Debug, Default)]
pub(crate) struct OpenChunk {
    /// Ascending by time; of equal times, in order of arrival. Readers share it: a writer copies it only while one of
    /// them still holds it.
    pub(crate) entries: Arc<Vec<LogEntry>>,
    /// Hashes of times and lines, to find repeats.
    seen: HashSet<u64, Quick>,
}

/// All open chunks of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) streams: BTreeMap<Labels, OpenChunk>,
    /// Memory held, roughly.
    pub(crate) bytes: usize,
    /// When the first line arrived.
    pub(crate) since: Option<TimestampMs>,
    hasher: Quick,
}

impl Head {
    /// Adds lines; of lines that are equal in time, text and metadata one is kept, and none that `sealed` has.
    pub(crate) fn insert(
        &mut self,
        labels: &Labels,
        entries: Vec<LogEntry>,
        sealed: Option<&OpenChunk>,
        now: TimestampMs,
    ) {
        if entries.is_empty() {
            return;
        }
        let bytes = &mut self.bytes;
        let stream = self.streams.entry(labels.clone()).or_insert_with(|| {
            *bytes += STREAM_OVERHEAD_BYTES + labels_bytes(labels);
            OpenChunk::default()
        });
        self.bytes += stream.insert(entries, sealed, &self.hasher);
        self.since.get_or_insert(now);
    }
}

impl OpenChunk {
    /// Returns the memory the new lines take.
    fn insert(&mut self, mut fresh: Vec<LogEntry>, sealed: Option<&Self>, hasher: &Quick) -> usize {
        // Stable; most come in order.
        fresh.sort_by_key(|e| e.ts);
        let mut kept = 0;
        for at in 0..fresh.len() {
            let entry = &fresh[at];
            if sealed.is_some_and(|s| is_repeat(upto(&s.entries, entry.ts), entry)) {
                continue;
            }
            let is_new = self.seen.insert(hasher.hash_one((entry.ts, &entry.line)));
            if is_new || !(is_repeat(&fresh[..kept], entry) || is_repeat(upto(&self.entries, entry.ts), entry)) {
                fresh.swap(kept, at);
                kept += 1;
            }
        }
        fresh.truncate(kept);
        let Some(first) = fresh.first() else { return 0 };
        let in_order = self.entries.last().is_none_or(|last| last.ts <= first.ts);
        let bytes = fresh.iter().map(memory_bytes).sum();
        let all = Arc::make_mut(&mut self.entries);
        all.append(&mut fresh);
        if !in_order {
            // Stable, and quick on two ascending runs.
            all.sort_by_key(|e| e.ts);
        }
        bytes
    }
}

/// The entries no later than `ts`.
fn upto(entries: &[LogEntry], ts: TimestampNs) -> &[LogEntry] {
    &entries[..entries.partition_point(|e| e.ts <= ts)]
}

/// Equal hashes are no proof.
fn is_repeat(before: &[LogEntry], entry: &LogEntry) -> bool {
    before.iter().rev().take_while(|e| e.ts == entry.ts).any(|e| e == entry)
}

fn labels_bytes(labels: &Labels) -> usize {
    labels.iter().map(|(n, v)| n.len() + v.len() + LABEL_OVERHEAD_BYTES).sum()
}

pub(crate) fn memory_bytes(entry: &LogEntry) -> usize {
    ENTRY_OVERHEAD_BYTES + entry.line.len() + labels_bytes(&entry.metadata)
}

/// Size of a line's structured metadata, names and values.
pub(crate) fn metadata_bytes(entry: &LogEntry) -> u64 {
    entry.metadata.iter().map(|(n, v)| (n.len() + v.len()) as u64).sum()
}

/// Where in sorted entries `start..end` lies.
pub(crate) fn range_of(entries: &[LogEntry], start: TimestampNs, end: TimestampNs) -> std::ops::Range<usize> {
    let from = entries.partition_point(|e| e.ts < start);
    let to = entries.partition_point(|e| e.ts < end);
    from..to.max(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(ts: i64, line: &str) -> LogEntry {
        LogEntry { ts: TimestampNs(ts), line: line.into(), metadata: Labels::default() }
    }

    fn lines(head: &Head) -> Vec<&str> {
        head.streams.values().flat_map(|s| s.entries.iter().map(|e| &*e.line)).collect()
    }

    #[test]
    fn lines_are_sorted_and_repeats_left_out_within_and_across_batches() {
        let mut head = Head::default();
        let labels = Labels::from_pairs([("a", "b")]);
        head.insert(&labels, vec![entry(3, "c"), entry(1, "a"), entry(3, "c"), entry(3, "d")], None, TimestampMs(0));
        let before = head.bytes;
        head.insert(&labels, vec![entry(1, "a"), entry(3, "d")], None, TimestampMs(0));
        assert_eq!((lines(&head), head.bytes), (vec!["a", "c", "d"], before));
        head.insert(&labels, vec![entry(2, "b"), entry(3, "e")], None, TimestampMs(0));
        assert_eq!(lines(&head), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn labels_of_streams_count_as_memory() {
        let mut head = Head::default();
        for i in 0..100 {
            let labels = Labels::from_pairs([("a", format!("{i:0>2000}"))]);
            head.insert(&labels, vec![entry(1, "x")], None, TimestampMs(0));
        }
        assert!(head.bytes > 200_000, "{}", head.bytes);
    }

    #[test]
    fn what_a_reader_holds_does_not_change() {
        let mut head = Head::default();
        let labels = Labels::from_pairs([("a", "b")]);
        head.insert(&labels, vec![entry(1, "x")], None, TimestampMs(0));
        let held = Arc::clone(&head.streams[&labels].entries);
        head.insert(&labels, vec![entry(0, "y")], None, TimestampMs(0));
        assert_eq!((held.len(), head.streams[&labels].entries.len()), (1, 2));
    }
}

//! Chunks that are stored together.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use aio_kit::clock::{Clock, SystemClock};
use aio_source::{LogsFilter, LogsSelect};
use aio_store_logs::LogsStore;
use aio_types::{
    Labels, LogEntry, LogsWrite, MatchOp, Matcher, StreamWrite, TenantId, TimeRange, TimestampMs, TimestampNs,
};
use anyhow::{Context, bail};

use super::notes::Notes;
use super::summary::Summary;

/// Text that makes a batch full.
const BYTES: usize = 24 << 20;
/// Text of one write: a record of the log has to hold it.
const WRITE_BYTES: usize = 1 << 20;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Batch {
    chunks: Vec<Chunk>,
    bytes: usize,
}

#[derive(Debug)]
struct Chunk {
    tenant: TenantId,
    key: String,
    range: TimeRange,
    labels: Labels,
    entries: Vec<LogEntry>,
}

impl Batch {
    pub(super) fn add(
        &mut self,
        tenant: &TenantId,
        key: &str,
        range: TimeRange,
        labels: Labels,
        entries: Vec<LogEntry>,
    ) {
        self.bytes += entries.iter().map(|entry| entry.line.len() + 64).sum::<usize>();
        self.chunks.push(Chunk { tenant: tenant.clone(), key: key.to_owned(), range, labels, entries });
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BYTES
    }

    /// Stores what is in it, looks whether it is there, and notes that.
    pub(super) fn store(&mut self, store: &LogsStore, notes: &mut Notes, summary: &mut Summary) -> anyhow::Result<()> {
        let chunks = std::mem::take(self).chunks;
        let now = TimestampMs(SystemClock.now_ms());
        for chunk in &chunks {
            for entries in pieces(&chunk.entries) {
                let stream = StreamWrite { labels: chunk.labels.clone(), entries: entries.to_vec() };
                let write = LogsWrite { streams: vec![stream] };
                store.append(&chunk.tenant, write, now).context("storing lines")?;
            }
        }
        store.flush().context("writing lines to files")?;
        for chunk in &chunks {
            chunk.verify(store).with_context(|| format!("reading back what is of chunk {}", chunk.key))?;
            summary.stored(&chunk.tenant, chunk.entries.len());
        }
        notes.add(chunks.into_iter().map(|chunk| (chunk.tenant, chunk.key, chunk.range)).collect())
    }
}

/// Lines of one write each.
fn pieces(mut entries: &[LogEntry]) -> impl Iterator<Item = &[LogEntry]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |entry: &&LogEntry| {
            bytes += entry.line.len() + 64;
            bytes <= WRITE_BYTES
        };
        let len = entries.iter().take_while(fits).count().max(1).min(entries.len());
        let (piece, rest) = entries.split_at(len);
        entries = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

impl Chunk {
    /// Whether every line is there.
    fn verify(&self, store: &LogsStore) -> anyhow::Result<()> {
        let times = || self.entries.iter().map(|entry| entry.ts);
        let (Some(start), Some(last)) = (times().min(), times().max()) else { return Ok(()) };
        let matcher = |(name, value): (&str, &str)| Matcher::new(name, MatchOp::Equal, value);
        let select = LogsSelect {
            matchers: self.labels.iter().map(matcher).collect::<Result<_, _>>()?,
            start,
            end: TimestampNs(last.0.saturating_add(1)),
            filter: LogsFilter::Any,
            newest_first: false,
            enough: None,
        };
        let mut found = HashSet::new();
        store.source(&self.tenant).select(&select, &mut |batch| {
            if batch.labels == self.labels {
                found.extend(batch.entries.iter().map(sum));
            }
            ControlFlow::Continue(())
        })?;
        let missing = self.entries.iter().filter(|entry| !found.contains(&sum(entry))).count();
        if missing > 0 {
            bail!("{missing} of {} lines are not found", self.entries.len());
        }
        Ok(())
    }
}

fn sum(entry: &LogEntry) -> u64 {
    let mut hasher = DefaultHasher::new();
    entry.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_all_there_is_and_none_is_large() {
        let entry =
            |len: usize| LogEntry { ts: TimestampNs(0), line: "x".repeat(len).into(), metadata: Labels::default() };
        let entries: Vec<_> = [10, WRITE_BYTES * 2, 5, WRITE_BYTES / 2, WRITE_BYTES / 2].map(entry).into();
        let lens: Vec<_> = pieces(&entries).map(<[LogEntry]>::len).collect();
        assert_eq!(lens, [1, 1, 2, 1]);
        assert_eq!(pieces(&[]).count(), 0);
    }
}

//! Lines that are stored already.
//!
//! Files hold no line twice: what is in one already is left out when memory is written. Until then a line in memory may
//! repeat one in a file. Times, lengths and levels tell nearly always that it does not; only where they are equal is the
//! text compared.

use std::collections::HashSet;

use aio_source::LogsRead;
use aio_types::{LogEntry, TimestampNs};

use crate::chunk::LEVEL;
use crate::head::{metadata_bytes, range_of};
use crate::line_filter::LineFilter;
use crate::partition::{ChunkRef, View};

/// For each of `entries`, which ascend and belong to the chunks' stream, whether a chunk has it. Damaged chunks have
/// nothing, and are named in the log.
pub(crate) fn stored_already<'a>(
    chunks: impl Iterator<Item = (&'a View, &'a ChunkRef)>,
    entries: &[LogEntry],
    read: &mut LogsRead,
) -> Vec<bool> {
    let mut out = vec![false; entries.len()];
    for (view, chunk) in chunks {
        let within = range_of(entries, chunk.min, chunk.max.saturating_add(1));
        if within.is_empty() || !may_repeat(view, chunk, &entries[within.clone()], read) {
            continue;
        }
        match view.read(chunk, &LineFilter::default(), read) {
            Ok(stored) => {
                let stored: HashSet<&LogEntry> = stored.iter().collect();
                for (is_stored, entry) in out[within.clone()].iter_mut().zip(&entries[within]) {
                    *is_stored |= stored.contains(entry);
                }
            }
            Err(error) => tracing::error!(%error, "damaged chunk not looked at for repeats"),
        }
    }
    out
}

/// Whether a line of the chunk has the time, the lengths and the level of one of these.
fn may_repeat(view: &View, chunk: &ChunkRef, entries: &[LogEntry], read: &mut LogsRead) -> bool {
    let brief = match view.brief(chunk, read) {
        Ok(brief) => brief,
        Err(error) => {
            tracing::error!(%error, "damaged chunk not looked at for repeats");
            return false;
        }
    };
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return false };
    type Look<'a> = (TimestampNs, u64, u64, &'a str);
    let within = brief.rows.iter().filter(|row| (first.ts..=last.ts).contains(&row.ts));
    let stored: HashSet<Look<'_>> =
        within.map(|row| (row.ts, row.line, brief.metadata_bytes(row), brief.level(row))).collect();
    let look = |e: &LogEntry| stored.contains(&(e.ts, e.line.len() as u64, metadata_bytes(e), e.metadata.get(LEVEL)));
    !stored.is_empty() && entries.iter().any(look)
}

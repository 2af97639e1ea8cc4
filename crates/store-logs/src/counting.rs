//! How many lines there are, without a look at any.
//!
//! ```text
//!   stretches  |----------|----------|----------|
//!   chunks       [a] [--------b-------]  [--c--]     a and c: the index knows how many; b: its columns are read
//! ```

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use aio_source::{Bucket, LogsCount, LogsCounted, LogsRead};
use aio_types::{Labels, LogEntry};

use crate::chunk::{Brief, LEVEL, only_level};
use crate::error::Error;
use crate::head::metadata_bytes;
use crate::line_filter::LineFilter;
use crate::partition::{ChunkRef, View};
use crate::repeats::stored_already;

/// All places that may have lines of one stream.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) stored: Vec<(View, ChunkRef)>,
    /// Lines in memory, and which of them are in range; no two are equal.
    pub(crate) memory: Vec<(Arc<Vec<LogEntry>>, Range<usize>)>,
}

/// Counts lines of one stream by level and stretch.
pub(crate) struct Counter<'a> {
    count: &'a LogsCount,
    read: &'a mut LogsRead,
    /// Few, most often.
    levels: Vec<(String, BTreeMap<usize, Bucket>)>,
    /// Places that had lines.
    pub(crate) chunks: u64,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(count: &'a LogsCount, read: &'a mut LogsRead) -> Self {
        Self { count, read, levels: Vec::new(), chunks: 0 }
    }

    pub(crate) fn add(&mut self, places: &Places) -> Result<(), Error> {
        for (view, chunk) in &places.stored {
            self.chunks += u64::from(self.add_chunk(view, chunk)?);
        }
        for (entries, range) in &places.memory {
            let entries = &entries[range.clone()];
            let chunks = places.stored.iter().map(|(view, chunk)| (view, chunk));
            let repeats = stored_already(chunks, entries, self.read);
            let fresh = entries.iter().zip(repeats).filter(|(_, is_stored)| !is_stored);
            let has_lines = self.add_entries(fresh.map(|(entry, _)| entry));
            self.chunks += u64::from(has_lines);
        }
        Ok(())
    }

    /// Whether any of its lines is in a stretch.
    fn add_chunk(&mut self, view: &View, chunk: &ChunkRef) -> Result<bool, Error> {
        if view.has_deleted(chunk) {
            return self.add_lines_left(view, chunk);
        }
        let ends = (self.count.stretch(chunk.min), self.count.stretch(chunk.max));
        let level = if self.count.by_level { only_level(chunk.levels) } else { Some("") };
        if let ((Some(first), Some(last)), Some(level)) = (ends, level)
            && first == last
        {
            self.bucket(level, first).add(chunk.entries, chunk.line_bytes, chunk.metadata_bytes);
            return Ok(true);
        }
        let brief = match view.brief(chunk, self.read) {
            Ok(brief) => brief,
            Err(error) => {
                tracing::error!(%error, stream = %chunk.labels, "damaged chunk left out of a count");
                return Ok(false);
            }
        };
        Ok(self.add_rows(&brief))
    }

    /// Whether any of them is in a stretch. Times ascend, so lines of one stretch are neighbours: they are added up by
    /// the numbers of their levels, and looked up once.
    fn add_rows(&mut self, brief: &Brief) -> bool {
        let (mut rows, mut has_lines) = (&brief.rows[..], false);
        let mut sums = vec![Bucket::default(); brief.levels.len()];
        while let Some(first) = rows.first() {
            let next = self.count.edges.partition_point(|edge| *edge <= first.ts);
            let len = self.count.edges.get(next).map_or(rows.len(), |end| rows.partition_point(|row| row.ts < *end));
            let (within, after) = rows.split_at(len);
            rows = after;
            let Some(stretch) = self.count.stretch(first.ts) else { continue };
            has_lines = true;
            for row in within {
                sums[row.level as usize].add(1, row.line, brief.metadata_bytes(row));
            }
            for (level, sum) in brief.levels.iter().zip(&mut sums).filter(|(_, sum)| sum.lines > 0) {
                let sum = std::mem::take(sum);
                self.bucket(level, stretch).add(sum.lines, sum.line_bytes, sum.metadata_bytes);
            }
        }
        has_lines
    }

    /// Of a chunk with deleted lines; these are told by their text.
    fn add_lines_left(&mut self, view: &View, chunk: &ChunkRef) -> Result<bool, Error> {
        let entries = match view.read(chunk, &LineFilter::default(), self.read) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::error!(%error, stream = %chunk.labels, "damaged chunk left out of a count");
                return Ok(false);
            }
        };
        Ok(self.add_entries(entries.iter()))
    }

    /// Whether any of them is in a stretch.
    fn add_entries<'e>(&mut self, entries: impl Iterator<Item = &'e LogEntry>) -> bool {
        let mut has_lines = false;
        for entry in entries {
            if let Some(stretch) = self.count.stretch(entry.ts) {
                let level = entry.metadata.get(LEVEL);
                self.bucket(level, stretch).add(1, entry.line.len() as u64, metadata_bytes(entry));
                has_lines = true;
            }
        }
        has_lines
    }

    fn bucket(&mut self, level: &str, stretch: usize) -> &mut Bucket {
        let level = if self.count.by_level { level } else { "" };
        let at = self.levels.iter().position(|(known, _)| known == level).unwrap_or_else(|| {
            self.levels.push((level.to_owned(), BTreeMap::new()));
            self.levels.len() - 1
        });
        self.levels[at].1.entry(stretch).or_default()
    }

    pub(crate) fn finish(mut self, labels: &Labels, out: &mut Vec<LogsCounted>) {
        let counted = |(level, buckets)| LogsCounted { labels: labels.clone(), level, buckets };
        self.levels.sort_by(|a, b| a.0.cmp(&b.0));
        out.extend(self.levels.into_iter().map(counted));
    }
}

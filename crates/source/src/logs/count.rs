//! Counting lines without looking at them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use aio_types::{Labels, LogEntry, Matcher, TimestampNs};

use super::{LogsFilter, LogsRead, LogsSelect, LogsSource};
use crate::Error;

const LEVEL: &str = "detected_level";

/// What to count.
#[derive(Debug, Clone)]
pub struct LogsCount {
    /// All must pass on the stream's labels.
    pub matchers: Vec<Matcher>,
    /// They ascend. Stretch `i` is from `edges[i]` up to, and without, `edges[i + 1]`.
    pub edges: Vec<TimestampNs>,
    /// Whether lines are told apart by their level.
    pub by_level: bool,
}

impl LogsCount {
    /// The stretch a time is in.
    #[must_use]
    pub fn stretch(&self, ts: TimestampNs) -> Option<usize> {
        let at = self.edges.partition_point(|edge| *edge <= ts);
        (at > 0 && at < self.edges.len()).then(|| at - 1)
    }
}

/// Lines of one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// How many.
    pub lines: u64,
    /// Bytes of the lines themselves.
    pub line_bytes: u64,
    /// Bytes of their structured metadata, names and values.
    pub metadata_bytes: u64,
}

impl Bucket {
    /// Adds lines.
    pub fn add(&mut self, lines: u64, line_bytes: u64, metadata_bytes: u64) {
        self.lines += lines;
        self.line_bytes += line_bytes;
        self.metadata_bytes += metadata_bytes;
    }
}

/// The lines of one stream, and of one level where that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsCounted {
    /// The stream.
    pub labels: Labels,
    /// `detected_level` in the lines' structured metadata; empty where they have none, or nobody asked.
    pub level: String,
    /// Stretches that have lines, ascending.
    pub buckets: BTreeMap<usize, Bucket>,
}

/// The plain way, which every quicker one must agree with. Sorted by labels, then level.
///
/// # Errors
/// As [`LogsSource::select`].
pub fn by_reading<S: LogsSource + ?Sized>(
    source: &S,
    count: &LogsCount,
) -> Result<(Vec<LogsCounted>, LogsRead), Error> {
    let (Some(start), Some(end)) = (count.edges.first(), count.edges.last()) else {
        return Ok((Vec::new(), LogsRead::default()));
    };
    let select = LogsSelect {
        matchers: count.matchers.clone(),
        start: *start,
        end: *end,
        filter: LogsFilter::Any,
        newest_first: false,
        enough: None,
    };
    let mut found: BTreeMap<(Labels, String), BTreeMap<usize, Bucket>> = BTreeMap::new();
    let read = source.select(&select, &mut |batch| {
        for entry in &batch.entries {
            let Some(stretch) = count.stretch(entry.ts) else { continue };
            let level = if count.by_level { entry.metadata.get(LEVEL) } else { "" };
            let bucket = found.entry((batch.labels.clone(), level.to_owned())).or_default().entry(stretch).or_default();
            let (line, metadata) = sizes(entry);
            bucket.add(1, line, metadata);
        }
        ControlFlow::Continue(())
    })?;
    let counted = found.into_iter().map(|((labels, level), buckets)| LogsCounted { labels, level, buckets }).collect();
    Ok((counted, read))
}

fn sizes(entry: &LogEntry) -> (u64, u64) {
    let metadata: usize = entry.metadata.iter().map(|(n, v)| n.len() + v.len()).sum();
    (entry.line.len() as u64, metadata as u64)
}

//! Parts of one stream that overlap in time are read slice by slice.
//!
//! ```text
//!   parts    |-------a-------|
//!                        |------b------|        a slice begins wherever a part begins, so that a chain of parts
//!                                   |----c----| which overlap a little is never read as a whole
//!   slices   |-----------|----------|---------|
//! ```
//!
//! Of a slice all parts that reach into it are merged, and repeats removed: equal lines have equal times, so both of
//! a pair lie in one slice. A part that reaches into several is decoded once where memory allows.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use aio_source::LogsRead;
use aio_types::{Labels, LogEntry, TimestampNs};

use crate::head::{metadata_bytes, range_of};
use crate::line_filter::LineFilter;
use crate::partition::{ChunkRef, View};

/// How many bytes of lines one reader keeps decoded.
const DECODED_BYTES_MAX: u64 = 32 << 20;

/// Lines of one stream from one place.
pub(crate) struct Part {
    pub(crate) min: TimestampNs,
    pub(crate) max: TimestampNs,
    pub(crate) from: From,
    decoded: RefCell<Option<Rc<Vec<LogEntry>>>>,
}

/// Where lines are.
pub(crate) enum From {
    Stored(View, ChunkRef),
    Memory(Arc<Vec<LogEntry>>, Range<usize>),
}

impl Part {
    pub(crate) fn new(min: TimestampNs, max: TimestampNs, from: From) -> Self {
        Self { min, max, from, decoded: RefCell::default() }
    }
}

/// All parts of one stream, by their beginnings.
struct Stream {
    labels: Labels,
    parts: Vec<Part>,
    /// What all streams of a reader may still keep decoded.
    budget: Rc<Cell<u64>>,
}

/// A stretch of one stream's time.
pub(crate) struct Slice {
    stream: Rc<Stream>,
    /// The first nanosecond, at which a part begins.
    pub(crate) start: TimestampNs,
    /// The last one that may have a line.
    pub(crate) max: TimestampNs,
    /// The first one after it.
    end: TimestampNs,
    /// All parts that reach into it are among these.
    parts: Range<usize>,
}

/// Slices of all streams up to `end`; of a stream they ascend.
pub(crate) fn slices(streams: BTreeMap<Labels, Vec<Part>>, end: TimestampNs) -> Vec<Slice> {
    let budget = Rc::new(Cell::new(DECODED_BYTES_MAX));
    let mut out = Vec::new();
    for (labels, mut parts) in streams {
        // Stable: of parts that begin together the older one stays first.
        parts.sort_by_key(|p| p.min);
        let stream = Rc::new(Stream { labels, parts, budget: Rc::clone(&budget) });
        let (mut first, mut at, mut latest) = (0, 0, TimestampNs::MIN);
        while let Some(start) = stream.parts.get(at).map(|p| p.min) {
            let begun = stream.parts[at..].partition_point(|p| p.min <= start);
            latest = stream.parts[at..at + begun].iter().map(|p| p.max).fold(latest, TimestampNs::max);
            at += begun;
            first += stream.parts[first..at].iter().take_while(|p| p.max < start).count();
            let next = stream.parts.get(at).map_or(end, |p| p.min);
            let max = latest.min(next.saturating_add(-1));
            out.push(Slice { stream: Rc::clone(&stream), start, max, end: next, parts: first..at });
        }
    }
    out
}

impl Slice {
    pub(crate) fn labels(&self) -> Labels {
        self.stream.labels.clone()
    }

    /// The slice's lines that `filter` keeps, ascending and without repeats.
    pub(crate) fn read(&self, filter: &LineFilter, newest_first: bool, read: &mut LogsRead) -> Vec<LogEntry> {
        let mut out: Vec<LogEntry> = Vec::new();
        let mut sources = 0;
        for part in self.stream.parts[self.parts.clone()].iter().filter(|p| p.max >= self.start) {
            let before = out.len();
            self.stream.copy(part, self, filter, read, &mut out);
            sources += usize::from(out.len() > before);
            let is_done = if newest_first { part.min >= self.start } else { part.max < self.end };
            if is_done {
                self.stream.forget(part);
            }
        }
        if sources > 1 {
            out.sort_by_key(|e| e.ts);
            remove_repeats(&mut out);
        }
        out
    }
}

impl Stream {
    fn copy(&self, part: &Part, slice: &Slice, filter: &LineFilter, read: &mut LogsRead, out: &mut Vec<LogEntry>) {
        let (view, chunk) = match &part.from {
            From::Memory(entries, range) => {
                let entries = &entries[range.clone()];
                let entries = &entries[range_of(entries, slice.start, slice.end)];
                let before = out.len();
                let kept = entries.iter().filter(|e| filter.keeps(&self.labels, &e.line, &e.metadata));
                out.extend(kept.cloned());
                read.lines += entries.len() as u64;
                read.line_bytes += entries.iter().map(|e| e.line.len() as u64).sum::<u64>();
                read.metadata_bytes += entries.iter().map(metadata_bytes).sum::<u64>();
                read.lines_kept += (out.len() - before) as u64;
                return;
            }
            From::Stored(view, chunk) => (view, chunk),
        };
        let mut kept = part.decoded.borrow_mut();
        let is_needed_again = part.min < slice.start || part.max >= slice.end;
        if kept.is_none() && !is_needed_again {
            let mut entries = lines(view, chunk, filter, read);
            let range = range_of(&entries, slice.start, slice.end);
            out.extend(entries.drain(range));
            return;
        }
        let entries = kept.clone().unwrap_or_else(|| Rc::new(lines(view, chunk, filter, read)));
        out.extend_from_slice(&entries[range_of(&entries, slice.start, slice.end)]);
        if kept.is_none() && self.budget.get() >= chunk.bytes() {
            self.budget.set(self.budget.get() - chunk.bytes());
            *kept = Some(entries);
        }
    }

    fn forget(&self, part: &Part) {
        if part.decoded.take().is_some()
            && let From::Stored(_, chunk) = &part.from
        {
            self.budget.set(self.budget.get() + chunk.bytes());
        }
    }
}

/// Damaged chunks are named in the log and left out: the rest of the day is still worth reading.
fn lines(view: &View, chunk: &ChunkRef, filter: &LineFilter, read: &mut LogsRead) -> Vec<LogEntry> {
    match view.read(chunk, filter, read) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(%error, stream = %chunk.labels, "damaged chunk left out of an answer");
            Vec::new()
        }
    }
}

/// Of entries equal in every respect the first stays.
fn remove_repeats(entries: &mut Vec<LogEntry>) {
    let mut is_first = Vec::with_capacity(entries.len());
    for run in entries.chunk_by(|a, b| a.ts == b.ts) {
        let mut seen = HashSet::new();
        is_first.extend(run.iter().map(|entry| run.len() == 1 || seen.insert(entry)));
    }
    let mut is_first = is_first.into_iter();
    entries.retain(|_| is_first.next().unwrap_or(true));
}

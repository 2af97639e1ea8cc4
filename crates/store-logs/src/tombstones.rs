//! Lines that were deleted: hidden at once, taken out of files later.
//!
//! ```text
//!   tenants/TENANT/deletes = version 2 | CRC-32 of the rest, u32 LE | n requests:
//!     id | created | query | start | end | sequence | is processed
//! ```
//!
//! A request is for what was stored when it came: lines of later records are not touched. What its query means is up to
//! whoever opens the store.

use std::path::Path;
use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{Labels, LogEntry, Matcher, TimestampMs, TimestampNs};

use crate::error::Error;
use crate::partition::ChunkRef;

/// The file's name in a tenant's directory.
pub(crate) const FILE: &str = "deletes";
const VERSION: u8 = 2;

/// Whether a line of a stream that matches is selected.
pub type LineTest = Box<dyn Fn(&Labels, &LogEntry) -> bool + Send + Sync>;

/// What a query selects.
pub struct LineQuery {
    /// All must pass on the stream's labels.
    pub matchers: Vec<Matcher>,
    /// Absent where all lines of these streams are selected.
    pub test: Option<LineTest>,
}

impl std::fmt::Debug for LineQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineQuery").field("matchers", &self.matchers).finish_non_exhaustive()
    }
}

/// Reads a query, or says what is wrong with it.
pub type ReadQuery = fn(&str) -> Result<LineQuery, String>;

/// Which lines to delete.
#[derive(Debug, Clone)]
pub struct DeleteLines {
    /// In the language of the store's [`ReadQuery`].
    pub query: String,
    /// First nanosecond.
    pub start: TimestampNs,
    /// Last nanosecond.
    pub end: TimestampNs,
}

/// A request to delete lines.
#[derive(Debug, Clone)]
pub struct DeleteRequest {
    /// Its name, unique within the tenant.
    pub id: String,
    /// When it came.
    pub created: TimestampMs,
    /// What it asked for.
    pub lines: DeleteLines,
    /// Whether the lines are out of all files; until then they are hidden.
    pub is_processed: bool,
    /// The last record it is about.
    pub(crate) sequence: u64,
    /// What its query selects; nothing is known of it once it is processed.
    pub(crate) selects: Option<Arc<LineQuery>>,
}

impl DeleteRequest {
    /// Whether it may delete lines of a chunk.
    pub(crate) fn touches(&self, chunk: &ChunkRef) -> bool {
        let Some(selects) = self.selects.as_ref().filter(|_| !self.is_processed) else { return false };
        chunk.sequence <= self.sequence
            && chunk.min <= self.lines.end
            && chunk.max >= self.lines.start
            && selects.matchers.iter().all(|m| m.matches_labels(&chunk.labels))
    }

    /// Whether it deletes all lines of a chunk it touches.
    pub(crate) fn covers(&self, chunk: &ChunkRef) -> bool {
        let is_whole = self.selects.as_ref().is_some_and(|query| query.test.is_none());
        is_whole && self.lines.start <= chunk.min && chunk.max <= self.lines.end
    }

    /// Whether it deletes a line of a chunk it touches.
    pub(crate) fn deletes(&self, stream: &Labels, entry: &LogEntry) -> bool {
        let Some(selects) = &self.selects else { return false };
        (self.lines.start..=self.lines.end).contains(&entry.ts)
            && selects.test.as_ref().is_none_or(|passes| passes(stream, entry))
    }
}

/// All requests of one tenant; snapshots share them.
pub(crate) type Requests = Arc<Vec<DeleteRequest>>;

/// Takes what was deleted out of a chunk's lines.
pub(crate) fn retain(requests: &[DeleteRequest], chunk: &ChunkRef, entries: &mut Vec<LogEntry>) {
    for request in requests.iter().filter(|r| r.touches(chunk)) {
        entries.retain(|entry| !request.deletes(&chunk.labels, entry));
    }
}

pub(crate) fn save(path: &Path, requests: &[DeleteRequest]) -> Result<(), Error> {
    let mut rest = Writer::default();
    rest.uint(requests.len() as u64);
    for request in requests {
        let lines = &request.lines;
        rest.text(&request.id);
        rest.int(request.created.0);
        rest.text(&lines.query);
        rest.int(lines.start.0);
        rest.int(lines.end.0);
        rest.uint(request.sequence);
        rest.byte(u8::from(request.is_processed));
    }
    let mut out = vec![VERSION];
    out.extend_from_slice(&crc32fast::hash(&rest.0).to_le_bytes());
    out.extend_from_slice(&rest.0);
    aio_kit::fs::write_atomic(path, &out).map_err(Error::io(path))
}

/// No file means no requests.
pub(crate) fn load(path: &Path, read: ReadQuery) -> Result<Vec<DeleteRequest>, Error> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(path)(error)),
    };
    let corrupt = |reason: String| Error::Corrupt { path: path.to_owned(), reason };
    let mut requests = decode(&bytes).ok_or_else(|| corrupt("list of requests to delete".to_owned()))?;
    for request in requests.iter_mut().filter(|r| !r.is_processed) {
        let query = &request.lines.query;
        let selects = read(query).map_err(|why| corrupt(format!("request to delete {query:?}: {why}")))?;
        request.selects = Some(Arc::new(selects));
    }
    Ok(requests)
}

fn decode(bytes: &[u8]) -> Option<Vec<DeleteRequest>> {
    let mut from = Reader(bytes);
    let (version, crc) = (from.byte()?, from.take(4)?);
    if version != VERSION || crc32fast::hash(from.0).to_le_bytes() != crc {
        return None;
    }
    (0..from.count()?).map(|_| request(&mut from)).collect()
}

fn request(from: &mut Reader<'_>) -> Option<DeleteRequest> {
    let id = from.text()?.to_owned();
    let created = TimestampMs(from.int()?);
    let query = from.text()?.to_owned();
    let (start, end) = (TimestampNs(from.int()?), TimestampNs(from.int()?));
    let sequence = from.uint()?;
    let is_processed = from.byte()? == 1;
    let lines = DeleteLines { query, start, end };
    Some(DeleteRequest { id, created, lines, is_processed, sequence, selects: None })
}

//! Lines that were deleted: hidden at once, taken out of files later.
//!
//! ```text
//!   tenants/TENANT/deletes = version 1 | CRC-32 of the rest, u32 LE | n requests:
//!     id | created | query | start | end | sequence | is processed | n matchers: name op value | n tests: op text
//! ```
//!
//! A request is for what was stored when it came: lines of later records are not touched.

use std::path::Path;
use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{LogEntry, MatchOp, Matcher, TimestampMs, TimestampNs};
use regex::Regex;

use crate::error::Error;
use crate::partition::ChunkRef;

/// The file's name in a tenant's directory.
pub(crate) const FILE: &str = "deletes";
const VERSION: u8 = 1;
const OPS: [MatchOp; 4] = [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex];

/// A condition on a line's text: that it contains one, or matches a pattern anywhere, or that it does not.
#[derive(Debug, Clone)]
pub struct LineTest {
    op: MatchOp,
    text: String,
    regex: Option<Regex>,
}

impl LineTest {
    /// Equality means containing here. Patterns are in Go's syntax.
    ///
    /// # Errors
    /// What is wrong with a pattern.
    pub fn new(op: MatchOp, text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        let regex = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Regex | MatchOp::NotRegex => {
                let translated = aio_types::pattern::translate(&text).map_err(|e| e.to_string())?;
                Some(Regex::new(&translated).map_err(|e| e.to_string())?)
            }
        };
        Ok(Self { op, text, regex })
    }

    fn passes(&self, line: &str) -> bool {
        let matches = || self.regex.as_ref().is_some_and(|r| r.is_match(line));
        match self.op {
            MatchOp::Equal => line.contains(&self.text),
            MatchOp::NotEqual => !line.contains(&self.text),
            MatchOp::Regex => matches(),
            MatchOp::NotRegex => !matches(),
        }
    }
}

/// Which lines to delete.
#[derive(Debug, Clone)]
pub struct DeleteLines {
    /// The query as it was asked, to be shown.
    pub query: String,
    /// All must pass on the stream's labels.
    pub matchers: Vec<Matcher>,
    /// All must pass on the line.
    pub tests: Vec<LineTest>,
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
}

impl DeleteRequest {
    /// Whether it may delete lines of a chunk.
    pub(crate) fn touches(&self, chunk: &ChunkRef) -> bool {
        let lines = &self.lines;
        !self.is_processed
            && chunk.sequence <= self.sequence
            && chunk.min <= lines.end
            && chunk.max >= lines.start
            && lines.matchers.iter().all(|m| m.matches_labels(&chunk.labels))
    }

    /// Whether it deletes all lines of a chunk it touches.
    pub(crate) fn covers(&self, chunk: &ChunkRef) -> bool {
        self.lines.tests.is_empty() && self.lines.start <= chunk.min && chunk.max <= self.lines.end
    }

    /// Whether it deletes a line of a chunk it touches.
    pub(crate) fn deletes(&self, entry: &LogEntry) -> bool {
        (self.lines.start..=self.lines.end).contains(&entry.ts)
            && self.lines.tests.iter().all(|t| t.passes(&entry.line))
    }
}

/// All requests of one tenant; snapshots share them.
pub(crate) type Requests = Arc<Vec<DeleteRequest>>;

/// Takes what was deleted out of a chunk's lines.
pub(crate) fn retain(requests: &[DeleteRequest], chunk: &ChunkRef, entries: &mut Vec<LogEntry>) {
    for request in requests.iter().filter(|r| r.touches(chunk)) {
        entries.retain(|entry| !request.deletes(entry));
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
        rest.uint(lines.matchers.len() as u64);
        for matcher in &lines.matchers {
            rest.text(&matcher.name);
            op(&mut rest, matcher.op);
            rest.text(&matcher.value);
        }
        rest.uint(lines.tests.len() as u64);
        for test in &lines.tests {
            op(&mut rest, test.op);
            rest.text(&test.text);
        }
    }
    let mut out = vec![VERSION];
    out.extend_from_slice(&crc32fast::hash(&rest.0).to_le_bytes());
    out.extend_from_slice(&rest.0);
    aio_kit::fs::write_atomic(path, &out).map_err(Error::io(path))
}

fn op(out: &mut Writer, op: MatchOp) {
    let at = OPS.iter().position(|o| *o == op).and_then(|at| u8::try_from(at).ok());
    out.byte(at.unwrap_or(0));
}

/// No file means no requests.
pub(crate) fn load(path: &Path) -> Result<Vec<DeleteRequest>, Error> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(path)(error)),
    };
    decode(&bytes)
        .ok_or_else(|| Error::Corrupt { path: path.to_owned(), reason: "list of requests to delete".to_owned() })
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
    let op = |from: &mut Reader<'_>| OPS.get(usize::from(from.byte()?)).copied();
    let mut matchers = Vec::new();
    for _ in 0..from.count()? {
        let (name, op, value) = (from.text()?, op(from)?, from.text()?);
        matchers.push(Matcher::new(name, op, value).ok()?);
    }
    let mut tests = Vec::new();
    for _ in 0..from.count()? {
        let (op, text) = (op(from)?, from.text()?);
        tests.push(LineTest::new(op, text).ok()?);
    }
    let lines = DeleteLines { query, matchers, tests, start, end };
    Some(DeleteRequest { id, created, lines, is_processed, sequence })
}

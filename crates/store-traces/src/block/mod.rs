//! Immutable columnar files of spans.
//!
//! ```text
//!   file   = "AIOTRC02" | pages | footer | footer length u32 LE | footer CRC-32 u32 LE | "AIOTRC02"
//!   page   = zstd of one column of one row group, or of the tables; its place, length and CRC-32 are in the footer
//!   rows   = sorted by (trace, start, span id), in groups of about 8192 that end with a trace
//!   footer = version | meta | tables page | prefixes page | n groups: rows, first and last trace id, a page per column
//! ```
//!
//! Columns: trace ids with run lengths, span ids, parents, names (by number), resources with scopes, kinds with
//! statuses, starts (deltas) with durations, and the rest of the span as one value.
//!
//! A block holds no open file: there may be more blocks than a process may have files.

mod cache;
mod footer;
mod group;
mod write;

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aio_kit::bytes::Reader;
use aio_types::{Span, TimestampNs, TraceId};

pub(crate) use self::cache::{GroupCache, OpenedCache};
use self::footer::{GroupMeta, Page};
use self::group::Group;
use crate::codec;
use crate::error::Error;
use crate::meta::BlockMeta;
use crate::table::Table;

const MAGIC: &[u8; 8] = b"AIOTRC02";
const VERSION: u8 = 2;
const COLUMNS: usize = 8;
const TRACES_COLUMN: usize = 0;
const TIMES_COLUMN: usize = 6;
/// A guard against damage that checksums missed.
const PAGE_BYTES_MAX: u64 = 1 << 30;

/// Tells blocks of this process apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct BlockId(u64);

/// A published block. Its footer and tables are read when they are needed, and kept as long as there is room.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) path: PathBuf,
    pub(crate) meta: BlockMeta,
    id: BlockId,
    cache: Arc<OpenedCache>,
    /// Set once another block holds all of it: the file goes when the last reader does.
    replaced: AtomicBool,
    /// Set once a part did not read.
    damaged: AtomicBool,
}

/// What every reader of a block needs.
#[derive(Debug)]
struct Opened {
    groups: Vec<GroupMeta>,
    names: Vec<Box<str>>,
    table: Table,
    /// First halves of the trace ids, ascending.
    prefixes: Vec<u64>,
    /// Memory held, roughly.
    bytes: usize,
}

/// The first half of an id.
fn prefix(id: TraceId) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = id.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// What a block holds of a trace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) trace_id: TraceId,
    /// First start of its spans here.
    pub(crate) start: TimestampNs,
}

impl Block {
    /// Writes spans as one block; on return it is durable. `spans` is not empty.
    ///
    /// `first..=marker` are the records of the log whose spans are among them.
    pub(crate) fn write(
        path: &Path,
        spans: Vec<&Span>,
        first: u64,
        marker: u64,
        cache: &Arc<OpenedCache>,
    ) -> Result<Self, Error> {
        let meta = write::write(path, spans, first, marker)?;
        Ok(Self::open_known(path, meta, cache))
    }

    /// Opens a block by its own footer.
    pub(crate) fn open(path: &Path, cache: &Arc<OpenedCache>) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        let footer = footer::read(&file, path)?;
        Ok(Self::open_known(path, footer.meta, cache))
    }

    /// Opens a block whose description is known already.
    pub(crate) fn open_known(path: &Path, meta: BlockMeta, cache: &Arc<OpenedCache>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = BlockId(NEXT.fetch_add(1, Ordering::Relaxed));
        let (replaced, damaged) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { path: path.to_owned(), meta, id, cache: Arc::clone(cache), replaced, damaged }
    }

    /// Reads all of it, to be sure that it is whole.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        self.all().map(|_| ())
    }

    /// Every span, by trace.
    pub(crate) fn all(&self) -> Result<Vec<Span>, Error> {
        let opened = self.opened()?;
        let mut out = Vec::new();
        for (number, group) in opened.groups.iter().enumerate() {
            let mut spans = self.group(number)?.all().ok_or_else(|| self.damaged_at(group))?;
            out.append(&mut spans);
        }
        Ok(out)
    }

    /// Names damage in the log: loudly once, for every query will meet it again.
    pub(crate) fn report(&self, error: &Error) {
        if error.is_gone() {
            tracing::debug!(%error, "a block past retention left out of an answer");
        } else if self.damaged.swap(true, Ordering::Relaxed) {
            tracing::debug!(%error, "damaged block left out of an answer");
        } else {
            tracing::error!(%error, "damaged block left out of answers");
        }
    }

    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Lets the file go with its last reader.
    pub(crate) fn replace(&self) {
        self.replaced.store(true, Ordering::Relaxed);
    }

    /// Whether spans of the trace may be here.
    pub(crate) fn may_hold(&self, id: TraceId) -> Result<bool, Error> {
        Ok(self.opened()?.prefixes.binary_search(&prefix(id)).is_ok())
    }

    /// The spans of a trace, by start.
    pub(crate) fn trace(&self, id: TraceId, cache: &mut GroupCache) -> Result<Vec<Span>, Error> {
        let opened = self.opened()?;
        if opened.prefixes.binary_search(&prefix(id)).is_err() {
            return Ok(Vec::new());
        }
        let number = opened.groups.partition_point(|g| g.last < id);
        let Some(group) = opened.groups.get(number).filter(|g| g.first <= id) else { return Ok(Vec::new()) };
        let rows = cache.get(self, number)?.trace(id);
        rows.ok_or_else(|| self.damaged_at(group))
    }

    /// The traces of which something is under way in `start..end`.
    pub(crate) fn candidates(&self, start: TimestampNs, end: TimestampNs) -> Result<Vec<Candidate>, Error> {
        let opened = self.opened()?;
        let file = File::open(&self.path).map_err(Error::io(&self.path))?;
        let mut out = Vec::new();
        for group in &opened.groups {
            let (traces, times) = (group.columns[TRACES_COLUMN], group.columns[TIMES_COLUMN]);
            let (ids, times) = (self.page(&file, traces)?, self.page(&file, times)?);
            under_way(&ids, &times, start, end, &mut out).ok_or_else(|| self.damaged_at(group))?;
        }
        Ok(out)
    }

    /// A row group.
    fn group(&self, number: usize) -> Result<Group, Error> {
        let opened = self.opened()?;
        let Some(group) = opened.groups.get(number) else {
            return Err(self.damaged(Page::default(), "number of a row group"));
        };
        let file = File::open(&self.path).map_err(Error::io(&self.path))?;
        let columns = group.columns.iter().map(|page| self.page(&file, *page)).collect::<Result<_, _>>()?;
        Group::new(Arc::clone(&opened), columns, group.rows).ok_or_else(|| self.damaged_at(group))
    }

    fn opened(&self) -> Result<Arc<Opened>, Error> {
        if let Some(opened) = self.cache.get(self.id) {
            return Ok(opened);
        }
        let file = File::open(&self.path).map_err(Error::io(&self.path))?;
        let footer = footer::read(&file, &self.path)?;
        let (tables, ids) = (self.page(&file, footer.tables)?, self.page(&file, footer.prefixes)?);
        let (names, table) = decode_tables(&tables).ok_or_else(|| self.damaged(footer.tables, "tables"))?;
        let prefixes = decode_prefixes(&ids).ok_or_else(|| self.damaged(footer.prefixes, "trace ids"))?;
        // Decoded tables take about twice their bytes.
        let bytes = tables.len() * 2 + ids.len() + footer.groups.len() * size_of::<GroupMeta>() + 256;
        let opened = Arc::new(Opened { groups: footer.groups, names, table, prefixes, bytes });
        self.cache.insert(self.id, &opened);
        Ok(opened)
    }

    fn page(&self, file: &File, page: Page) -> Result<Vec<u8>, Error> {
        let len = file.metadata().map_err(Error::io(&self.path))?.len();
        if page.offset.checked_add(page.len as u64).is_none_or(|end| end > len) {
            return Err(self.damaged(page, "a page reaches beyond the file"));
        }
        let mut bytes = vec![0; page.len];
        file.read_exact_at(&mut bytes, page.offset).map_err(Error::io(&self.path))?;
        if crc32fast::hash(&bytes) != page.crc {
            return Err(self.damaged(page, "checksum of a page"));
        }
        let mut out = Vec::new();
        let decoder = zstd::stream::read::Decoder::new(&*bytes).map_err(Error::io(&self.path))?;
        decoder.take(PAGE_BYTES_MAX).read_to_end(&mut out).map_err(Error::io(&self.path))?;
        Ok(out)
    }

    fn damaged_at(&self, group: &GroupMeta) -> Error {
        self.damaged(group.columns[TRACES_COLUMN], "columns of a row group")
    }

    fn damaged(&self, page: Page, what: &str) -> Error {
        Error::Corrupt { path: self.path.clone(), offset: page.offset, reason: what.to_owned() }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.cache.remove(self.id);
        if *self.replaced.get_mut()
            && let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %self.path.display(), "removing a merged block; the next start tries again");
        }
    }
}

fn decode_tables(bytes: &[u8]) -> Option<(Vec<Box<str>>, Table)> {
    let mut from = Reader(bytes);
    let names = (0..from.count()?).map(|_| from.text().map(Into::into)).collect::<Option<_>>()?;
    Some((names, Table::decode(&mut from)?))
}

fn decode_prefixes(bytes: &[u8]) -> Option<Vec<u64>> {
    let mut from = Reader(bytes);
    (0..from.count()?).map(|_| from.take(8)?.try_into().ok().map(u64::from_le_bytes)).collect()
}

fn under_way(
    traces: &[u8],
    times: &[u8],
    start: TimestampNs,
    end: TimestampNs,
    out: &mut Vec<Candidate>,
) -> Option<()> {
    let (mut traces, mut times) = (Reader(traces), Reader(times));
    let mut at = 0_i64;
    while !traces.0.is_empty() {
        let trace_id = codec::trace_id(&mut traces)?;
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for _ in 0..traces.uint()? {
            at = at.wrapping_add(times.int()?);
            let ended = at.wrapping_add(times.int()?);
            first = first.min(at);
            last = last.max(at).max(ended);
        }
        if first < end.0 && last >= start.0 {
            out.push(Candidate { trace_id, start: TimestampNs(first) });
        }
    }
    Some(())
}

/// For the fuzz targets: everything that is decoded below checksums and compression. `data` is a footer, a list of
/// trace ids, or blobs of the tables and the columns with a number of rows behind them.
pub(crate) fn fuzz(data: &[u8]) {
    let _any_answer_will_do = (footer::decode(data), decode_prefixes(data));
    let mut from = Reader(data);
    let mut next = || from.blob().map(<[u8]>::to_vec);
    let (Some(tables), Some(columns)) = (next(), (0..COLUMNS).map(|_| next()).collect::<Option<Vec<_>>>()) else {
        return;
    };
    let Some((names, table)) = decode_tables(&tables) else { return };
    let opened = Opened { groups: Vec::new(), names, table, prefixes: Vec::new(), bytes: 0 };
    let group = Group::new(Arc::new(opened), columns, data.len());
    let _any_answer_will_do = group.and_then(|group| group.all());
}

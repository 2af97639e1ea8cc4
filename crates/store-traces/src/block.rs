//! Immutable columnar files of spans.
//!
//! ```text
//!   file   = "AIOTRC01" | pages | footer | footer length u32 LE | footer CRC-32 u32 LE | "AIOTRC01"
//!   page   = zstd of one column of one row group, or of the tables; its place, length and CRC-32 are in the footer
//!   rows   = sorted by (trace, start, span id), in groups of about 8192 that end with a trace
//!   footer = version | marker | meta | tables page | prefixes page
//!            | n groups: rows, first and last trace id, one page for each column
//! ```
//!
//! Columns: trace ids with run lengths, span ids, parents, names (by number), resources, scopes, kinds, statuses,
//! starts (deltas), durations, and the rest of the span as one value.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aio_kit::bytes::{Reader, Writer};
use aio_kit::fs::write_atomic;
use aio_types::{Span, TimestampNs, TraceId};

use crate::codec;
use crate::error::Error;
use crate::meta::BlockMeta;
use crate::record::blank;
use crate::table::Table;

const MAGIC: &[u8; 8] = b"AIOTRC01";
const VERSION: u8 = 1;
const GROUP_ROWS: usize = 8192;
const ZSTD_LEVEL: i32 = 1;
const COLUMNS: usize = 8;
const TRAILER_BYTES: usize = 16;
/// A guard against damage that checksums missed.
const PAGE_BYTES_MAX: u64 = 1 << 30;

/// Where a page lies.
#[derive(Debug, Clone, Copy)]
struct Page {
    offset: u64,
    len: usize,
    crc: u32,
}

#[derive(Debug)]
struct Group {
    rows: usize,
    first: TraceId,
    last: TraceId,
    columns: [Page; COLUMNS],
}

#[derive(Debug)]
struct Footer {
    meta: BlockMeta,
    tables: Page,
    prefixes: Page,
    groups: Vec<Group>,
}

/// A published block. Its footer and tables are read when first needed.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) path: PathBuf,
    pub(crate) meta: BlockMeta,
    file: File,
    opened: OnceLock<Opened>,
}

#[derive(Debug)]
struct Opened {
    groups: Vec<Group>,
    names: Vec<Box<str>>,
    table: Table,
    /// First halves of the trace ids, ascending.
    prefixes: Vec<u64>,
}

/// The first half of an id.
pub(crate) fn prefix(id: TraceId) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = id.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Writes spans as one block; on return it is durable.
///
/// `spans` is not empty; `marker` is the last record of the log whose spans are among them.
pub(crate) fn write(path: &Path, mut spans: Vec<&Span>, marker: u64) -> Result<Block, Error> {
    spans.sort_by_key(|s| (s.trace_id, s.start, s.span_id));
    let meta = BlockMeta::of(&spans, marker);
    let mut out = MAGIC.to_vec();
    let mut dictionary = Dictionary::default();
    let mut table = Table::default();
    let mut groups = Vec::new();
    for rows in groups_of(&spans) {
        let columns = columns(rows, &mut dictionary, &mut table);
        let mut pages = [Page { offset: 0, len: 0, crc: 0 }; COLUMNS];
        for (page, column) in pages.iter_mut().zip(&columns) {
            *page = push_page(&mut out, &column.0).map_err(Error::io(path))?;
        }
        let (first, last) = (rows[0].trace_id, rows[rows.len() - 1].trace_id);
        groups.push(Group { rows: rows.len(), first, last, columns: pages });
    }
    let mut tables = Writer::default();
    tables.uint(dictionary.names.len() as u64);
    dictionary.names.iter().for_each(|name| tables.text(name));
    table.encode(&mut tables);
    let tables = push_page(&mut out, &tables.0).map_err(Error::io(path))?;
    let prefixes = push_page(&mut out, &prefixes(&spans).0).map_err(Error::io(path))?;
    let footer = encode_footer(&Footer { meta, tables, prefixes, groups });
    out.extend_from_slice(&footer);
    out.extend_from_slice(&u32::try_from(footer.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&footer).to_le_bytes());
    out.extend_from_slice(MAGIC);
    write_atomic(path, &out).map_err(Error::io(path))?;
    Block::open(path)
}

/// Rows in groups; a trace is in one group only.
fn groups_of<'a, 'b>(spans: &'a [&'b Span]) -> Vec<&'a [&'b Span]> {
    let mut out = Vec::new();
    let mut rest = spans;
    while !rest.is_empty() {
        let mut len = rest.len().min(GROUP_ROWS);
        while len < rest.len() && rest[len].trace_id == rest[len - 1].trace_id {
            len += 1;
        }
        let (group, after) = rest.split_at(len);
        out.push(group);
        rest = after;
    }
    out
}

fn prefixes(spans: &[&Span]) -> Writer {
    let mut all: Vec<u64> = spans.iter().map(|s| prefix(s.trace_id)).collect();
    all.dedup();
    let mut out = Writer::default();
    out.uint(all.len() as u64);
    all.iter().for_each(|p| out.0.extend_from_slice(&p.to_le_bytes()));
    out
}

#[derive(Default)]
struct Dictionary<'a> {
    names: Vec<&'a str>,
    numbers: std::collections::HashMap<&'a str, u64>,
}

impl<'a> Dictionary<'a> {
    fn number(&mut self, name: &'a str) -> u64 {
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() as u64 - 1
        })
    }
}

fn columns<'a>(rows: &[&'a Span], names: &mut Dictionary<'a>, table: &mut Table) -> [Writer; COLUMNS] {
    let mut columns: [Writer; COLUMNS] = Default::default();
    let [traces, span_ids, parents, name, shared, kinds, times, rest] = &mut columns;
    let mut previous_start = 0_i64;
    for run in rows.chunk_by(|a, b| a.trace_id == b.trace_id) {
        traces.0.extend_from_slice(&run[0].trace_id.0);
        traces.uint(run.len() as u64);
        for span in run {
            span_ids.0.extend_from_slice(&span.span_id.0);
            parents.0.extend_from_slice(&span.parent_span_id.0);
            name.uint(names.number(&span.name));
            let (resource, scope) = table.numbers(span);
            shared.uint(resource);
            shared.uint(scope);
            kinds.byte(span.kind);
            kinds.byte(span.status);
            times.int(span.start.0.wrapping_sub(previous_start));
            times.int(span.end.0.wrapping_sub(span.start.0));
            previous_start = span.start.0;
            codec::rest(rest, span);
        }
    }
    columns
}

fn push_page(out: &mut Vec<u8>, bytes: &[u8]) -> std::io::Result<Page> {
    let compressed = zstd::bulk::compress(bytes, ZSTD_LEVEL)?;
    let page = Page { offset: out.len() as u64, len: compressed.len(), crc: crc32fast::hash(&compressed) };
    out.extend_from_slice(&compressed);
    Ok(page)
}

fn encode_footer(footer: &Footer) -> Vec<u8> {
    let mut out = Writer::default();
    out.byte(VERSION);
    footer.meta.encode(&mut out);
    encode_page(&mut out, footer.tables);
    encode_page(&mut out, footer.prefixes);
    out.uint(footer.groups.len() as u64);
    for group in &footer.groups {
        out.uint(group.rows as u64);
        out.0.extend_from_slice(&group.first.0);
        out.0.extend_from_slice(&group.last.0);
        group.columns.iter().for_each(|page| encode_page(&mut out, *page));
    }
    out.0
}

fn encode_page(out: &mut Writer, page: Page) {
    out.uint(page.offset);
    out.uint(page.len as u64);
    out.uint(u64::from(page.crc));
}

fn decode_page(from: &mut Reader<'_>) -> Option<Page> {
    Some(Page {
        offset: from.uint()?,
        len: usize::try_from(from.uint()?).ok()?,
        crc: u32::try_from(from.uint()?).ok()?,
    })
}

fn decode_footer(bytes: &[u8]) -> Option<Footer> {
    let mut from = Reader(bytes);
    if from.byte()? != VERSION {
        return None;
    }
    let meta = BlockMeta::decode(&mut from)?;
    let (tables, prefixes) = (decode_page(&mut from)?, decode_page(&mut from)?);
    let groups = (0..from.count()?).map(|_| decode_group(&mut from)).collect::<Option<_>>()?;
    Some(Footer { meta, tables, prefixes, groups })
}

fn decode_group(from: &mut Reader<'_>) -> Option<Group> {
    let rows = usize::try_from(from.uint()?).ok()?;
    let (first, last) = (codec::trace_id(from)?, codec::trace_id(from)?);
    let mut columns = [Page { offset: 0, len: 0, crc: 0 }; COLUMNS];
    for page in &mut columns {
        *page = decode_page(from)?;
    }
    Some(Group { rows, first, last, columns })
}

/// One row, as a search for candidates needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newest {
    pub(crate) trace_id: TraceId,
    /// Latest start of the trace's spans inside the range asked for.
    pub(crate) start: TimestampNs,
}

impl Block {
    /// Opens a block by its own footer.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        let footer = read_footer(&file, path)?;
        Ok(Self { path: path.to_owned(), meta: footer.meta, file, opened: OnceLock::new() })
    }

    /// Opens a block whose description is known already.
    pub(crate) fn open_known(path: &Path, meta: BlockMeta) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        Ok(Self { path: path.to_owned(), meta, file, opened: OnceLock::new() })
    }

    /// Whether spans of the trace may be here.
    pub(crate) fn may_hold(&self, id: TraceId) -> Result<bool, Error> {
        Ok(self.opened()?.prefixes.binary_search(&prefix(id)).is_ok())
    }

    /// Which row group may hold the trace.
    pub(crate) fn group_of(&self, id: TraceId) -> Result<Option<usize>, Error> {
        let groups = &self.opened()?.groups;
        let at = groups.partition_point(|g| g.last < id);
        Ok(groups.get(at).filter(|g| g.first <= id).map(|_| at))
    }

    /// The traces with a span that starts in `start..end`.
    pub(crate) fn candidates(&self, start: TimestampNs, end: TimestampNs) -> Result<Vec<Newest>, Error> {
        let mut out = Vec::new();
        for group in &self.opened()?.groups {
            let (traces, times) = (self.page(group.columns[0])?, self.page(group.columns[6])?);
            newest(&traces, &times, start, end, &mut out).ok_or_else(|| self.damaged("columns of a row group"))?;
        }
        Ok(out)
    }

    /// All spans of a row group, in its order.
    pub(crate) fn group(&self, number: usize) -> Result<Vec<Span>, Error> {
        let opened = self.opened()?;
        let group = opened.groups.get(number).ok_or_else(|| self.damaged("number of a row group"))?;
        let mut pages = Vec::with_capacity(COLUMNS);
        for page in group.columns {
            pages.push(self.page(page)?);
        }
        decode_rows(opened, group.rows, &pages).ok_or_else(|| self.damaged("columns of a row group"))
    }

    fn opened(&self) -> Result<&Opened, Error> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let footer = read_footer(&self.file, &self.path)?;
        let tables = self.page(footer.tables)?;
        let (names, table) = decode_tables(&tables).ok_or_else(|| self.damaged("tables"))?;
        let prefixes = decode_prefixes(&self.page(footer.prefixes)?).ok_or_else(|| self.damaged("trace ids"))?;
        Ok(self.opened.get_or_init(|| Opened { groups: footer.groups, names, table, prefixes }))
    }

    fn page(&self, page: Page) -> Result<Vec<u8>, Error> {
        let len = self.file.metadata().map_err(Error::io(&self.path))?.len();
        if page.offset.checked_add(page.len as u64).is_none_or(|end| end > len) {
            return Err(self.damaged("place of a page"));
        }
        let mut bytes = vec![0; page.len];
        self.file.read_exact_at(&mut bytes, page.offset).map_err(Error::io(&self.path))?;
        if crc32fast::hash(&bytes) != page.crc {
            return Err(self.damaged(&format!("page at offset {}", page.offset)));
        }
        let mut out = Vec::new();
        let decoder = zstd::stream::read::Decoder::new(&*bytes).map_err(Error::io(&self.path))?;
        decoder.take(PAGE_BYTES_MAX).read_to_end(&mut out).map_err(Error::io(&self.path))?;
        Ok(out)
    }

    fn damaged(&self, what: &str) -> Error {
        Error::Corrupt { path: self.path.clone(), reason: what.to_owned() }
    }
}

fn read_footer(file: &File, path: &Path) -> Result<Footer, Error> {
    let damaged = |reason: &str| Error::Corrupt { path: path.to_owned(), reason: reason.to_owned() };
    let len = file.metadata().map_err(Error::io(path))?.len();
    let trailer_at = len.checked_sub(TRAILER_BYTES as u64).ok_or_else(|| damaged("length"))?;
    let mut trailer = [0; TRAILER_BYTES];
    file.read_exact_at(&mut trailer, trailer_at).map_err(Error::io(path))?;
    let [a, b, c, d, e, f, g, h, magic @ ..] = trailer;
    let footer_len = u64::from(u32::from_le_bytes([a, b, c, d]));
    let footer_at = trailer_at.checked_sub(footer_len).filter(|_| magic == *MAGIC).ok_or_else(|| damaged("trailer"))?;
    let mut bytes = vec![0; usize::try_from(footer_len).map_err(|_| damaged("trailer"))?];
    file.read_exact_at(&mut bytes, footer_at).map_err(Error::io(path))?;
    if crc32fast::hash(&bytes) != u32::from_le_bytes([e, f, g, h]) {
        return Err(damaged(&format!("footer at offset {footer_at}")));
    }
    decode_footer(&bytes).ok_or_else(|| damaged("footer"))
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

fn newest(traces: &[u8], times: &[u8], start: TimestampNs, end: TimestampNs, out: &mut Vec<Newest>) -> Option<()> {
    let (mut traces, mut times) = (Reader(traces), Reader(times));
    let mut at = 0_i64;
    while !traces.0.is_empty() {
        let trace_id = codec::trace_id(&mut traces)?;
        let mut newest: Option<TimestampNs> = None;
        for _ in 0..traces.uint()? {
            at = at.wrapping_add(times.int()?);
            times.int()?;
            if (start.0..end.0).contains(&at) {
                newest = newest.max(Some(TimestampNs(at)));
            }
        }
        out.extend(newest.map(|start| Newest { trace_id, start }));
    }
    Some(())
}

fn decode_rows(opened: &Opened, rows: usize, pages: &[Vec<u8>]) -> Option<Vec<Span>> {
    let [traces, span_ids, parents, names, shared, kinds, times, rest] = pages else { return None };
    let mut traces = Reader(traces);
    let mut columns = (Reader(span_ids), Reader(parents), Reader(names), Reader(shared), Reader(kinds), Reader(times));
    let mut rest = Reader(rest);
    let mut out = Vec::with_capacity(rows.min(span_ids.len() / 8));
    let mut start = 0_i64;
    while !traces.0.is_empty() {
        let trace_id = codec::trace_id(&mut traces)?;
        for _ in 0..traces.uint()? {
            let (span_ids, parents, names, shared, kinds, times) = &mut columns;
            let resource = opened.table.resource(shared.uint()?)?;
            let scope = opened.table.scope(shared.uint()?)?;
            let mut span = blank(resource, scope);
            span.trace_id = trace_id;
            span.span_id = codec::span_id(span_ids)?;
            span.parent_span_id = codec::span_id(parents)?;
            span.name.clone_from(opened.names.get(usize::try_from(names.uint()?).ok()?)?);
            span.kind = kinds.byte()?;
            span.status = kinds.byte()?;
            start = start.wrapping_add(times.int()?);
            span.start = TimestampNs(start);
            span.end = TimestampNs(start.wrapping_add(times.int()?));
            codec::read_rest(&mut rest, &mut span)?;
            out.push(span);
        }
    }
    (out.len() == rows).then_some(out)
}

/// Decoded row groups that were used last.
#[derive(Debug, Default)]
pub(crate) struct GroupCache {
    groups: std::collections::VecDeque<(PathBuf, usize, Arc<Vec<Span>>)>,
}

/// Enough for the few blocks a moment in time is spread over.
const CACHED_GROUPS: usize = 8;

impl GroupCache {
    pub(crate) fn get(&mut self, block: &Block, number: usize) -> Result<Arc<Vec<Span>>, Error> {
        if let Some(at) = self.groups.iter().position(|(p, n, _)| *n == number && *p == block.path)
            && let Some(found) = self.groups.remove(at)
        {
            let spans = Arc::clone(&found.2);
            self.groups.push_front(found);
            return Ok(spans);
        }
        let spans = Arc::new(block.group(number)?);
        self.groups.push_front((block.path.clone(), number, Arc::clone(&spans)));
        self.groups.truncate(CACHED_GROUPS);
        Ok(spans)
    }
}

/// For the fuzz targets: everything that is decoded below checksums and compression. `data` is a footer, a list of
/// trace ids, or blobs of the tables and the columns with a number of rows behind them.
pub(crate) fn fuzz(data: &[u8]) {
    let _any_answer_will_do = (decode_footer(data), decode_prefixes(data));
    let mut from = Reader(data);
    let mut next = || from.blob().map(<[u8]>::to_vec);
    let (Some(tables), Some(pages)) = (next(), (0..COLUMNS).map(|_| next()).collect::<Option<Vec<_>>>()) else {
        return;
    };
    let mut out = Vec::new();
    let _any_answer_will_do = newest(&pages[0], &pages[6], TimestampNs::MIN, TimestampNs::MAX, &mut out);
    let Some((names, table)) = decode_tables(&tables) else { return };
    let opened = Opened { groups: Vec::new(), names, table, prefixes: Vec::new() };
    let _any_answer_will_do = decode_rows(&opened, data.len(), &pages);
}

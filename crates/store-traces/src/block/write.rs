//! Spans to a file.

use std::collections::HashMap;
use std::path::Path;

use aio_kit::bytes::Writer;
use aio_kit::fs::write_atomic;
use aio_types::Span;

use super::footer::{self, Footer, GroupMeta, Page};
use super::{COLUMNS, MAGIC, prefix};
use crate::codec;
use crate::error::Error;
use crate::meta::BlockMeta;
use crate::table::TableWriter;

const GROUP_ROWS: usize = 8192;
const ZSTD_LEVEL: i32 = 1;

/// Writes spans as one block; on return it is durable. `spans` is not empty.
///
/// `first..=marker` are the records of the log whose spans are among them.
pub(super) fn write(path: &Path, mut spans: Vec<&Span>, first: u64, marker: u64) -> Result<BlockMeta, Error> {
    spans.sort_by_key(|s| (s.trace_id, s.start, s.span_id));
    let meta = BlockMeta::of(&spans, first, marker);
    let bytes = encode(&spans, meta.clone()).map_err(Error::io(path))?;
    write_atomic(path, &bytes).map_err(Error::io(path))?;
    Ok(meta)
}

fn encode(spans: &[&Span], meta: BlockMeta) -> std::io::Result<Vec<u8>> {
    let mut out = MAGIC.to_vec();
    let mut names = Dictionary::default();
    let mut table = TableWriter::default();
    let mut groups = Vec::new();
    for rows in groups_of(spans) {
        let mut pages = [Page::default(); COLUMNS];
        for (page, column) in pages.iter_mut().zip(&columns(rows, &mut names, &mut table)) {
            *page = push_page(&mut out, &column.0)?;
        }
        let (first, last) = (rows[0].trace_id, rows[rows.len() - 1].trace_id);
        groups.push(GroupMeta { rows: rows.len(), first, last, columns: pages });
    }
    let mut tables = Writer::default();
    tables.uint(names.names.len() as u64);
    names.names.iter().for_each(|name| tables.text(name));
    table.encode(&mut tables);
    let tables = push_page(&mut out, &tables.0)?;
    let prefixes = push_page(&mut out, &prefixes(spans).0)?;
    footer::append(&mut out, &Footer { meta, tables, prefixes, groups });
    Ok(out)
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
    numbers: HashMap<&'a str, u64>,
}

impl<'a> Dictionary<'a> {
    fn number(&mut self, name: &'a str) -> u64 {
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() as u64 - 1
        })
    }
}

fn columns<'a>(rows: &[&'a Span], names: &mut Dictionary<'a>, table: &mut TableWriter) -> [Writer; COLUMNS] {
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
            // With its length, so that rows of other traces are passed over unread.
            let mut value = Writer::default();
            codec::rest(&mut value, span);
            rest.blob(&value.0);
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

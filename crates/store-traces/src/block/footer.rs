//! The end of a block: where everything is.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use aio_kit::bytes::{Reader, Writer};
use aio_types::TraceId;

use super::{COLUMNS, MAGIC, VERSION};
use crate::codec;
use crate::error::Error;
use crate::meta::BlockMeta;

const TRAILER_BYTES: usize = 16;

/// Where a page lies.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Page {
    pub(super) offset: u64,
    pub(super) len: usize,
    pub(super) crc: u32,
}

/// Rows that are read together. A trace is in one group only.
#[derive(Debug)]
pub(super) struct GroupMeta {
    pub(super) rows: usize,
    pub(super) first: TraceId,
    pub(super) last: TraceId,
    pub(super) columns: [Page; COLUMNS],
}

#[derive(Debug)]
pub(super) struct Footer {
    pub(super) meta: BlockMeta,
    pub(super) tables: Page,
    pub(super) prefixes: Page,
    pub(super) groups: Vec<GroupMeta>,
}

/// Appends footer and trailer to a file's bytes.
pub(super) fn append(out: &mut Vec<u8>, footer: &Footer) {
    let bytes = encode(footer);
    out.extend_from_slice(&bytes);
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    out.extend_from_slice(MAGIC);
}

/// Reads and checks it.
pub(super) fn read(file: &File, path: &Path) -> Result<Footer, Error> {
    let damaged =
        |offset: u64, reason: &str| Error::Corrupt { path: path.to_owned(), offset, reason: reason.to_owned() };
    let len = file.metadata().map_err(Error::io(path))?.len();
    let trailer_at = len.checked_sub(TRAILER_BYTES as u64).ok_or_else(|| damaged(0, "the file is cut off"))?;
    let mut trailer = [0; TRAILER_BYTES];
    file.read_exact_at(&mut trailer, trailer_at).map_err(Error::io(path))?;
    let [a, b, c, d, e, f, g, h, magic @ ..] = trailer;
    let footer_len = u64::from(u32::from_le_bytes([a, b, c, d]));
    let footer_at = trailer_at.checked_sub(footer_len).filter(|_| magic == *MAGIC);
    let footer_at = footer_at.ok_or_else(|| damaged(trailer_at, "trailer"))?;
    let mut bytes = vec![0; usize::try_from(footer_len).map_err(|_| damaged(trailer_at, "trailer"))?];
    file.read_exact_at(&mut bytes, footer_at).map_err(Error::io(path))?;
    if crc32fast::hash(&bytes) != u32::from_le_bytes([e, f, g, h]) {
        return Err(damaged(footer_at, "checksum of the footer"));
    }
    decode(&bytes).ok_or_else(|| damaged(footer_at, "footer"))
}

fn encode(footer: &Footer) -> Vec<u8> {
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

pub(super) fn decode(bytes: &[u8]) -> Option<Footer> {
    let mut from = Reader(bytes);
    if from.byte()? != VERSION {
        return None;
    }
    let meta = BlockMeta::decode(&mut from)?;
    let (tables, prefixes) = (decode_page(&mut from)?, decode_page(&mut from)?);
    let groups = (0..from.count()?).map(|_| decode_group(&mut from)).collect::<Option<_>>()?;
    Some(Footer { meta, tables, prefixes, groups })
}

fn decode_page(from: &mut Reader<'_>) -> Option<Page> {
    Some(Page {
        offset: from.uint()?,
        len: usize::try_from(from.uint()?).ok()?,
        crc: u32::try_from(from.uint()?).ok()?,
    })
}

fn decode_group(from: &mut Reader<'_>) -> Option<GroupMeta> {
    let rows = usize::try_from(from.uint()?).ok()?;
    let (first, last) = (codec::trace_id(from)?, codec::trace_id(from)?);
    let mut columns = [Page::default(); COLUMNS];
    for page in &mut columns {
        *page = decode_page(from)?;
    }
    Some(GroupMeta { rows, first, last, columns })
}

//! Doors for hostile bytes, below the checksums that would stop them; for the fuzz targets only.

use aio_kit::bytes::{Reader, Writer};
use aio_types::Labels;

use crate::chunk::{Chunk, Sections};
use crate::line_filter::LineFilter;
use crate::record;

/// Longer lines would only be slower.
const LINE_BYTES_MAX: usize = 4096;

/// A chunk without its checksums: columns before the first zero, the rest behind it.
pub fn chunk(bytes: &[u8]) {
    let at = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let (columns, rest) = bytes.split_at(at);
    let mut out = Writer::default();
    out.byte(3);
    out.0.extend_from_slice(&crc32fast::hash(columns).to_le_bytes());
    out.0.extend_from_slice(&crc32fast::hash(rest).to_le_bytes());
    out.blob(columns);
    out.0.extend_from_slice(rest);
    if let Some(chunk) = Chunk::open(&out.0)
        && let Some(brief) = chunk.brief()
    {
        let _any_answer_will_do = chunk.entries(&brief, 0, &Labels::default(), &LineFilter::default());
    }
}

/// The text of a chunk, below its compression: its sections, then the length of each line.
pub fn text(bytes: &[u8]) {
    let mut from = Reader(bytes);
    let mut next = || from.blob().unwrap_or_default();
    let (table, codes, digits, others) = (next().to_vec(), next().to_vec(), next().to_vec(), next().to_vec());
    let sections = Sections { table, codes, digits, others, ids: next() };
    let lens = std::iter::from_fn(|| from.uint()).map(|len| usize::try_from(len).unwrap_or(0) % LINE_BYTES_MAX);
    let ends: Vec<usize> = lens.scan(0, |at, len| Some(std::mem::replace(at, *at + len) + len)).collect();
    if let Some(text) = sections.unpack(&ends) {
        assert_eq!(Some(text.len()), ends.last().copied().or(Some(0)), "all lines are there");
    }
}

/// A record of the log. What was understood is written and read back the same.
pub fn record(bytes: &[u8]) {
    let Some(found) = record::decode(bytes) else { return };
    let encoded = record::encode(found.sequence, &found.tenant, &found.write);
    let again = record::decode(&encoded).expect("what was written can be read");
    assert_eq!(again.write, found.write);
}

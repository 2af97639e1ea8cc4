//! The lines of a chunk.
//!
//! ```text
//!   chunk v4 = magic be32 | version | codec | names and values | CRC | blocks, each with its CRC | table | CRC
//!              | length and offset of names and values, of the table: be64 each
//!   chunk v2, v3 = … without names and values; at the end only the offset of the table
//!   chunk v1 = … without a codec, which is gzip
//!   table    = n blocks: lines, first and last time, offset, bytes when decompressed (since v3), bytes
//!   block    = compressed, n lines: time, length, text | (v4) bytes of the rest, n pairs: numbers of name and value
//!   names and values = n | compressed, n texts: length, text
//! ```
//!
//! Numbers are varints unless said otherwise, times are signed and in nanoseconds, CRCs are Castagnoli's.

use aio_types::{LabelsBuilder, LogEntry, TimestampNs};

use crate::bytes::Bytes;
use crate::codec::Codec;
use crate::error::Fault;

const MAGIC: u32 = 0x012e_e56a;
/// The smallest line takes so many bytes of a block.
const LINE_BYTES_MIN: usize = 2;

/// `base` is where the chunk begins in its file.
pub(crate) fn entries(chunk: &[u8], base: usize) -> Result<Vec<LogEntry>, Fault> {
    let mut from = Bytes::new(chunk, base);
    let magic = from.be32("the chunk's magic number")?;
    if magic != MAGIC {
        return Err(Fault::new(base, format!("{magic:#x} is not the magic number of chunks")));
    }
    let version = from.byte("the chunk's version")?;
    let codec = match version {
        1 => Codec::Gzip,
        2..=4 => {
            let number = from.byte("the chunk's codec")?;
            Codec::of(number).ok_or_else(|| from.fault(format!("{number} is no codec that is known here")))?
        }
        _ => return Err(from.fault(format!("chunks of version {version} are not known here, only 1 to 4"))),
    };
    let sections = Sections::find(chunk, base, version)?;
    let symbols = match sections.symbols {
        Some(section) => symbols(checked(chunk, base, section, "structured metadata")?, codec)?,
        None => Vec::new(),
    };
    let mut table = checked(chunk, base, sections.table, "the table of blocks")?;
    let mut out = Vec::new();
    // Where the next block is, whatever the table says.
    let mut expected = sections.symbols.map_or(from.offset() - base, |(offset, len)| offset + len + 4);
    for _ in 0..table.uint("the number of blocks")? {
        let block = Block::read(&mut table, version)?;
        let packed = block.find(chunk, base, expected)?;
        expected = packed.offset() - base + block.len + 4;
        let unpacked = codec.unpack(packed.rest(), packed.offset())?;
        block.entries(&unpacked, version, &symbols, &mut out)?;
    }
    Ok(out)
}

/// Offset and length.
type Section = (usize, usize);

#[derive(Debug)]
struct Sections {
    symbols: Option<Section>,
    table: Section,
}

impl Sections {
    fn find(chunk: &[u8], base: usize, version: u8) -> Result<Self, Fault> {
        let tail = if version >= 4 { 32 } else { 8 };
        let start = chunk.len().checked_sub(tail).ok_or_else(|| Fault::new(base, "the chunk has no end"))?;
        let mut from = Bytes::new(&chunk[start..], base + start);
        if version < 4 {
            let offset = from.be64("the offset of the table")?;
            let len = start.checked_sub(offset).and_then(|len| len.checked_sub(4));
            let len = len.ok_or_else(|| from.fault("the table of blocks is not in the chunk"))?;
            return Ok(Self { symbols: None, table: (offset, len) });
        }
        let mut section = |what| Ok((from.be64(what)?, from.be64(what)?)).map(|(len, offset)| (offset, len));
        let (symbols, table) = (section("structured metadata")?, section("the table of blocks")?);
        Ok(Self { symbols: Some(symbols), table })
    }
}

/// A part of the chunk whose CRC is behind it.
fn checked<'a>(chunk: &'a [u8], base: usize, (offset, len): Section, what: &str) -> Result<Bytes<'a>, Fault> {
    let part = offset.checked_add(len).and_then(|end| Some((chunk.get(offset..end)?, chunk.get(end..)?)));
    let (part, rest) = part.ok_or_else(|| {
        Fault::new(base, format!("{what} is at {offset} and has {len} bytes, but the chunk has only {}", chunk.len()))
    })?;
    let crc = Bytes::new(rest, base + offset + len).be32("a checksum")?;
    // A fuzzer would never get past it.
    if crc32c::crc32c(part) != crc && !cfg!(fuzzing) {
        return Err(Fault::new(base + offset, format!("{what} does not have its checksum")));
    }
    Ok(Bytes::new(part, base + offset))
}

fn symbols(mut from: Bytes<'_>, codec: Codec) -> Result<Vec<Box<str>>, Fault> {
    let count = from.uint("the number of names and values")?;
    let unpacked = codec.unpack(from.rest(), from.offset())?;
    let mut texts = Bytes::new(&unpacked, 0);
    let mut out = Vec::with_capacity(count.min(unpacked.len()));
    for _ in 0..count {
        let len = texts.uint("the length of a name or value")?;
        out.push(String::from_utf8_lossy(texts.take(len, "a name or value")?).into());
    }
    Ok(out)
}

/// As the table tells it.
#[derive(Debug)]
struct Block {
    lines: usize,
    offset: usize,
    len: usize,
}

impl Block {
    fn read(table: &mut Bytes<'_>, version: u8) -> Result<Self, Fault> {
        let lines = table.uint("the number of lines")?;
        let (_first, _last) = (table.int("a time")?, table.int("a time")?);
        let offset = table.uint("the offset of a block")?;
        if version >= 3 {
            table.uint("the bytes of a decompressed block")?;
        }
        Ok(Self { lines, offset, len: table.uint("the bytes of a block")? })
    }

    /// Some tables tell wrong offsets; then the block is behind the one before it.
    fn find<'a>(&self, chunk: &'a [u8], base: usize, expected: usize) -> Result<Bytes<'a>, Fault> {
        checked(chunk, base, (self.offset, self.len), "a block").or_else(|fault| {
            if self.offset == expected { Err(fault) } else { checked(chunk, base, (expected, self.len), "a block") }
        })
    }

    fn entries(
        &self,
        unpacked: &[u8],
        version: u8,
        symbols: &[Box<str>],
        out: &mut Vec<LogEntry>,
    ) -> Result<(), Fault> {
        let mut from = Bytes::new(unpacked, 0);
        out.reserve(self.lines.min(unpacked.len() / LINE_BYTES_MIN));
        let mut count = 0;
        while !from.is_empty() {
            let ts = TimestampNs(from.int("the time of a line")?);
            let len = from.uint("the length of a line")?;
            let line = String::from_utf8_lossy(from.take(len, "a line")?).into();
            let mut metadata = LabelsBuilder::default();
            if version >= 4 {
                from.uint("the bytes of a line's structured metadata")?;
                for _ in 0..from.uint("the number of a line's pairs")? {
                    let (name, value) = (from.uint("the number of a name")?, from.uint("the number of a value")?);
                    let found = symbols.get(name).zip(symbols.get(value));
                    let (name, value) = found.ok_or_else(|| from.fault("a name or value that is not in the chunk"))?;
                    metadata.push(name.clone(), value.clone());
                }
            }
            out.push(LogEntry { ts, line, metadata: metadata.build() });
            count += 1;
        }
        if count == self.lines {
            return Ok(());
        }
        Err(Fault::new(self.offset, format!("a block has {count} lines, but the table tells of {}", self.lines)))
    }
}

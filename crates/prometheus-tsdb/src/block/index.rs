//! The index of a block, of which only strings and series matter here: all series are wanted, in their order.
//!
//! ```text
//!   magic BAAAD700 | version u8
//!   symbols (`symbols`)
//!   series    from the second version on each at a multiple of 16, by which tombstones name it:
//!             length uvarint | labels: count, each name and value | chunks | CRC-32C
//!     chunks  count | first: start varint, end - start, reference
//!                     others: start - end before, end - start, reference - reference before varint
//!   postings, and tables of them: not read
//!   contents  six offsets u64: symbols, series, label indexes, their table, postings, their table | CRC-32C
//! ```
//!
//! Numbers are varints without sign where nothing else is said.

use std::path::PathBuf;

use aio_types::Labels;

use super::symbols::Symbols;
use crate::bytes::Bytes;
use crate::crc32c::crc32c;
use crate::error::Error;
use crate::window::Window;

const MAGIC: u32 = 0xBAAA_D700;
const HEADER_BYTES: u64 = 5;
const CONTENTS_BYTES: u64 = 6 * 8 + 4;
const CRC_BYTES: u64 = 4;
const ALIGNMENT: u64 = 16;
/// No series takes more: labels and where its chunks lie.
const SERIES_BYTES_MAX: u64 = 64 << 20;
const VARINT_BYTES_MAX: u64 = 10;

/// An index that is read from its first series to its last one.
#[derive(Debug)]
pub(super) struct Index {
    window: Window,
    version: u8,
    symbols: Symbols,
    position: u64,
    /// Where series end.
    end: u64,
}

/// One series.
#[derive(Debug)]
pub(super) struct Entry {
    /// The name that tombstones give it.
    pub(super) reference: u64,
    pub(super) labels: Labels,
    /// Where its chunks lie.
    pub(super) chunks: Vec<u64>,
}

impl Index {
    pub(super) fn open(path: PathBuf) -> Result<Self, Error> {
        let mut window = Window::open(path)?;
        let version = version(&mut window)?;
        let contents = contents(&mut window)?;
        let [symbols, series, rest @ ..] = contents;
        let symbols = read_symbols(&mut window, symbols, version > 1)?;
        let last = window.len() - CONTENTS_BYTES;
        let end = rest.into_iter().filter(|offset| *offset >= series).fold(last, u64::min);
        // An index without series has no place for them.
        let (position, end) = if series == 0 { (0, 0) } else { (series, end) };
        Ok(Self { window, version, symbols, position, end })
    }

    /// The next series; `None` after the last one.
    pub(super) fn next_entry(&mut self) -> Result<Option<Entry>, Error> {
        let Some(at) = self.next_offset()? else { return Ok(None) };
        let mut head = Bytes(self.window.at_most(at, VARINT_BYTES_MAX)?);
        let available = head.0.len();
        let len = head.uvarint().filter(|len| *len <= SERIES_BYTES_MAX);
        let begin = at + (available - head.0.len()) as u64;
        let len = len.ok_or_else(|| self.window.corrupt(at, "malformed length of a series"))?;
        let bytes = self.window.exactly(begin, len + CRC_BYTES)?;
        let entry = checked(bytes).map(|body| decode(body, &self.symbols));
        let entry = entry.ok_or_else(|| self.window.corrupt(at, "checksum mismatch of a series"))?;
        let (labels, chunks) = entry.ok_or_else(|| self.window.corrupt(at, "malformed series"))?;
        self.position = begin + len + CRC_BYTES;
        let reference = if self.version == 1 { at } else { at / ALIGNMENT };
        Ok(Some(Entry { reference, labels, chunks }))
    }

    /// Where the next series begins.
    fn next_offset(&mut self) -> Result<Option<u64>, Error> {
        if self.version > 1 {
            let at = self.position.next_multiple_of(ALIGNMENT);
            return Ok((at < self.end).then_some(at));
        }
        // Zeros are padding: a series is never empty.
        while self.position < self.end && self.window.exactly(self.position, 1)? == [0] {
            self.position += 1;
        }
        Ok((self.position < self.end).then_some(self.position))
    }
}

fn version(window: &mut Window) -> Result<u8, Error> {
    let mut header = Bytes(window.exactly(0, HEADER_BYTES)?);
    let (magic, version) = (header.be32(), header.byte().unwrap_or(0));
    if magic != Some(MAGIC) {
        return Err(window.corrupt(0, "bad magic"));
    }
    if !(1..=3).contains(&version) {
        let path = window.path().to_owned();
        return Err(Error::Version { path, what: "indexes", found: version.into(), known: "1 to 3" });
    }
    Ok(version)
}

fn contents(window: &mut Window) -> Result<[u64; 6], Error> {
    let at = window.len().checked_sub(CONTENTS_BYTES).filter(|at| *at >= HEADER_BYTES);
    let at = at.ok_or_else(|| window.corrupt(0, "the file is too short"))?;
    let bytes = window.exactly(at, CONTENTS_BYTES)?;
    let body = checked(bytes);
    let offsets = body.and_then(|body| {
        let mut from = Bytes(body);
        let mut offsets = [0; 6];
        offsets.iter_mut().try_for_each(|offset| from.be64().map(|read| *offset = read))?;
        offsets.iter().all(|offset| *offset <= at).then_some(offsets)
    });
    offsets.ok_or_else(|| window.corrupt(at, "malformed table of contents"))
}

fn read_symbols(window: &mut Window, at: u64, by_number: bool) -> Result<Symbols, Error> {
    if at == 0 {
        return Symbols::decode(vec![0; 4], 0, true).ok_or_else(|| window.corrupt(at, "malformed symbols"));
    }
    let len = Bytes(window.exactly(at, 4)?).be32().map_or(0, u64::from);
    let body = checked(window.exactly(at + 4, len + CRC_BYTES)?).map(<[u8]>::to_vec);
    let body = body.ok_or_else(|| window.corrupt(at, "checksum mismatch of symbols"))?;
    Symbols::decode(body, at + 4, by_number).ok_or_else(|| window.corrupt(at, "malformed symbols"))
}

/// Bytes without the checksum behind them, if that is right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    (crc32c(body) == u32::from_be_bytes(*crc)).then_some(body)
}

/// Labels and where chunks lie.
fn decode(body: &[u8], symbols: &Symbols) -> Option<(Labels, Vec<u64>)> {
    let mut from = Bytes(body);
    let count = from.count(2)?;
    let text = |from: &mut Bytes<'_>| symbols.get(from.uvarint()?);
    let pairs = (0..count).map(|_| Some((text(&mut from)?, text(&mut from)?))).collect::<Option<Vec<_>>>()?;
    Some((Labels::from_pairs(pairs), decode_chunks(&mut from)?))
}

/// References of chunks, which ascend: so no chunk is read more than once for a series.
fn decode_chunks(from: &mut Bytes<'_>) -> Option<Vec<u64>> {
    let count = from.count(3)?;
    let mut references: Vec<u64> = Vec::with_capacity(count);
    for position in 0..count {
        let _times = if position == 0 { from.varint()?.cast_unsigned() } else { from.uvarint()? };
        let _length = from.uvarint()?;
        let reference = match references.last() {
            None => from.uvarint()?,
            Some(before) => before.checked_add_signed(from.varint()?).filter(|reference| reference > before)?,
        };
        references.push(reference);
    }
    Some(references)
}

/// Hostile bytes below the checksums.
pub(super) fn decode_anything(bytes: &[u8]) {
    let (symbols, series) = bytes.split_at(bytes.len() / 2);
    for by_number in [true, false] {
        if let Some(symbols) = Symbols::decode(symbols.to_vec(), 0, by_number) {
            let _any_answer_will_do = decode(series, &symbols);
        }
    }
}

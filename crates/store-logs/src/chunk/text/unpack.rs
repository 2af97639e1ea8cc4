//! Bytes to lines.

use std::ops::Range;

use aio_kit::bytes::Reader;

use super::shape::{ID_BYTES_MAX, Shape};
use super::{PAGE, PAGES_MAX, PLACES, SPAN, column};
use crate::chunk::unzstd;

/// Guards against damage that a checksum missed: no text is longer, nor than its codes can stand for.
const TEXT_BYTES_MAX: usize = 256 << 20;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// The parts of a text, without their compression.
pub(crate) struct Sections<'a> {
    pub(crate) table: Vec<u8>,
    pub(crate) codes: Vec<u8>,
    pub(crate) digits: Vec<u8>,
    pub(crate) others: Vec<u8>,
    pub(crate) ids: &'a [u8],
}

impl<'a> Sections<'a> {
    /// `None` for damage.
    pub(crate) fn read(from: &mut Reader<'a>) -> Option<Self> {
        let mut next = || unzstd(from.blob()?);
        let (table, codes, digits, others) = (next()?, next()?, next()?, next()?);
        Some(Self { table, codes, digits, others, ids: from.blob()? })
    }

    /// The text of the first lines, which end at `ends`; `None` for damage.
    pub(crate) fn unpack(self, ends: &[usize]) -> Option<Vec<u8>> {
        let digits = self.digits.len();
        let mut gaps = self.digits;
        gaps.extend_from_slice(&self.others);
        let table = Table::read(&mut Reader(&self.table), digits, gaps.len())?;
        gaps.extend_from_slice(&[0; SPAN]);
        let len = *ends.last().unwrap_or(&0);
        if len > TEXT_BYTES_MAX.min(self.codes.len().saturating_mul(table.longest)) {
            return None;
        }
        let ids = Ids { bytes: self.ids, at: 0, seen: Vec::new() };
        let mut out = Unpacker { table, gaps, ids, codes: &self.codes, text: vec![0; len + 2 * SPAN], at: 0 };
        ends.iter().try_for_each(|end| out.line(*end))?;
        out.text.truncate(len);
        Some(out.text)
    }
}

struct Unpacker<'a> {
    table: Table,
    gaps: Vec<u8>,
    ids: Ids<'a>,
    /// Those that are left.
    codes: &'a [u8],
    text: Vec<u8>,
    /// So much of it is there.
    at: usize,
}

impl Unpacker<'_> {
    /// Most symbols are written without a branch on what they are: a gap of no bytes, then a text that may be empty.
    fn line(&mut self, end: usize) -> Option<()> {
        let (mut at, mut word, mut gaps) = (self.at, 0, 0);
        while at < end {
            let byte = self.next()?;
            let number = match self.table.bytes[usize::from(byte)] {
                LITERAL => {
                    *self.text.get_mut(at)? = byte;
                    at += 1;
                    continue;
                }
                first if first < self.table.singles => usize::from(first),
                first => usize::from(first) + usize::from(self.next()?),
            };
            let symbol = *self.table.symbols.get(number)?;
            let place = column(word, gaps);
            if symbol.is_short {
                let gap = self.table.columns.get_mut(place)?.take(symbol.gap)?;
                put_span(&mut self.text, at, &self.gaps, gap.start)?;
                at += gap.len();
                put_span(&mut self.text, at, &self.table.texts, symbol.start as usize)?;
                at += usize::from(symbol.short);
            } else {
                at = self.long(number, place, at)?;
            }
            gaps = if symbol.is_word { 0 } else { gaps + usize::from(symbol.gap > 0) };
            word = if symbol.is_word { number + 1 } else { word };
        }
        self.at = at;
        (at == end).then_some(())
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.codes.split_first()?;
        self.codes = rest;
        Some(*first)
    }

    /// A symbol of any length and shape; where the text goes on.
    #[inline(never)]
    fn long(&mut self, number: usize, column: usize, at: usize) -> Option<usize> {
        let Long { shape, start, len } = *self.table.long.get(number)?;
        let at = match shape {
            Shape::Text | Shape::Word => at,
            Shape::Gap(len) => {
                let gap = self.table.columns.get_mut(column)?.take(len)?;
                put(&mut self.text, at, self.gaps.get(gap)?)?
            }
            Shape::Id(len) => {
                let start = self.ids.at;
                self.ids.at += usize::from(len);
                self.ids.seen.push(start..self.ids.at);
                put_hex(&mut self.text, at, self.ids.bytes.get(start..self.ids.at)?)?
            }
            Shape::Again => {
                let mut from = Reader(self.codes);
                let ago = usize::try_from(from.uint()?).ok()?;
                self.codes = from.0;
                let seen = &self.ids.seen;
                let id = seen.get(seen.len().checked_sub(ago)?.checked_sub(1)?)?;
                put_hex(&mut self.text, at, self.ids.bytes.get(id.clone())?)?
            }
        };
        put(&mut self.text, at, self.table.texts.get(start..start + len)?)
    }
}

/// Where it ends.
fn put_hex(to: &mut [u8], at: usize, id: &[u8]) -> Option<usize> {
    let end = at + id.len() * 2;
    for (digits, byte) in to.get_mut(at..end)?.as_chunks_mut::<2>().0.iter_mut().zip(id) {
        *digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
    }
    Some(end)
}

/// Where it ends.
fn put(to: &mut [u8], at: usize, from: &[u8]) -> Option<usize> {
    let end = at + from.len();
    to.get_mut(at..end)?.copy_from_slice(from);
    Some(end)
}

/// [`SPAN`] bytes, of which those that are too many are written over by what comes next.
#[inline]
fn put_span(to: &mut [u8], at: usize, from: &[u8], start: usize) -> Option<()> {
    *to.get_mut(at..)?.first_chunk_mut::<SPAN>()? = *from.get(start..)?.first_chunk::<SPAN>()?;
    Some(())
}

/// Ids, and where those are that have been.
struct Ids<'a> {
    bytes: &'a [u8],
    at: usize,
    seen: Vec<Range<usize>>,
}

/// A byte that stands for itself.
const LITERAL: u16 = u16::MAX;

/// What is asked of every symbol.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    /// Where its text starts.
    start: u32,
    /// Bytes of its text, where it is short.
    short: u8,
    /// Bytes of a gap.
    gap: u8,
    is_word: bool,
    /// Neither its gap nor its text takes more than [`SPAN`] bytes, and it is no id.
    is_short: bool,
}

/// The same of any symbol.
#[derive(Debug, Clone, Copy)]
struct Long {
    shape: Shape,
    start: usize,
    len: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Column {
    at: u32,
    end: u32,
}

impl Column {
    /// Where the next gap of so many bytes is.
    fn take(&mut self, len: u8) -> Option<Range<usize>> {
        let start = self.at;
        self.at += u32::from(len);
        (self.at <= self.end).then_some(start as usize..self.at as usize)
    }
}

struct Table {
    /// The symbol of a byte, or the first of a page, from `singles` on.
    bytes: [u16; 256],
    singles: u16,
    symbols: Vec<Symbol>,
    long: Vec<Long>,
    texts: Vec<u8>,
    columns: Vec<Column>,
    /// Most bytes that a symbol stands for.
    longest: usize,
}

impl Table {
    /// Columns of digits are in the first `digits` bytes of gaps, others up to `gaps`.
    fn read(from: &mut Reader<'_>, digits: usize, gaps: usize) -> Option<Self> {
        let literals: [u8; 32] = from.take(32)?.try_into().ok()?;
        let (pages, len) = (usize::from(from.byte()?), from.count()?);
        let (bytes, singles) = bytes(literals, pages)?;
        if len > usize::from(singles) + pages * PAGE {
            return None;
        }
        let (symbols, long) = (Vec::with_capacity(len), Vec::with_capacity(len));
        let mut table = Self { bytes, singles, symbols, long, texts: Vec::new(), columns: Vec::new(), longest: 1 };
        for _ in 0..len {
            table.symbol(from)?;
        }
        table.texts.extend_from_slice(&[0; SPAN]);
        table.columns = vec![Column::default(); column(len + 1, 0)];
        let (mut in_digits, mut in_others) = (0..digits, digits..gaps);
        for _ in 0..from.count()? {
            let (word, place) = (usize::try_from(from.uint()?).ok()?, usize::from(from.byte()?));
            let len = from.uint()?;
            let section = if len & 1 == 1 { &mut in_digits } else { &mut in_others };
            let start = section.start;
            section.start = start.checked_add(usize::try_from(len / 2).ok()?)?;
            if word > table.symbols.len() || place >= PLACES || section.start > section.end {
                return None;
            }
            let place = table.columns.get_mut(column(word, place))?;
            *place = Column { at: u32::try_from(start).ok()?, end: u32::try_from(section.start).ok()? };
        }
        Some(table)
    }

    fn symbol(&mut self, from: &mut Reader<'_>) -> Option<()> {
        let shape = Shape::from_byte(from.byte()?)?;
        let text = from.blob()?;
        let start = self.texts.len();
        let token = match shape {
            Shape::Text | Shape::Word => 0,
            Shape::Gap(len) => usize::from(len),
            Shape::Id(bytes) => usize::from(bytes) * 2,
            Shape::Again => ID_BYTES_MAX * 2,
        };
        let gap = if let Shape::Gap(len) = shape { len } else { 0 };
        let has_no_id = shape.is_text() || gap > 0;
        self.longest = self.longest.max(token + text.len());
        self.long.push(Long { shape, start, len: text.len() });
        self.symbols.push(Symbol {
            start: u32::try_from(start).ok()?,
            short: u8::try_from(text.len()).unwrap_or(0),
            gap,
            is_word: shape == Shape::Word,
            is_short: has_no_id && token <= SPAN && text.len() <= SPAN,
        });
        self.texts.extend_from_slice(text);
        Some(())
    }
}

/// What each byte stands for, and how many symbols have a byte of their own.
fn bytes(literals: [u8; 32], pages: usize) -> Option<([u16; 256], u16)> {
    let mut bytes = [LITERAL; 256];
    let is_free = |b: &usize| literals[b / 8] >> (b % 8) & 1 == 0;
    let free: Vec<usize> = (0..256).filter(is_free).collect();
    let singles = free.len().checked_sub(pages).filter(|_| pages <= PAGES_MAX)?;
    for (n, byte) in free.iter().enumerate() {
        let page = n.saturating_sub(singles);
        bytes[*byte] = u16::try_from(n.min(singles) + page * PAGE).ok()?;
    }
    Some((bytes, u16::try_from(singles).ok()?))
}

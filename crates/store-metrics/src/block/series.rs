//! What a block says of a series, in pages of many.
//!
//! ```text
//!   page   = its series, one after the other, each relative to the one before
//!   series = how many of its first labels are those of the series before | n others: number of name, number of value
//!            | 4 * n chunks + 2 if they are like those of the series before + 1 if there are exemplars
//!            | part, first and last time of the exemplars | its chunks
//!   chunk  = like the one before at its place: the bytes of its data, which lie behind those of the last chunk
//!   others   2 * samples + 1 if they are histograms | first time after the last chunk's first | length beyond the last
//!            chunk's | offset of the times after the last chunk's; where that is not 0, their bytes
//!            | offset of the data after the last chunk's end | its bytes
//! ```
//!
//! Chunks are alike if they have their times, number and kind in common, as those of one target have.

use aio_kit::bytes::{Reader, Writer};
use aio_types::{Labels, TimeRange, TimestampMs};

use super::Part;
use super::footer::{decode_part, encode_part};
use crate::chunk::{Kind, SAMPLES_MAX};

/// Series per page.
pub(super) const PAGE_SERIES: usize = 64;

/// Where a chunk lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ChunkRef {
    pub(super) kind: Kind,
    pub(super) count: u32,
    pub(super) range: TimeRange,
    pub(super) times: Part,
    pub(super) data: Part,
}

/// One series of a block.
#[derive(Debug)]
pub(crate) struct BlockSeries {
    pub(crate) labels: Labels,
    pub(super) exemplars: Option<(Part, TimeRange)>,
    /// Of each kind ascending and disjoint.
    pub(super) chunks: Box<[ChunkRef]>,
}

impl BlockSeries {
    /// When its newest sample was observed.
    pub(crate) fn newest(&self) -> Option<TimestampMs> {
        self.chunks.iter().map(|c| c.range.end).max()
    }

    /// Whether it may have samples in `range`.
    pub(crate) fn touches(&self, range: TimeRange) -> bool {
        self.chunks.iter().any(|c| c.range.overlaps(&range))
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.labels.memory() + self.chunks.len() * size_of::<ChunkRef>()
    }
}

/// What a series is written relative to.
#[derive(Debug)]
pub(super) struct Before {
    labels: Vec<(u32, u32)>,
    /// Of the series before.
    chunks: Vec<ChunkRef>,
    /// The last one of any series.
    chunk: ChunkRef,
}

impl Default for Before {
    fn default() -> Self {
        let nowhere = Part { offset: 0, bytes: 0 };
        let range = TimeRange { start: TimestampMs(0), end: TimestampMs(0) };
        let chunk = ChunkRef { kind: Kind::Floats, count: 0, range, times: nowhere, data: nowhere };
        Self { labels: Vec::new(), chunks: Vec::new(), chunk }
    }
}

impl Before {
    /// Whether chunks are like those of the series before, and lie behind them.
    fn is_like(&self, chunks: &[ChunkRef]) -> bool {
        let ends = std::iter::once(&self.chunk).chain(chunks).map(|chunk| end(chunk.data));
        let are_alike =
            |(a, b): (&ChunkRef, &ChunkRef)| (a.kind, a.count, a.range, a.times) == (b.kind, b.count, b.range, b.times);
        !chunks.is_empty()
            && chunks.len() == self.chunks.len()
            && chunks.iter().zip(ends).all(|(chunk, end)| chunk.data.offset == end)
            && chunks.iter().zip(&self.chunks).all(are_alike)
    }

    /// Notes a series' chunks.
    fn set(&mut self, chunks: &[ChunkRef]) {
        self.chunk = chunks.last().copied().unwrap_or(self.chunk);
        self.chunks.clear();
        self.chunks.extend_from_slice(chunks);
    }
}

/// Appends a series, with its labels as numbers.
pub(super) fn encode(
    out: &mut Writer,
    before: &mut Before,
    labels: Vec<(u32, u32)>,
    exemplars: Option<(Part, TimeRange)>,
    chunks: &[ChunkRef],
) {
    let shared = labels.iter().zip(&before.labels).take_while(|(a, b)| a == b).count();
    out.uint(shared as u64);
    out.uint((labels.len() - shared) as u64);
    for (name, value) in &labels[shared..] {
        out.uint((*name).into());
        out.uint((*value).into());
    }
    before.labels = labels;
    let is_like = before.is_like(chunks);
    out.uint(chunks.len() as u64 * 4 + if is_like { 2 } else { 0 } + u64::from(exemplars.is_some()));
    if let Some((part, range)) = exemplars {
        encode_part(out, part);
        out.int(range.start.0);
        out.int(range.end.0);
    }
    let mut last = before.chunk;
    for chunk in chunks {
        if is_like {
            out.uint(chunk.data.bytes);
        } else {
            encode_chunk(out, &last, chunk);
        }
        last = *chunk;
    }
    before.set(chunks);
}

fn encode_chunk(out: &mut Writer, before: &ChunkRef, chunk: &ChunkRef) {
    out.uint(u64::from(chunk.count) * 2 + u64::from(chunk.kind == Kind::Histograms));
    out.int(chunk.range.start.0.wrapping_sub(before.range.start.0));
    out.int(length(chunk.range).wrapping_sub(length(before.range)));
    let times = distance(chunk.times.offset, before.times.offset);
    out.int(times);
    if times != 0 {
        out.uint(chunk.times.bytes);
    }
    out.int(distance(chunk.data.offset, end(before.data)));
    out.uint(chunk.data.bytes);
}

fn decode_chunk(from: &mut Reader<'_>, before: &ChunkRef, limit: u64) -> Option<ChunkRef> {
    let head = from.uint()?;
    let kind = if head & 1 == 0 { Kind::Floats } else { Kind::Histograms };
    let count = u32::try_from(head / 2).ok().filter(|&c| c as usize <= SAMPLES_MAX)?;
    let start = before.range.start.0.wrapping_add(from.int()?);
    let last = start.wrapping_add(length(before.range).wrapping_add(from.int()?));
    let range = TimeRange { start: TimestampMs(start), end: TimestampMs(last) };
    let times = from.int()?;
    let bytes = if times == 0 { before.times.bytes } else { from.uint()? };
    let times = Part { offset: before.times.offset.checked_add_signed(times)?, bytes };
    let data = Part { offset: end(before.data).checked_add_signed(from.int()?)?, bytes: from.uint()? };
    let is_sound = [times, data].iter().all(|part| part.offset.checked_add(part.bytes).is_some_and(|end| end <= limit));
    is_sound.then_some(ChunkRef { kind, count, range, times, data })
}

fn length(range: TimeRange) -> i64 {
    range.end.0.wrapping_sub(range.start.0)
}

fn end(part: Part) -> u64 {
    part.offset + part.bytes
}

fn distance(a: u64, b: u64) -> i64 {
    a.wrapping_sub(b).cast_signed()
}

/// One series of a page, its labels as numbers.
#[derive(Debug, PartialEq)]
pub(super) struct RawSeries {
    pub(super) labels: Vec<(u32, u32)>,
    pub(super) exemplars: Option<(Part, TimeRange)>,
    pub(super) chunks: Box<[ChunkRef]>,
}

/// Reads a page. `limit` is where parts end. `None` where the bytes are no page.
pub(super) fn decode(bytes: &[u8], limit: u64) -> Option<Vec<RawSeries>> {
    let (mut from, mut before, mut all) = (Reader(bytes), Before::default(), Vec::new());
    while !from.0.is_empty() {
        all.push(decode_series(&mut from, &mut before, limit)?);
    }
    Some(all)
}

fn decode_series(from: &mut Reader<'_>, before: &mut Before, limit: u64) -> Option<RawSeries> {
    let shared = usize::try_from(from.uint()?).ok()?;
    let mut labels = before.labels.get(..shared)?.to_vec();
    for _ in 0..from.count()? {
        labels.push((u32::try_from(from.uint()?).ok()?, u32::try_from(from.uint()?).ok()?));
    }
    let head = from.uint()?;
    let exemplars = match head & 1 {
        0 => None,
        _ => Some((
            decode_part(from, limit)?,
            TimeRange { start: TimestampMs(from.int()?), end: TimestampMs(from.int()?) },
        )),
    };
    let chunks = match head & 2 {
        0 => decode_chunks(from, head / 4, before.chunk, limit)?,
        _ if head / 4 == before.chunks.len() as u64 => decode_like(from, before, limit)?,
        _ => return None,
    };
    before.set(&chunks);
    before.labels.clone_from(&labels);
    Some(RawSeries { labels, exemplars, chunks: chunks.into() })
}

fn decode_chunks(from: &mut Reader<'_>, count: u64, mut last: ChunkRef, limit: u64) -> Option<Vec<ChunkRef>> {
    let mut chunks = Vec::new();
    for _ in 0..count {
        last = decode_chunk(from, &last, limit)?;
        chunks.push(last);
    }
    Some(chunks)
}

fn decode_like(from: &mut Reader<'_>, before: &Before, limit: u64) -> Option<Vec<ChunkRef>> {
    let mut offset = end(before.chunk.data);
    let mut next = |like: &ChunkRef| {
        let data = Part { offset, bytes: from.uint()? };
        offset = offset.checked_add(data.bytes).filter(|&end| end <= limit)?;
        Some(ChunkRef { data, ..*like })
    };
    before.chunks.iter().map(&mut next).collect()
}

//! The end of a block's file, which says where all else is.

use aio_kit::bytes::{Reader, Writer};
use aio_types::{TimeRange, TimestampMs};

use super::Part;

/// Begins the file and ends it.
pub(super) const MAGIC: &[u8; 8] = b"AIOMBLK3";
/// Seven numbers, a checksum, the magic.
pub(super) const FOOTER_BYTES: usize = 7 * 8 + 4 + 8;

/// What is known of a block without reading more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Footer {
    pub(super) top: Part,
    /// From the oldest to the newest sample or exemplar.
    pub(super) range: TimeRange,
    pub(super) series: u64,
    pub(super) chunks: u64,
    pub(super) samples: u64,
}

impl Footer {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FOOTER_BYTES);
        let times = [self.range.start.0, self.range.end.0].map(i64::cast_unsigned);
        let numbers = [self.top.offset, self.top.bytes, times[0], times[1], self.series, self.chunks, self.samples];
        numbers.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out.extend_from_slice(MAGIC);
        out
    }

    /// `None` where the bytes are no footer at this offset.
    pub(super) fn decode(bytes: &[u8; FOOTER_BYTES], at: u64) -> Option<Self> {
        let (body, magic) = bytes.split_last_chunk::<8>()?;
        let (numbers, crc) = body.split_last_chunk::<4>()?;
        if magic != MAGIC || crc32fast::hash(numbers) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut numbers = numbers.chunks_exact(8).map(|n| n.try_into().map_or(0, u64::from_le_bytes));
        let [offset, bytes, start, end, series, chunks, samples] = std::array::from_fn(|_| numbers.next().unwrap_or(0));
        let top = Part { offset, bytes };
        let range = TimeRange { start: TimestampMs(start.cast_signed()), end: TimestampMs(end.cast_signed()) };
        let is_sound = offset.checked_add(bytes) == Some(at) && u32::try_from(series).is_ok();
        is_sound.then_some(Self { top, range, series, chunks, samples })
    }
}

/// Where the sections of a block are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Top {
    /// Pages of series, each but the last full.
    pub(super) series: Vec<Part>,
    /// Pages of symbols, each but the last full.
    pub(super) symbols: Vec<Part>,
    /// Pages of the times of series, each but the last full.
    pub(super) spans: Vec<Part>,
    /// Sorted by name: where the values of a label are.
    pub(super) labels: Vec<(Box<str>, Part)>,
    pub(super) metadata: Option<Part>,
}

impl Top {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        for parts in [&self.series, &self.symbols, &self.spans] {
            out.uint(parts.len() as u64);
            let mut end = 0;
            for part in parts {
                out.uint(part.offset - end);
                out.uint(part.bytes);
                end = part.offset + part.bytes;
            }
        }
        out.uint(self.labels.len() as u64);
        for (name, part) in &self.labels {
            out.text(name);
            encode_part(&mut out, *part);
        }
        out.byte(u8::from(self.metadata.is_some()));
        if let Some(part) = self.metadata {
            encode_part(&mut out, part);
        }
        out.0
    }

    /// `limit` is where parts end.
    pub(super) fn decode(bytes: &[u8], limit: u64) -> Option<Self> {
        let mut from = Reader(bytes);
        let [series, symbols, spans] =
            [decode_parts(&mut from, limit)?, decode_parts(&mut from, limit)?, decode_parts(&mut from, limit)?];
        let label = |from: &mut Reader<'_>| Some((from.text()?.into(), decode_part(from, limit)?));
        let labels = (0..from.count()?).map(|_| label(&mut from)).collect::<Option<Vec<_>>>()?;
        let metadata = match from.byte()? {
            0 => None,
            1 => Some(decode_part(&mut from, limit)?),
            _ => return None,
        };
        let is_sorted = labels.is_sorted_by(|a: &(Box<str>, _), b| a.0 < b.0);
        (is_sorted && from.0.is_empty()).then_some(Self { series, symbols, spans, labels, metadata })
    }
}

fn decode_parts(from: &mut Reader<'_>, limit: u64) -> Option<Vec<Part>> {
    let mut end = 0_u64;
    let mut parts = Vec::new();
    for _ in 0..from.count()? {
        let (offset, bytes) = (end.checked_add(from.uint()?)?, from.uint()?);
        end = offset.checked_add(bytes).filter(|&end| end <= limit)?;
        parts.push(Part { offset, bytes });
    }
    Some(parts)
}

pub(super) fn encode_part(out: &mut Writer, part: Part) {
    out.uint(part.offset);
    out.uint(part.bytes);
}

pub(super) fn decode_part(from: &mut Reader<'_>, limit: u64) -> Option<Part> {
    let (offset, bytes) = (from.uint()?, from.uint()?);
    offset.checked_add(bytes).filter(|&end| end <= limit)?;
    Some(Part { offset, bytes })
}

//! Chunks read back, for tests: written from the format's description, not from the encoder.

use std::sync::Arc;

use aio_types::{
    BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramSample, ResetHint, Sample, Samples, TimestampMs,
};

use super::{Chunk, Encoding, varbit};
use crate::proto::unzigzag;
use crate::spans;

/// Bits of some bytes.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        self.at += 1;
        Some(byte >> (7 - (self.at - 1) % 8) & 1 == 1)
    }

    pub(super) fn take(&mut self, count: u32) -> Option<u64> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u64::from(self.bit()?)))
    }

    fn double(&mut self) -> Option<f64> {
        self.take(64).map(f64::from_bits)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.take(8)?;
            value |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn ones(&mut self, most: usize) -> Option<usize> {
        for ones in 0..most {
            if !self.bit()? {
                return Some(ones);
            }
        }
        Some(most)
    }

    /// A signed number of some bits, of which the highest half stands for negative ones.
    fn signed(&mut self, width: u32) -> Option<i64> {
        let value = self.take(width)?;
        let is_negative = width < 64 && value > 1 << (width - 1);
        Some(if is_negative { value.wrapping_sub(1 << width) } else { value }.cast_signed())
    }

    pub(super) fn int(&mut self) -> Option<i64> {
        match varbit::WIDTHS[self.ones(8)?] {
            0 => Some(0),
            width => self.signed(width),
        }
    }

    pub(super) fn uint(&mut self) -> Option<u64> {
        let class = self.ones(8)?;
        self.take(varbit::WIDTHS[class])
    }
}

struct XorReader {
    last: u64,
    leading: u32,
    trailing: u32,
}

impl XorReader {
    fn after(first: f64) -> Self {
        Self { last: first.to_bits(), leading: 0, trailing: 0 }
    }

    fn next(&mut self, bits: &mut BitReader<'_>) -> Option<f64> {
        if bits.bit()? {
            if bits.bit()? {
                self.leading = u32::try_from(bits.take(5)?).ok()?;
                let significant = u32::try_from(bits.take(6)?).ok()?;
                self.trailing = 64 - self.leading - if significant == 0 { 64 } else { significant };
            }
            self.last ^= bits.take(64 - self.leading - self.trailing)? << self.trailing;
        }
        Some(f64::from_bits(self.last))
    }
}

/// The samples of a chunk.
pub(crate) fn decode(chunk: &Chunk) -> Option<Samples> {
    let (count, body) = chunk.data.split_first_chunk()?;
    let count = usize::from(u16::from_be_bytes(*count));
    let mut samples = Samples::default();
    match chunk.encoding {
        Encoding::Xor => samples.floats = floats(count, &mut BitReader::new(body))?,
        encoding => samples.histograms = histograms(count, encoding, body)?,
    }
    Some(samples)
}

fn floats(count: usize, bits: &mut BitReader<'_>) -> Option<Vec<Sample>> {
    let (mut time, mut distance) = (unzigzag(bits.varint()?), 0);
    let first = bits.double()?;
    let mut values = XorReader::after(first);
    let mut out = vec![Sample { t: TimestampMs(time), v: first }];
    for position in 1..count {
        distance = match position {
            1 => bits.varint()?.cast_signed(),
            _ => match bits.ones(4)? {
                0 => distance,
                4 => distance.wrapping_add(bits.take(64)?.cast_signed()),
                ones => distance.wrapping_add(bits.signed([14, 17, 20][ones - 1])?),
            },
        };
        time = time.wrapping_add(distance);
        out.push(Sample { t: TimestampMs(time), v: values.next(bits)? });
    }
    Some(out)
}

fn layout(bits: &mut BitReader<'_>) -> Option<Histogram> {
    let zero_threshold = match bits.take(8)? {
        0 => 0.0,
        255 => bits.double()?,
        exponent => 0.5 * 2_f64.powi(i32::try_from(exponent).ok()? - 243),
    };
    let schema = i32::try_from(bits.int()?).ok()?;
    let mut spans = || {
        let one = |bits: &mut BitReader<'_>| {
            let length = u32::try_from(bits.uint()?).ok()?;
            Some(BucketSpan { length, offset: i32::try_from(bits.int()?).ok()? })
        };
        (0..bits.uint()?).map(|_| one(bits)).collect::<Option<Vec<_>>>()
    };
    let (positive_spans, negative_spans) = (spans()?, spans()?);
    let bound = |bits: &mut BitReader<'_>| match bits.uint()? {
        0 => bits.double(),
        thousandths => Some((thousandths - 1) as f64 / 1000.0),
    };
    let bounds = if schema == CUSTOM_BUCKETS_SCHEMA { bits.uint()? } else { 0 };
    let custom_bounds = (0..bounds).map(|_| bound(bits)).collect::<Option<Vec<_>>>()?.into();
    Some(Histogram { zero_threshold, schema, positive_spans, negative_spans, custom_bounds, ..Histogram::default() })
}

fn histograms(count: usize, encoding: Encoding, body: &[u8]) -> Option<Vec<HistogramSample>> {
    let (header, mut bits) = (body.first()? >> 6, BitReader::new(&body[1..]));
    let layout = layout(&mut bits)?;
    let mut reader = HistogramReader::begin(encoding, &layout);
    (0..count)
        .map(|position| {
            let (t, mut h) = reader.next(&mut bits, &layout)?;
            h.reset_hint = match (header, position) {
                (0b11, _) => ResetHint::Gauge,
                (0b10, 0) => ResetHint::Reset,
                (0b00, 0) => ResetHint::Unknown,
                _ => ResetHint::NotReset,
            };
            Some(HistogramSample { t: TimestampMs(t), start: TimestampMs(0), h: Arc::new(h) })
        })
        .collect()
}

/// Numbers of the sample before, each with its difference or its XOR state.
struct HistogramReader {
    is_integer: bool,
    is_first: bool,
    /// Time, counts and deltas.
    integers: Vec<(i64, i64)>,
    floats: Vec<XorReader>,
}

impl HistogramReader {
    fn begin(encoding: Encoding, layout: &Histogram) -> Self {
        let buckets = spans::len(&layout.positive_spans) + spans::len(&layout.negative_spans);
        let is_integer = encoding == Encoding::Histogram;
        let (integers, floats) = if is_integer { (3 + buckets, 1) } else { (1, 3 + buckets) };
        let floats = (0..floats).map(|_| XorReader::after(0.0)).collect();
        Self { is_integer, is_first: true, integers: vec![(0, 0); integers], floats }
    }

    fn integer(&mut self, bits: &mut BitReader<'_>, position: usize) -> Option<i64> {
        let (value, difference) = &mut self.integers[position];
        if self.is_first {
            let is_count = self.is_integer && (1..3).contains(&position);
            *value = if is_count { bits.uint()?.cast_signed() } else { bits.int()? };
        } else {
            *difference += bits.int()?;
            *value += *difference;
        }
        Some(*value)
    }

    fn float(&mut self, bits: &mut BitReader<'_>, position: usize) -> Option<f64> {
        if self.is_first {
            self.floats[position] = XorReader::after(bits.double()?);
        }
        let sequence = &mut self.floats[position];
        if self.is_first { Some(f64::from_bits(sequence.last)) } else { sequence.next(bits) }
    }

    fn next(&mut self, bits: &mut BitReader<'_>, layout: &Histogram) -> Option<(i64, Histogram)> {
        let t = self.integer(bits, 0)?;
        let mut h = layout.clone();
        if self.is_integer {
            h.count = self.integer(bits, 1)? as f64;
            h.zero_count = self.integer(bits, 2)? as f64;
            h.sum = self.float(bits, 0)?;
        } else {
            (h.count, h.zero_count, h.sum) = (self.float(bits, 0)?, self.float(bits, 1)?, self.float(bits, 2)?);
        }
        let positive = spans::len(&layout.positive_spans);
        h.positive_buckets = self.buckets(bits, 0, positive)?;
        h.negative_buckets = self.buckets(bits, positive, spans::len(&layout.negative_spans))?;
        self.is_first = false;
        Some((t, if h.is_stale() { Histogram::stale() } else { h }))
    }

    fn buckets(&mut self, bits: &mut BitReader<'_>, from: usize, count: usize) -> Option<Vec<f64>> {
        let mut absolute = 0;
        (from + 3..from + 3 + count)
            .map(|position| {
                if !self.is_integer {
                    return self.float(bits, position);
                }
                absolute += self.integer(bits, position)?;
                Some(absolute as f64)
            })
            .collect()
    }
}

//! Compressed runs of samples: timestamps as deltas of deltas, values XORed with their predecessor.
//!
//! Source: T. Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015, with the wider
//! timestamp classes (14, 17, 20, 64 bits) that millisecond times call for. Lossless, NaN payloads included.

use aio_types::{Sample, TimeRange, TimestampMs};

/// Samples per sealed chunk.
pub(crate) const SAMPLES_MAX: usize = 120;
/// By how much an open chunk's buffer grows.
const GROWTH_BYTES: usize = 48;

/// One immutable run of samples, ascending in time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chunk {
    pub(crate) range: TimeRange,
    pub(crate) count: usize,
    pub(crate) data: Vec<u8>,
}

impl Chunk {
    /// Encodes samples that ascend in time; `None` for no samples.
    pub(crate) fn encode(samples: &[Sample]) -> Option<Self> {
        let mut open = OpenChunk::default();
        samples.iter().for_each(|sample| open.push(*sample));
        open.seal()
    }

    /// Decodes all samples onto `out`; `None` where the bytes are no chunk of `count` samples.
    pub(crate) fn decode(&self, out: &mut Vec<Sample>) -> Option<()> {
        decode(&self.data, self.count, out)
    }
}

fn decode(data: &[u8], count: usize, out: &mut Vec<Sample>) -> Option<()> {
    let mut bits = BitReader { bytes: data, at: 0 };
    let mut state = State::default();
    // Every sample after the first takes at least two bits: a damaged count cannot reserve memory.
    out.reserve(count.min(data.len() * 4));
    for _ in 0..count {
        let t = read_time(&mut bits, &mut state)?;
        let v = read_value(&mut bits, &mut state)?;
        state.index += 1;
        out.push(Sample { t: TimestampMs(t), v: f64::from_bits(v) });
    }
    Some(())
}

/// A run that still grows: samples are encoded as they come, so that memory holds compressed bytes only.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenChunk {
    bits: BitWriter,
    state: State,
    start: TimestampMs,
}

impl OpenChunk {
    /// Adds a sample that is newer than all before it.
    pub(crate) fn push(&mut self, sample: Sample) {
        if self.state.index == 0 {
            self.start = sample.t;
        }
        write_time(&mut self.bits, &mut self.state, sample.t.0);
        write_value(&mut self.bits, &mut self.state, sample.v.to_bits());
        self.state.index += 1;
    }

    pub(crate) fn count(&self) -> usize {
        self.state.index
    }

    /// The newest sample.
    pub(crate) fn last(&self) -> Option<Sample> {
        (self.state.index > 0).then(|| Sample { t: TimestampMs(self.state.t), v: f64::from_bits(self.state.value) })
    }

    /// First to last time; `None` while empty.
    pub(crate) fn range(&self) -> Option<TimeRange> {
        Some(TimeRange { start: self.start, end: self.last()?.t })
    }

    /// Appends all samples to `out`.
    pub(crate) fn decode(&self, out: &mut Vec<Sample>) {
        // These bits were written by this process.
        let decoded = decode(&self.bits.bytes, self.state.index, out);
        debug_assert!(decoded.is_some(), "an open chunk decodes");
    }

    /// The finished run; `None` while empty.
    pub(crate) fn seal(self) -> Option<Chunk> {
        let range = self.range()?;
        let mut data = self.bits.bytes;
        data.shrink_to_fit();
        Some(Chunk { range, count: self.state.index, data })
    }
}

#[derive(Debug, Clone, Default)]
struct State {
    index: usize,
    t: i64,
    delta: i64,
    value: u64,
    leading: u32,
    significant: u32,
}

/// Width of the deltas of deltas of each prefix: `10`, `110`, `1110`.
const TIME_WIDTHS: [u32; 3] = [14, 17, 20];

fn write_time(bits: &mut BitWriter, state: &mut State, t: i64) {
    let delta = t.wrapping_sub(state.t);
    let change = delta.wrapping_sub(state.delta);
    (state.t, state.delta) = (t, if state.index == 0 { 0 } else { delta });
    if state.index == 0 {
        bits.write(t.cast_unsigned(), 64);
        return;
    }
    if change == 0 {
        bits.write(0, 1);
        return;
    }
    let zigzag = ((change << 1) ^ (change >> 63)).cast_unsigned();
    for (i, width) in (1_u32..).zip(TIME_WIDTHS) {
        if zigzag < 1 << width {
            bits.write((1 << (i + 1)) - 2, i + 1);
            bits.write(zigzag, width);
            return;
        }
    }
    bits.write(0b1111, 4);
    bits.write(zigzag, 64);
}

fn read_time(bits: &mut BitReader<'_>, state: &mut State) -> Option<i64> {
    if state.index == 0 {
        state.t = bits.read(64)?.cast_signed();
        return Some(state.t);
    }
    let mut prefix = 0;
    while prefix < 4 && bits.read(1)? == 1 {
        prefix += 1;
    }
    let zigzag = match prefix {
        0 => 0,
        1..=3 => bits.read(TIME_WIDTHS[prefix - 1])?,
        _ => bits.read(64)?,
    };
    let change = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
    state.delta = state.delta.wrapping_add(change);
    state.t = state.t.wrapping_add(state.delta);
    Some(state.t)
}

fn write_value(bits: &mut BitWriter, state: &mut State, value: u64) {
    let xor = value ^ state.value;
    state.value = value;
    if xor == 0 {
        bits.write(0, 1);
        return;
    }
    let leading = xor.leading_zeros().min(31);
    let significant = 64 - leading - xor.trailing_zeros();
    let window_trailing = 64 - state.leading - state.significant;
    if state.significant > 0 && leading >= state.leading && xor.trailing_zeros() >= window_trailing {
        bits.write(0b10, 2);
        bits.write(xor >> window_trailing, state.significant);
        return;
    }
    (state.leading, state.significant) = (leading, significant);
    bits.write(0b11, 2);
    bits.write(u64::from(leading), 5);
    bits.write(u64::from(significant - 1), 6);
    bits.write(xor >> xor.trailing_zeros(), significant);
}

fn read_value(bits: &mut BitReader<'_>, state: &mut State) -> Option<u64> {
    if bits.read(1)? == 0 {
        return Some(state.value);
    }
    if bits.read(1)? == 1 {
        state.leading = u32::try_from(bits.read(5)?).ok()?;
        state.significant = u32::try_from(bits.read(6)?).ok()? + 1;
    }
    let trailing = 64_u32.checked_sub(state.leading)?.checked_sub(state.significant)?;
    let significant = if state.significant == 0 { return None } else { state.significant };
    state.value ^= bits.read(significant)? << trailing;
    Some(state.value)
}

#[derive(Debug, Clone, Default)]
struct BitWriter {
    bytes: Vec<u8>,
    /// Free bits in the last byte.
    free: u32,
}

impl BitWriter {
    /// Writes the lowest `width` bits of `value`, highest first.
    fn write(&mut self, value: u64, width: u32) {
        let mut left = width;
        while left > 0 {
            if self.free == 0 {
                if self.bytes.len() == self.bytes.capacity() {
                    // Small steps: a hundred thousand open chunks must not each hold half a buffer of air.
                    self.bytes.reserve_exact(GROWTH_BYTES);
                }
                self.bytes.push(0);
                self.free = 8;
            }
            let take = left.min(self.free);
            let part = (value >> (left - take)) & ((1 << take) - 1);
            if let Some(last) = self.bytes.last_mut() {
                *last |= part.to_le_bytes()[0] << (self.free - take);
            }
            self.free -= take;
            left -= take;
        }
    }
}

struct BitReader<'a> {
    bytes: &'a [u8],
    /// Position in bits.
    at: usize,
}

impl BitReader<'_> {
    fn read(&mut self, width: u32) -> Option<u64> {
        let mut value = 0_u64;
        let mut left = width as usize;
        while left > 0 {
            let byte = *self.bytes.get(self.at / 8)?;
            let free = 8 - self.at % 8;
            let take = left.min(free);
            let part = (u64::from(byte) >> (free - take)) & ((1 << take) - 1);
            value = (value << take) | part;
            self.at += take;
            left -= take;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(samples: &[Sample]) {
        let chunk = Chunk::encode(samples).expect("not empty");
        let mut out = Vec::new();
        chunk.decode(&mut out).expect("decodes");
        assert_eq!(out, samples);
    }

    #[test]
    fn an_open_chunk_can_be_read_at_every_length() {
        let samples: Vec<_> =
            (0..50_i32).map(|i| Sample { t: TimestampMs(i64::from(i) * 15_000), v: f64::from(i) / 3.0 }).collect();
        let mut open = OpenChunk::default();
        assert!(open.range().is_none() && open.clone().seal().is_none());
        for (i, sample) in samples.iter().enumerate() {
            open.push(*sample);
            let mut out = Vec::new();
            open.decode(&mut out);
            assert_eq!((out.as_slice(), open.last()), (&samples[..=i], Some(*sample)));
        }
        assert_eq!(open.range(), Some(TimeRange::new(0, 49 * 15_000)));
        assert_eq!(open.seal(), Chunk::encode(&samples));
    }

    #[test]
    fn regular_counters_take_little() {
        let samples: Vec<_> = (0..120).map(|i| Sample { t: TimestampMs(i * 15_000), v: 7.0 }).collect();
        round_trip(&samples);
        assert!(Chunk::encode(&samples).expect("not empty").data.len() < 60);
    }

    proptest! {
        #[test]
        fn any_samples_come_back_bit_by_bit(
            raw in prop::collection::vec((any::<i64>(), any::<u64>()), 1..130),
            narrow in prop::collection::vec((0_i64..3_000_000, 0_u64..5), 1..130),
        ) {
            for pairs in [raw, narrow] {
                let mut samples: Vec<_> =
                    pairs.into_iter().map(|(t, v)| Sample { t: TimestampMs(t), v: f64::from_bits(v) }).collect();
                samples.sort_by_key(|s| s.t);
                round_trip(&samples);
            }
        }

        #[test]
        fn any_bytes_decode_without_panic(data in prop::collection::vec(any::<u8>(), 0..64), count in 0_usize..200) {
            let chunk = Chunk { range: TimeRange::ALL, count, data };
            let _may_fail = chunk.decode(&mut Vec::new());
        }
    }
}

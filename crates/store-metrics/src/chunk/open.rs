//! A run of floats that still grows: timestamps as deltas of deltas, values as `growing` has them, so that memory holds
//! compressed bytes only.
//!
//! Source of the times: as of `xor`, with the wider classes (14, 17, 20, 64 bits) that millisecond times call for.

use aio_types::{Sample, Samples, TimeRange, TimestampMs};

use super::bits::{BitReader, BitWriter, Words};
use super::blocks::Blocks;
use super::growing::Growing;
use super::{Chunk, Effort, with_scratch};

/// A growing run.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenChunk {
    bits: BitWriter<Blocks>,
    clock: Clock,
    values: Growing,
    count: u32,
    first: TimestampMs,
    /// From which position on samples count since when; a position before the first of them counts since nobody knows.
    #[expect(clippy::box_collection, reason = "nearly every series has none, and there are many series")]
    starts: Option<Box<Vec<(u32, TimestampMs)>>>,
}

impl OpenChunk {
    /// Adds a sample that is newer than all before it, and since when it counts.
    pub(crate) fn push(&mut self, sample: Sample, start: TimestampMs) {
        if self.count == 0 {
            self.first = sample.t;
            self.clock = Clock { t: sample.t.0, delta: 0 };
        } else {
            self.clock.write(&mut self.bits, sample.t.0);
        }
        self.values.write(&mut self.bits, sample.v);
        if start != self.last_start() {
            self.starts.get_or_insert_default().push((self.count, start));
        }
        self.count += 1;
    }

    /// Since when the newest sample counts.
    pub(crate) fn last_start(&self) -> TimestampMs {
        self.starts.as_ref().and_then(|starts| starts.last()).map_or(TimestampMs(0), |(_, start)| *start)
    }

    pub(crate) fn count(&self) -> usize {
        self.count as usize
    }

    /// How many bytes hold it.
    pub(crate) fn bytes(&self) -> usize {
        self.bits.len()
    }

    /// The newest sample.
    pub(crate) fn last(&self) -> Option<Sample> {
        (self.count > 0).then(|| Sample { t: TimestampMs(self.clock.t), v: self.values.last() })
    }

    /// First to last time; `None` while empty.
    pub(crate) fn range(&self) -> Option<TimeRange> {
        Some(TimeRange { start: self.first, end: self.last()?.t })
    }

    /// Appends the samples in `range` to `out`.
    pub(crate) fn decode(&self, range: TimeRange, out: &mut Samples) {
        with_scratch(|scratch| {
            scratch.bytes.clear();
            self.bits.append_to(&mut scratch.bytes);
            // These bits were written by this process.
            let decoded = self.decode_bits(BitReader::new(&scratch.bytes), range, out);
            debug_assert!(decoded.is_some(), "a chunk in memory decodes");
        });
    }

    fn decode_bits(&self, mut bits: BitReader<'_>, range: TimeRange, out: &mut Samples) -> Option<()> {
        let (mut clock, mut values) = (Clock { t: self.first.0, delta: 0 }, Growing::default());
        let mut starts = self.starts.iter().flat_map(|starts| starts.iter()).peekable();
        let mut start = TimestampMs(0);
        for position in 0..self.count {
            let t = if position == 0 { clock.t } else { clock.read(&mut bits)? };
            let v = values.read(&mut bits)?;
            if let Some((_, since)) = starts.next_if(|(from, _)| *from == position) {
                start = *since;
            }
            if t > range.end.0 {
                break;
            }
            if t >= range.start.0 {
                out.push_float(Sample { t: TimestampMs(t), v }, start);
            }
        }
        Some(())
    }

    /// The finished run; `None` while empty.
    pub(crate) fn seal(&self) -> Option<Chunk> {
        let mut samples = Samples::default();
        self.decode(TimeRange::ALL, &mut samples);
        Chunk::floats(&samples.floats, &samples.starts, Effort::Quick)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Clock {
    t: i64,
    delta: i64,
}

/// Width of the deltas of deltas of each prefix: `10`, `110`, `1110`.
const TIME_WIDTHS: [u32; 3] = [14, 17, 20];

impl Clock {
    fn write(&mut self, bits: &mut BitWriter<impl Words>, t: i64) {
        let delta = t.wrapping_sub(self.t);
        let change = delta.wrapping_sub(self.delta);
        *self = Self { t, delta };
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

    fn read(&mut self, bits: &mut BitReader<'_>) -> Option<i64> {
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
        self.delta = self.delta.wrapping_add(change);
        self.t = self.t.wrapping_add(self.delta);
        Some(self.t)
    }
}

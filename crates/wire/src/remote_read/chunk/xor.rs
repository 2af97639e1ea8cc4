//! The chunk of floats.

use aio_types::Sample;

use super::bits::BitWriter;
use super::float::XorSequence;
use crate::proto::{put_varint, zigzag};

/// Widths of a change of the distance between times, by prefix; what does not fit takes 64 bits.
const WIDTHS: [u32; 3] = [14, 17, 20];

/// At most `u16::MAX` samples.
pub(super) fn encode(samples: &[Sample]) -> Vec<u8> {
    let count = u16::try_from(samples.len()).unwrap_or(u16::MAX);
    let mut out = BitWriter::after(&count.to_be_bytes());
    let Some((first, rest)) = samples.split_first() else { return out.finish() };
    put_bytes_of(&mut out, zigzag(first.t.0));
    out.put_double(first.v);
    let mut values = XorSequence::after(first.v);
    let (mut time, mut distance) = (first.t.0, None);
    for sample in rest {
        let next = sample.t.0.wrapping_sub(time);
        match distance {
            None => put_bytes_of(&mut out, next.cast_unsigned()),
            Some(distance) => put_change(&mut out, next.wrapping_sub(distance)),
        }
        (time, distance) = (sample.t.0, Some(next));
        values.put(&mut out, sample.v);
    }
    out.finish()
}

fn put_bytes_of(out: &mut BitWriter, value: u64) {
    let mut bytes = Vec::with_capacity(10);
    put_varint(&mut bytes, value);
    out.put_bytes(&bytes);
}

fn put_change(out: &mut BitWriter, change: i64) {
    if change == 0 {
        return out.put_bit(false);
    }
    for (ones, width) in (1..).zip(WIDTHS) {
        let most = 1_i64 << (width - 1);
        if -most < change && change <= most {
            out.put(((1 << ones) - 1) << 1, ones + 1);
            return out.put(change.cast_unsigned(), width);
        }
    }
    out.put(0b1111, 4);
    out.put(change.cast_unsigned(), 64);
}

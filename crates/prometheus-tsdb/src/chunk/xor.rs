//! Floats, each XORed with the one before; times as differences of differences.
//!
//! ```text
//!   count u16 BE
//!   first    time varint | value 64 bits
//!   second   time since the first uvarint | value (`Window`)
//!   others   change of the time since the one before: 0 | 10 14 bits | 110 17 bits | 1110 20 bits | 1111 64 bits
//!            value
//! ```

use aio_types::{Sample, Samples, TimestampMs};

use crate::bits::{Bits, Window};
use crate::bytes::Bytes;

/// Widths of changes by how many ones come before them.
const WIDTHS: [u32; 5] = [0, 14, 17, 20, 64];

pub(super) fn decode(data: &[u8], out: &mut Samples) -> Option<usize> {
    let mut header = Bytes(data);
    let count = usize::from(header.be16()?);
    let mut bits = Bits::new(header.0);
    let (mut t, mut v, mut step, mut window) = (0_i64, 0.0, 0_i64, Window::default());
    for position in 0..count {
        match position {
            0 => (t, v) = (bits.varint()?, bits.float()?),
            1 => step = bits.uvarint()?.cast_signed(),
            _ => {
                let width = WIDTHS.get(bits.ones(4)? as usize)?;
                step = step.wrapping_add(bits.signed(*width)?);
            }
        }
        if position > 0 {
            t = t.wrapping_add(step);
            v = window.xor(&mut bits, v)?;
        }
        out.push_float(Sample { t: TimestampMs(t), v }, TimestampMs(0));
    }
    Some(count)
}

//! Floats like `xor`, but that what mostly stays as it is takes fewer bits, and with start times.
//!
//! ```text
//!   count u16 BE | start header (`start`)
//!   first    time varint | value 64 bits | start
//!   second   time since the first uvarint | value | start
//!   others   0       same step in time, same value
//!            10      same step, another value: 0 same window, 1 new window
//!            110     step changed by 13 bits | value
//!            1110    step changed by 20 bits | value
//!            11110   step changed by 64 bits | value
//!            11111   same step, stale
//!            start
//!   value    0 as before | 10 same window | 110 new window | 111 stale
//! ```
//!
//! A value is told by what differs from the last one that was not stale.

use aio_types::{Sample, Samples, TimestampMs, is_stale, stale_nan};

use super::start::Starts;
use crate::bits::{Bits, Window};
use crate::bytes::Bytes;

/// Where the values before lead.
#[derive(Default)]
struct Values {
    /// The last one that was not stale.
    last: f64,
    window: Window,
}

impl Values {
    fn first(&mut self, v: f64) -> f64 {
        if !is_stale(v) {
            self.last = v;
        }
        v
    }

    fn next(&mut self, bits: &mut Bits<'_>) -> Option<f64> {
        match bits.ones(3)? {
            0 => Some(self.last),
            1 => self.same_window(bits),
            2 => self.new_window(bits),
            _ => Some(stale_nan()),
        }
    }

    fn another(&mut self, bits: &mut Bits<'_>) -> Option<f64> {
        if bits.bit()? { self.new_window(bits) } else { self.same_window(bits) }
    }

    fn same_window(&mut self, bits: &mut Bits<'_>) -> Option<f64> {
        self.last = self.window.same(bits, self.last)?;
        Some(self.last)
    }

    fn new_window(&mut self, bits: &mut Bits<'_>) -> Option<f64> {
        self.last = self.window.new_one(bits, self.last)?;
        Some(self.last)
    }
}

pub(super) fn decode(data: &[u8], out: &mut Samples) -> Option<usize> {
    let mut header = Bytes(data);
    let count = usize::from(header.be16()?);
    let mut starts = Starts::new(header.byte()?);
    let mut bits = Bits::new(header.0);
    let (mut t, mut step, mut values) = (0_i64, 0_i64, Values::default());
    for position in 0..count {
        let before = t;
        let v = match position {
            0 => {
                t = bits.varint()?;
                values.first(bits.float()?)
            }
            1 => {
                step = bits.uvarint()?.cast_signed();
                t = t.wrapping_add(step);
                values.next(&mut bits)?
            }
            _ => {
                let (change, v) = later(&mut bits, &mut values)?;
                step = step.wrapping_add(change);
                t = t.wrapping_add(step);
                v
            }
        };
        let start = starts.next(&mut bits, position, t, before)?;
        out.push_float(Sample { t: TimestampMs(t), v }, TimestampMs(start));
    }
    Some(count)
}

/// How the step in time changes, and the value.
fn later(bits: &mut Bits<'_>, values: &mut Values) -> Option<(i64, f64)> {
    let width = match bits.ones(5)? {
        0 => return Some((0, values.last)),
        1 => return Some((0, values.another(bits)?)),
        2 => 13,
        3 => 20,
        4 => 64,
        _ => return Some((0, stale_nan())),
    };
    let change = bits.twos_complement(width)?;
    Some((change, values.next(bits)?))
}

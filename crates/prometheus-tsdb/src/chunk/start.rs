//! Since when samples count, for chunks that can tell.
//!
//! ```text
//!   header   1 bit: the first sample's is there | 7 bits: from which sample on there are others; 0 none
//!   first    varint   how long before the sample's own time
//!   later    varbit   how long before the time of the sample before; from the second one told on, how that changes
//! ```
//!
//! A sample of which nothing is told counts since the same time as the one before.

use crate::bits::Bits;

#[derive(Debug)]
pub(super) struct Starts {
    has_first: bool,
    /// The position of the first sample besides the first that is told of; 0 for none.
    changes_from: usize,
    start: i64,
    distance: i64,
}

impl Starts {
    pub(super) fn new(header: u8) -> Self {
        Self { has_first: header & 0x80 != 0, changes_from: usize::from(header & 0x7f), start: 0, distance: 0 }
    }

    /// The start of the sample at a position, of time `t`; that of the one before is `before`. Zero is none.
    pub(super) fn next(&mut self, bits: &mut Bits<'_>, position: usize, t: i64, before: i64) -> Option<i64> {
        if position == 0 {
            if self.has_first {
                self.start = t.wrapping_sub(bits.varint()?);
            }
        } else if self.changes_from > 0 && position >= self.changes_from {
            let told = bits.varbit_int()?;
            self.distance = if position == self.changes_from { told } else { self.distance.wrapping_add(told) };
            self.start = before.wrapping_sub(self.distance);
        }
        Some(self.start)
    }
}

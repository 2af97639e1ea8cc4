//! Bits, the most significant first, and the numbers of variable width made of them.
//!
//! ```text
//!   varbit   prefix   0 | 10 | 110 | 1110 | 11110 | 111110 | 1111110 | 11111110 | 11111111
//!            bits     0    3     6      9      12       18        25         56         64
//! ```

use crate::bytes::zigzag;

/// Widths of numbers by how many ones their prefix has.
const VARBIT_WIDTHS: [u32; 9] = [0, 3, 6, 9, 12, 18, 25, 56, 64];

/// A place among bits.
#[derive(Debug)]
pub(crate) struct Bits<'a> {
    rest: &'a [u8],
    /// The lowest `valid` bits are next; what is above them was read already.
    buffer: u64,
    valid: u32,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, buffer: 0, valid: 0 }
    }

    /// How many bits are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len() * 8 + self.valid as usize
    }

    fn refill(&mut self) {
        while self.valid <= 56
            && let Some((first, rest)) = self.rest.split_first()
        {
            self.buffer = self.buffer << 8 | u64::from(*first);
            self.valid += 8;
            self.rest = rest;
        }
    }

    pub(crate) fn bit(&mut self) -> Option<bool> {
        self.bits(1).map(|bit| bit == 1)
    }

    /// The next `count` bits, at most 64.
    pub(crate) fn bits(&mut self, count: u32) -> Option<u64> {
        if count > 56 {
            let high = self.bits(count - 32)?;
            return Some(high << 32 | self.bits(32)?);
        }
        if self.valid < count {
            self.refill();
        }
        self.valid = self.valid.checked_sub(count)?;
        Some((self.buffer >> self.valid) & ((1 << count) - 1))
    }

    /// How many ones come before the next zero; that zero is read, too, unless there are `most` ones.
    pub(crate) fn ones(&mut self, most: u32) -> Option<u32> {
        for count in 0..most {
            if !self.bit()? {
                return Some(count);
            }
        }
        Some(most)
    }

    /// A signed number of `count` bits, of which the highest positive one is a power of two.
    pub(crate) fn signed(&mut self, count: u32) -> Option<i64> {
        let bits = self.bits(count)?;
        let is_negative = count < 64 && count > 0 && bits > 1 << (count - 1);
        Some(if is_negative { bits.cast_signed() - (1 << count) } else { bits.cast_signed() })
    }

    /// A signed number of `count` bits in two's complement.
    pub(crate) fn twos_complement(&mut self, count: u32) -> Option<i64> {
        let shift = 64 - count.clamp(1, 64);
        Some((self.bits(count)? << shift).cast_signed() >> shift)
    }

    pub(crate) fn varbit_int(&mut self) -> Option<i64> {
        let width = VARBIT_WIDTHS.get(self.ones(8)? as usize)?;
        self.signed(*width)
    }

    pub(crate) fn varbit_uint(&mut self) -> Option<u64> {
        let width = VARBIT_WIDTHS.get(self.ones(8)? as usize)?;
        self.bits(*width)
    }

    pub(crate) fn float(&mut self) -> Option<f64> {
        self.bits(64).map(f64::from_bits)
    }

    /// LEB128, wherever among the bits its bytes begin.
    pub(crate) fn uvarint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.bits(8)?;
            value |= (byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn varint(&mut self) -> Option<i64> {
        self.uvarint().map(zigzag)
    }
}

/// What floats that are XORed with the one before share: where the bits that differ lie.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Window {
    leading: u32,
    trailing: u32,
}

impl Window {
    /// `0`: as before; `10`: bits of the same window; `11`: a new window and its bits.
    pub(crate) fn xor(&mut self, bits: &mut Bits<'_>, before: f64) -> Option<f64> {
        match bits.ones(2)? {
            0 => Some(before),
            1 => self.same(bits, before),
            _ => self.new_one(bits, before),
        }
    }

    /// Bits of the same window.
    pub(crate) fn same(self, bits: &mut Bits<'_>, before: f64) -> Option<f64> {
        let differing = bits.bits(64 - self.leading - self.trailing)?;
        Some(f64::from_bits(before.to_bits() ^ differing << self.trailing))
    }

    /// Five bits of leading zeros, six of significant ones (0 are 64), and bits of that window.
    pub(crate) fn new_one(&mut self, bits: &mut Bits<'_>, before: f64) -> Option<f64> {
        let read = bits.bits(11)?;
        let (leading, significant) = (u32::try_from(read >> 6).ok()?, u32::try_from(read & 0x3f).ok()?);
        let significant = if significant == 0 { 64 } else { significant };
        *self = Self { leading, trailing: 64_u32.checked_sub(leading + significant)? };
        self.same(bits, before)
    }
}

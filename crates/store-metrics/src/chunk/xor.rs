//! Floats without a pattern: each XORed with the one before it, of which the bits that differ are kept.
//!
//! Source: T. Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015. Lossless, NaN
//! payloads included.

use super::bits::{BitReader, BitWriter, Words};

/// So many bits count of a look at the next ones.
const PEEKED: u32 = 57;

/// What the next value is written relative to.
#[derive(Debug, Clone, Default)]
pub(super) struct XorState {
    /// Bits of the last value.
    pub(super) value: u64,
    pub(super) leading: u8,
    pub(super) significant: u8,
}

impl XorState {
    pub(super) fn write(&mut self, bits: &mut BitWriter<impl Words>, value: u64) {
        let xor = value ^ self.value;
        self.value = value;
        if xor == 0 {
            bits.write(0, 1);
            return;
        }
        let (leading, trailing) = (xor.leading_zeros().min(31), xor.trailing_zeros());
        let (window_leading, window) = (u32::from(self.leading), u32::from(self.significant));
        // Of no window at all nothing trails, and no value fits.
        let window_trailing = 64 - window_leading - window;
        if window > 0 && leading >= window_leading && trailing >= window_trailing {
            bits.write(0b10, 2);
            bits.write(xor >> window_trailing, window);
            return;
        }
        let significant = 64 - leading - trailing;
        (self.leading, self.significant) = (leading.to_le_bytes()[0], significant.to_le_bytes()[0]);
        bits.write(0b11, 2);
        bits.write(u64::from(leading) << 6 | u64::from(significant - 1), 11);
        bits.write(xor >> trailing, significant);
    }

    #[inline]
    pub(super) fn read(&mut self, bits: &mut BitReader<'_>) -> Option<u64> {
        // All that comes before the bits that differ is in one look.
        let word = bits.peek();
        if word >> 63 == 0 {
            bits.skip(1)?;
            return Some(self.value);
        }
        let mut before = 2;
        if word >> 62 & 1 == 1 {
            let [.., high, low] = (word << 2 >> 53).to_be_bytes();
            (self.leading, self.significant) = (high << 2 | low >> 6, (low & 63) + 1);
            before = 13;
        }
        let significant = u32::from(self.significant);
        let trailing = 64_u32.checked_sub(u32::from(self.leading) + significant).filter(|_| significant > 0)?;
        let differs = if before + significant <= PEEKED {
            bits.skip(before + significant)?;
            word << before >> (64 - significant)
        } else {
            bits.skip(before)?;
            bits.read(significant)?
        };
        self.value ^= differs << trailing;
        Some(self.value)
    }
}

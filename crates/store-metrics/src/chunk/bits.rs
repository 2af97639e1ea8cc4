//! Bits, highest first, over growing and over given bytes.

/// By how much a buffer of bits grows.
const GROWTH_BYTES: usize = 48;
/// A larger buffer is given back when it is emptied: it would be half full at best, on average.
const KEPT_BYTES_MAX: usize = 2 * GROWTH_BYTES;
/// So many bits can be read at once wherever they begin.
const WIDTH_MAX: u32 = 56;

/// Appends bits.
#[derive(Debug, Clone, Default)]
pub(super) struct BitWriter {
    pub(super) bytes: Vec<u8>,
    /// Free bits in the last byte.
    free: u32,
}

impl BitWriter {
    /// Writes the lowest `width` bits of `value`, 64 at most, highest first.
    pub(super) fn write(&mut self, value: u64, width: u32) {
        if width > WIDTH_MAX {
            self.write_few(value >> 32, width - 32);
            self.write_few(value, 32);
        } else if width > 0 {
            self.write_few(value, width);
        }
    }

    /// Forgets all bits, and keeps the memory if it is little.
    pub(super) fn clear(&mut self) {
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
        self.free = 0;
    }

    fn write_few(&mut self, value: u64, width: u32) {
        let last = if self.free > 0 { self.bytes.pop().unwrap_or(0) } else { 0 };
        let used = (8 - self.free) % 8;
        let bits = (value << (64 - width)) >> used | u64::from(last) << 56;
        let bytes = (used + width).div_ceil(8);
        if self.bytes.capacity() - self.bytes.len() < bytes as usize {
            // Small steps: a hundred thousand open chunks must not each hold half a buffer of air.
            self.bytes.reserve_exact(GROWTH_BYTES);
        }
        self.bytes.extend_from_slice(&bits.to_be_bytes()[..bytes as usize]);
        self.free = bytes * 8 - used - width;
    }
}

/// Reads them back.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Position in bits.
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `width` bits, 64 at most; `None` where there are not so many.
    #[inline]
    pub(super) fn read(&mut self, width: u32) -> Option<u64> {
        if width > WIDTH_MAX {
            let high = self.read_few(width - 32)?;
            return Some(high << 32 | self.read_few(32)?);
        }
        self.read_few(width)
    }

    #[inline]
    fn read_few(&mut self, width: u32) -> Option<u64> {
        let value = self.peek();
        self.skip(width)?;
        Some(if width == 0 { 0 } else { value >> (64 - width) })
    }

    /// The next bits, highest first; at least 57 of them count, and beyond the end there are zeros.
    #[inline]
    pub(super) fn peek(&self) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = match rest.first_chunk::<8>() {
            Some(word) => u64::from_be_bytes(*word),
            None => last_word(rest),
        };
        word << (self.at % 8)
    }

    /// Goes over `width` bits that must be there.
    #[inline]
    pub(super) fn skip(&mut self, width: u32) -> Option<()> {
        self.at += width as usize;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// What begins with the next whole byte.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at.div_ceil(8)..).unwrap_or_default()
    }
}

#[cold]
fn last_word(rest: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..rest.len()].copy_from_slice(rest);
    u64::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_come_back(parts in prop::collection::vec((any::<u64>(), 0_u32..=64), 0..60)) {
            let mut writer = BitWriter::default();
            parts.iter().for_each(|&(value, width)| writer.write(value, width));
            let bits: u32 = parts.iter().map(|(_, width)| width).sum();
            prop_assert_eq!(writer.bytes.len(), bits.div_ceil(8) as usize);
            let mut reader = BitReader::new(&writer.bytes);
            for (value, width) in parts {
                let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
                prop_assert_eq!(reader.read(width), Some(value & mask));
            }
            prop_assert!(reader.rest().is_empty());
            prop_assert_eq!(reader.read(8), None);
        }
    }
}

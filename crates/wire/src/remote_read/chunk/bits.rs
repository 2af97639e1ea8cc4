//! A stream of bits, the highest of a byte first.

/// Bits under way, after a head of whole bytes.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits of the last byte that are not written yet.
    free: u32,
}

impl BitWriter {
    pub(super) fn after(head: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(head);
        Self { bytes, free: 0 }
    }

    /// Writes the low `count` bits of `value`, at most 64.
    pub(super) fn put(&mut self, value: u64, count: u32) {
        let mut left = count;
        while left > 0 {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let now = left.min(self.free);
            let piece = value >> (left - now) & ((1 << now) - 1);
            if let Some(last) = self.bytes.last_mut() {
                *last |= (piece << (self.free - now)).to_le_bytes()[0];
            }
            self.free -= now;
            left -= now;
        }
    }

    pub(super) fn put_bit(&mut self, bit: bool) {
        self.put(bit.into(), 1);
    }

    pub(super) fn put_double(&mut self, value: f64) {
        self.put(value.to_bits(), 64);
    }

    pub(super) fn put_bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.put((*byte).into(), 8));
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::BitReader;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn high_bits_come_first() {
        let mut bits = BitWriter::after(&[7]);
        bits.put(0b101, 3);
        bits.put(0x1ff, 9);
        bits.put_bit(true);
        assert_eq!(bits.finish(), [7, 0b1011_1111, 0b1111_1000]);
    }

    proptest! {
        #[test]
        fn bits_come_back(pieces in proptest::collection::vec((any::<u64>(), 0_u32..=64), 0..30)) {
            let mut bits = BitWriter::default();
            pieces.iter().for_each(|(value, count)| bits.put(*value, *count));
            let bytes = bits.finish();
            let mut reader = BitReader::new(&bytes);
            for (value, count) in pieces {
                let mask = if count == 64 { u64::MAX } else { (1 << count) - 1 };
                prop_assert_eq!(reader.take(count), Some(value & mask));
            }
        }
    }
}

//! Go's numbers and strings out of bytes; `None` where the bytes do not hold what is asked for.

use aio_types::Labels;

/// Most labels of one set: more are not believed.
const LABELS_MAX: usize = 1 << 16;

/// A place among bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn be16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn be32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn be64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A signed number of eight bytes.
    pub(crate) fn time(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    /// The bits of a float, big endian.
    pub(crate) fn float(&mut self) -> Option<f64> {
        self.be64().map(f64::from_bits)
    }

    /// LEB128 of at most 64 bits.
    pub(crate) fn uvarint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return None;
            }
            value |= part << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// Zigzag, then LEB128.
    pub(crate) fn varint(&mut self) -> Option<i64> {
        self.uvarint().map(zigzag)
    }

    /// A count of things that take at least `each` bytes, so that a damaged count cannot reserve memory.
    pub(crate) fn count(&mut self, each: usize) -> Option<usize> {
        let count = usize::try_from(self.uvarint()?).ok()?;
        (count <= self.0.len() / each.max(1)).then_some(count)
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    /// Length, then bytes.
    pub(crate) fn blob(&mut self) -> Option<&'a [u8]> {
        let len = self.count(1)?;
        self.take(len)
    }

    /// Length, then UTF-8.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.blob()?).ok()
    }

    /// Count, then names and values.
    pub(crate) fn labels(&mut self) -> Option<Labels> {
        let count = self.count(2).filter(|count| *count <= LABELS_MAX)?;
        let pairs = (0..count).map(|_| Some((self.text()?, self.text()?))).collect::<Option<Vec<_>>>()?;
        Some(Labels::from_pairs(pairs))
    }
}

/// The signed number behind an unsigned one.
pub(crate) fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

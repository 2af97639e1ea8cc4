//! Numbers as Go writes them.

use crate::error::Fault;

/// Reads forward, and knows where it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
    /// Where `all` begins in what it is a part of.
    base: usize,
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(all: &'a [u8], base: usize) -> Self {
        Self { all, at: 0, base }
    }

    pub(crate) fn offset(&self) -> usize {
        self.base + self.at
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.all[self.at..]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.all.len()
    }

    pub(crate) fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault::new(self.offset(), reason)
    }

    pub(crate) fn take(&mut self, len: usize, what: &str) -> Result<&'a [u8], Fault> {
        let rest = self.rest();
        let taken = rest.get(..len).ok_or_else(|| {
            self.fault(format!("{what} of {len} bytes is expected, but there are only {}", rest.len()))
        })?;
        self.at += len;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self, what: &str) -> Result<u8, Fault> {
        Ok(self.take(1, what)?[0])
    }

    pub(crate) fn be32(&mut self, what: &str) -> Result<u32, Fault> {
        let bytes = self.take(4, what)?;
        Ok(bytes.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
    }

    /// A length or an offset.
    pub(crate) fn be64(&mut self, what: &str) -> Result<usize, Fault> {
        let n = self.take(8, what)?.iter().fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
        usize::try_from(n).map_err(|_| self.fault(format!("{what} of {n} does not fit")))
    }

    /// A length or a number.
    pub(crate) fn uint(&mut self, what: &str) -> Result<usize, Fault> {
        let n = self.varint(what)?;
        usize::try_from(n).map_err(|_| self.fault(format!("{what} of {n} does not fit")))
    }

    pub(crate) fn int(&mut self, what: &str) -> Result<i64, Fault> {
        let n = self.varint(what)?;
        Ok((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    fn varint(&mut self, what: &str) -> Result<u64, Fault> {
        let mut n = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            if shift == 63 && byte > 1 {
                break;
            }
            n |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(n);
            }
        }
        Err(self.fault(format!("{what} has more than 64 bits")))
    }
}

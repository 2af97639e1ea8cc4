//! The strings of an index, each once.
//!
//! ```text
//!   length u32 | count u32 | each: length uvarint, UTF-8 | CRC-32C of count and strings
//! ```
//!
//! Series name strings by their number, in the first version of the format by where they lie in the file.

use crate::bytes::Bytes;

/// All strings.
#[derive(Debug)]
pub(super) struct Symbols {
    /// Count and strings.
    bytes: Vec<u8>,
    by: By,
}

#[derive(Debug)]
enum By {
    /// Where each lies in `bytes`.
    Number(Vec<u32>),
    /// Where `bytes` lie in the file.
    Offset(u64),
}

impl Symbols {
    /// `None` where the bytes are no table. `offset` is where they begin in the file, after the length.
    pub(super) fn decode(bytes: Vec<u8>, offset: u64, by_number: bool) -> Option<Self> {
        if !by_number {
            return Some(Self { bytes, by: By::Offset(offset) });
        }
        let mut from = Bytes(&bytes);
        let count = usize::try_from(from.be32()?).ok().filter(|count| *count <= bytes.len())?;
        let mut places = Vec::with_capacity(count);
        for _ in 0..count {
            places.push(u32::try_from(bytes.len() - from.0.len()).ok()?);
            from.blob()?;
        }
        Some(Self { bytes, by: By::Number(places) })
    }

    /// The string that a series names.
    pub(super) fn get(&self, reference: u64) -> Option<&str> {
        let at = match &self.by {
            By::Number(places) => u64::from(*places.get(usize::try_from(reference).ok()?)?),
            By::Offset(offset) => reference.checked_sub(*offset)?,
        };
        Bytes(self.bytes.get(usize::try_from(at).ok()?..)?).text()
    }
}

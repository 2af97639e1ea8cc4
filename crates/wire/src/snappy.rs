//! Snappy's block format, written piece by piece: a block is its length and then fragments that know nothing of each
//! other, so that it can be sent long before its end is made.

use crate::Error;
use crate::proto::put_varint;

/// What the format looks back at most.
const FRAGMENT_BYTES: usize = 64 << 10;

/// A block under way.
pub struct BlockWriter {
    encoder: snap::raw::Encoder,
    pending: Vec<u8>,
    packed: Vec<u8>,
}

impl std::fmt::Debug for BlockWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockWriter").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

impl BlockWriter {
    /// Begins a block that decompresses to so many bytes; what comes before its first fragment goes to `out`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] past what the format can express.
    pub fn begin(bytes: u64, out: &mut Vec<u8>) -> Result<Self, Error> {
        if u32::try_from(bytes).is_err() {
            return Err(Error::TooLarge { limit: u32::MAX as usize });
        }
        put_varint(out, bytes);
        let packed = vec![0; snap::raw::max_compress_len(FRAGMENT_BYTES)];
        Ok(Self { encoder: snap::raw::Encoder::new(), pending: Vec::with_capacity(FRAGMENT_BYTES), packed })
    }

    /// Takes in the next bytes; fragments that are full go to `out`.
    ///
    /// # Errors
    /// None that depends on the bytes.
    pub fn write(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(FRAGMENT_BYTES - self.pending.len()));
            self.pending.extend_from_slice(now);
            bytes = later;
            if self.pending.len() == FRAGMENT_BYTES {
                self.finish(out)?;
            }
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let length = self.encoder.compress(&self.pending, &mut self.packed);
        let length = length.map_err(|e| Error::malformed("snappy block", e))?;
        // The encoder writes whole blocks: its own length is not ours.
        let mut own_length = Vec::with_capacity(4);
        put_varint(&mut own_length, self.pending.len() as u64);
        out.extend_from_slice(&self.packed[own_length.len()..length]);
        self.pending.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pack(pieces: &[Vec<u8>]) -> Vec<u8> {
        let (bytes, mut out) = (pieces.iter().map(Vec::len).sum::<usize>() as u64, Vec::new());
        let mut writer = BlockWriter::begin(bytes, &mut out).expect("begins");
        pieces.iter().for_each(|piece| writer.write(piece, &mut out).expect("writes"));
        writer.finish(&mut out).expect("finishes");
        out
    }

    fn unpack(block: &[u8]) -> Vec<u8> {
        snap::raw::Decoder::new().decompress_vec(block).expect("is a block")
    }

    #[test]
    fn long_blocks_come_back() {
        for len in [0, 1, FRAGMENT_BYTES - 1, FRAGMENT_BYTES, FRAGMENT_BYTES + 1, 1_000_000] {
            let bytes: Vec<u8> = (0..len).map(|n| (n / 7 % 251).to_le_bytes()[0]).collect();
            let packed = pack(std::slice::from_ref(&bytes));
            assert!(unpack(&packed) == bytes, "{len}");
            assert!(packed.len() < 200 + len / 4, "{len}: {}", packed.len());
        }
    }

    #[test]
    fn what_cannot_be_expressed_is_refused() {
        assert!(BlockWriter::begin(1 << 32, &mut Vec::new()).is_err());
    }

    proptest! {
        #[test]
        fn pieces_are_one_block(pieces in proptest::collection::vec(any::<Vec<u8>>(), 0..6)) {
            prop_assert_eq!(unpack(&pack(&pieces)), pieces.concat());
        }
    }
}

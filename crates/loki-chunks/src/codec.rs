//! How blocks are compressed.

use std::io::Read;

use crate::error::Fault;

/// Most bytes that a block, or the structured metadata of a chunk, may come to.
const BYTES_MAX: u64 = 256 << 20;

/// One of those Loki can be told to use. Their numbers are in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    None,
    Gzip,
    Lz4,
    Snappy,
    Flate,
    Zstd,
}

impl Codec {
    pub(crate) fn of(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::None),
            1 => Some(Self::Gzip),
            // They differ in the size of blocks, which frames tell.
            3 | 5..=7 => Some(Self::Lz4),
            4 => Some(Self::Snappy),
            8 => Some(Self::Flate),
            9 => Some(Self::Zstd),
            _ => None,
        }
    }

    /// `offset` is where the compressed bytes are.
    pub(crate) fn unpack(self, packed: &[u8], offset: usize) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        let read = match self {
            Self::None => packed.take(BYTES_MAX + 1).read_to_end(&mut out),
            Self::Gzip => flate2::read::MultiGzDecoder::new(packed).take(BYTES_MAX + 1).read_to_end(&mut out),
            Self::Lz4 => lz4_flex::frame::FrameDecoder::new(packed).take(BYTES_MAX + 1).read_to_end(&mut out),
            Self::Snappy => snap::read::FrameDecoder::new(packed).take(BYTES_MAX + 1).read_to_end(&mut out),
            Self::Flate => flate2::read::DeflateDecoder::new(packed).take(BYTES_MAX + 1).read_to_end(&mut out),
            Self::Zstd => zstd::stream::read::Decoder::with_buffer(packed)
                .and_then(|decoder| decoder.take(BYTES_MAX + 1).read_to_end(&mut out)),
        };
        read.map_err(|error| Fault::new(offset, format!("{self:?}: {error}")))?;
        if out.len() as u64 > BYTES_MAX {
            return Err(Fault::new(offset, format!("more than {BYTES_MAX} bytes when decompressed")));
        }
        Ok(out)
    }
}

//! Decompression: the first byte picks the encoding.

use aio_wire::body::{Encoding, decompress};

const CAP: usize = 64 << 10;

pub(super) fn run(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let all = [Encoding::Identity, Encoding::Gzip, Encoding::Zstd, Encoding::Deflate, Encoding::Snappy, Encoding::Lz4];
    let encoding = all[usize::from(*first) % all.len()];
    if let Ok(out) = decompress(body.to_vec(), encoding, CAP) {
        assert!(out.len() <= CAP, "{encoding:?} gave {} bytes", out.len());
    }
}

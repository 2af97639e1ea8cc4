//! Decompression of request bodies with a hard cap on what comes out.

use std::io::Read;

use bytes::Bytes;

use crate::Error;

/// The largest zstd window accepted, as a power of two (32 MiB, what the common Go encoder uses at its best level):
/// a few bytes must not reserve more.
const ZSTD_WINDOW_LOG_MAX: u32 = 25;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// Frames of LZ4.
    Lz4,
    /// RFC 1950 (zlib); raw RFC 1951 streams are understood as well.
    Deflate,
    /// One block of snappy, without framing.
    Snappy,
}

impl Encoding {
    /// Reads the value of a `Content-Encoding` header.
    ///
    /// # Errors
    /// [`Error::UnsupportedEncoding`] for anything unknown, lists of several encodings included.
    pub fn from_header(value: Option<&str>) -> Result<Self, Error> {
        let value = value.unwrap_or_default().trim();
        match value.to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            "lz4" => Ok(Self::Lz4),
            "deflate" => Ok(Self::Deflate),
            "snappy" => Ok(Self::Snappy),
            _ => Err(Error::UnsupportedEncoding(value.chars().take(64).collect())),
        }
    }
}

/// Decompresses `body` to at most `max_bytes`. An uncompressed body is passed on without a copy.
///
/// # Errors
/// [`Error::TooLarge`] as soon as the cap is passed, [`Error::Malformed`] for broken or truncated streams.
pub fn decompress(body: impl Into<Bytes>, encoding: Encoding, max_bytes: usize) -> Result<Bytes, Error> {
    let body = body.into();
    match encoding {
        Encoding::Identity if body.len() > max_bytes => Err(Error::TooLarge { limit: max_bytes }),
        Encoding::Identity => Ok(body),
        Encoding::Gzip => read_capped("gzip body", || Ok(flate2::read::MultiGzDecoder::new(&*body)), max_bytes),
        Encoding::Deflate if is_zlib(&body) => {
            read_capped("deflate body", || Ok(flate2::read::ZlibDecoder::new(&*body)), max_bytes)
        }
        Encoding::Deflate => read_capped("deflate body", || Ok(flate2::read::DeflateDecoder::new(&*body)), max_bytes),
        Encoding::Zstd => unzstd(&body, max_bytes),
        Encoding::Lz4 => {
            read_capped("lz4 body", || Ok(Lz4Frames(lz4_flex::frame::FrameDecoder::new(&*body))), max_bytes)
        }
        Encoding::Snappy => unsnap(&body, max_bytes),
    }
}

/// Frames one behind the other: the decoder stops behind each, and goes on when it is asked again.
struct Lz4Frames<'a>(lz4_flex::frame::FrameDecoder<&'a [u8]>);

impl Read for Lz4Frames<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let before = self.0.get_ref().len();
            let read = self.0.read(buf)?;
            let left = self.0.get_ref().len();
            if read > 0 || left == 0 || left == before {
                return Ok(read);
            }
        }
    }
}

/// Whether the two bytes of a zlib header are there.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [cmf, flg, ..] if cmf & 0x0f == 8 && (u16::from(*cmf) * 256 + u16::from(*flg)).is_multiple_of(31))
}

fn unzstd(body: &[u8], max_bytes: usize) -> Result<Bytes, Error> {
    const WHAT: &str = "zstd body";
    let malformed = |e: std::io::Error| Error::malformed(WHAT, e);
    let open = || {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(malformed)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(malformed)?;
        Ok(decoder)
    };
    read_capped(WHAT, open, max_bytes)
}

fn unsnap(body: &[u8], max_bytes: usize) -> Result<Bytes, Error> {
    let mut out = Vec::new();
    let len = unsnap_into(body, max_bytes, &mut out)?;
    out.truncate(len);
    Ok(out.into())
}

/// Decompresses one block of snappy to the beginning of `out`, which grows where it must and is never cut: whoever
/// decompresses often spares clearing and asking for the memory. How long what came out is.
///
/// # Errors
/// As [`decompress`].
pub fn unsnap_into(body: &[u8], max_bytes: usize, out: &mut Vec<u8>) -> Result<usize, Error> {
    const WHAT: &str = "snappy body";
    let len = snap::raw::decompress_len(body).map_err(|e| Error::malformed(WHAT, e))?;
    if len > max_bytes {
        return Err(Error::TooLarge { limit: max_bytes });
    }
    // A snappy copy makes at most 64 bytes of 3 (two-byte offsets): a claim far beyond that is a lie, and must not
    // reserve memory.
    if len / 64 > body.len() {
        return Err(Error::malformed(WHAT, format!("{} bytes cannot hold the claimed {len}", body.len())));
    }
    if out.len() < len {
        out.resize(len, 0);
    }
    snap::raw::Decoder::new().decompress(body, &mut out[..len]).map_err(|e| Error::malformed(WHAT, e))
}

/// Few bodies are larger. For those that are, what comes out is counted before room is made for it, so that a bomb
/// takes no more than this.
const SMALL_BYTES: usize = 8 << 20;

/// Reads one byte beyond the cap at most.
fn read_capped<R: Read>(
    what: &'static str,
    open: impl Fn() -> Result<R, Error>,
    max_bytes: usize,
) -> Result<Bytes, Error> {
    let malformed = |e: std::io::Error| Error::malformed(what, e);
    let most = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let first = most.min(SMALL_BYTES as u64);
    let mut reader = open()?;
    let mut out = Vec::new();
    let mut len = reader.by_ref().take(first).read_to_end(&mut out).map_err(malformed)? as u64;
    let is_whole = len < first;
    if !is_whole {
        len += std::io::copy(&mut reader.take(most - first), &mut std::io::sink()).map_err(malformed)?;
    }
    if len >= most {
        return Err(Error::TooLarge { limit: max_bytes });
    }
    if !is_whole {
        out = Vec::with_capacity(usize::try_from(len).unwrap_or(max_bytes));
        open()?.take(len).read_to_end(&mut out).map_err(malformed)?;
    }
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use proptest::prelude::*;

    use super::*;

    const ALL: [Encoding; 6] =
        [Encoding::Identity, Encoding::Gzip, Encoding::Zstd, Encoding::Lz4, Encoding::Deflate, Encoding::Snappy];

    fn compress(data: &[u8], encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Identity => data.to_vec(),
            Encoding::Gzip => {
                let mut w = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
                w.write_all(data).expect("writes");
                w.finish().expect("finishes")
            }
            Encoding::Deflate => {
                let mut w = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
                w.write_all(data).expect("writes");
                w.finish().expect("finishes")
            }
            Encoding::Zstd => zstd::encode_all(data, 3).expect("encodes"),
            Encoding::Lz4 => {
                let mut w = lz4_flex::frame::FrameEncoder::new(Vec::new());
                w.write_all(data).expect("writes");
                w.finish().expect("finishes")
            }
            Encoding::Snappy => snap::raw::Encoder::new().compress_vec(data).expect("encodes"),
        }
    }

    #[test]
    fn headers_are_read_without_regard_to_case() {
        assert_eq!(Encoding::from_header(None), Ok(Encoding::Identity));
        assert_eq!(Encoding::from_header(Some(" GZIP ")), Ok(Encoding::Gzip));
        assert_eq!(Encoding::from_header(Some("zstd")), Ok(Encoding::Zstd));
        assert_eq!(Encoding::from_header(Some("br")), Err(Error::UnsupportedEncoding("br".into())));
        assert!(Encoding::from_header(Some("gzip, zstd")).is_err());
    }

    #[test]
    fn every_encoding_comes_back_and_the_limit_is_exact() {
        let data: Vec<u8> = b"observer ".repeat(100);
        for encoding in ALL {
            let body = compress(&data, encoding);
            assert_eq!(decompress(body.clone(), encoding, data.len()).expect("fits"), data, "{encoding:?}");
            assert_eq!(
                decompress(body, encoding, data.len() - 1),
                Err(Error::TooLarge { limit: data.len() - 1 }),
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn large_bodies_come_back_whole() {
        let data: Vec<u8> = (0..2_100_000_u32).flat_map(|n: u32| n.to_le_bytes()).collect();
        for encoding in [Encoding::Gzip, Encoding::Zstd, Encoding::Lz4, Encoding::Deflate] {
            for len in [SMALL_BYTES - 1, SMALL_BYTES, SMALL_BYTES + 1, data.len()] {
                let body = compress(&data[..len], encoding);
                assert!(decompress(body.clone(), encoding, len).expect("fits") == data[..len], "{encoding:?} {len}");
                let over = decompress(body, encoding, len - 1);
                assert_eq!(over, Err(Error::TooLarge { limit: len - 1 }), "{encoding:?} {len}");
            }
        }
    }

    #[test]
    fn raw_deflate_is_understood() {
        let mut w = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
        w.write_all(b"hello hello").expect("writes");
        let body = w.finish().expect("finishes");
        assert_eq!(decompress(body, Encoding::Deflate, 100).expect("fits"), &b"hello hello"[..]);
    }

    #[test]
    fn bombs_stop_at_the_limit() {
        let zeros = vec![0; 64 << 20];
        for encoding in ALL {
            let bomb = compress(&zeros, encoding);
            assert_eq!(decompress(bomb, encoding, 1 << 16), Err(Error::TooLarge { limit: 1 << 16 }), "{encoding:?}");
        }
    }

    #[test]
    fn a_snappy_header_that_lies_reserves_nothing() {
        // Claims 1 GiB.
        let lie = vec![0x80, 0x80, 0x80, 0x80, 0x04, 0x00];
        assert!(matches!(decompress(lie, Encoding::Snappy, usize::MAX), Err(Error::Malformed { .. })));
    }

    #[test]
    fn truncated_bodies_are_malformed() {
        let data: Vec<u8> = (0..2000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        for encoding in [Encoding::Gzip, Encoding::Zstd, Encoding::Lz4, Encoding::Deflate, Encoding::Snappy] {
            let body = compress(&data, encoding);
            let cut = body[..body.len() - 7].to_vec();
            assert!(matches!(decompress(cut, encoding, 1 << 20), Err(Error::Malformed { .. })), "{encoding:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            for encoding in ALL {
                if let Ok(out) = decompress(body.clone(), encoding, 1 << 12) {
                    prop_assert!(out.len() <= 1 << 12);
                }
            }
        }
    }

    #[test]
    fn frames_of_lz4_are_read_to_the_last() {
        let frame = |text: &[u8]| compress(text, Encoding::Lz4);
        let two = [frame(b"first "), frame(b""), frame(b"second")].concat();
        assert_eq!(decompress(two.clone(), Encoding::Lz4, 100).expect("whole"), &b"first second"[..]);
        assert!(decompress([two, b"garbage!".to_vec()].concat(), Encoding::Lz4, 100).is_err());
    }
}

//! A chunk: consecutive lines of one stream, as one blob.
//!
//! ```text
//!   chunk   = version 3 | CRC-32 of columns, u32 LE | CRC-32 of the rest, u32 LE | columns | pairs | ids | lines
//!   columns = n | zstd(times: first, then deltas | length of each line
//!                      | n levels: text | level of each line | n sets: bytes | set of each line)
//!   pairs   = zstd(n sets: pairs, without the level)
//!   lines   = the newest first, see `text`
//! ```
//!
//! Columns tell when lines were written, how long they are and of which level, without a look at any line.

use std::cell::RefCell;

use zstd::bulk::{Compressor, Decompressor};

mod decode;
mod encode;
mod terms;
mod text;

pub(crate) use decode::{Brief, Chunk};
pub(crate) use encode::encode;
pub(crate) use terms::{OPAQUE, Pair, Quick, pair};
pub(crate) use text::Sections;

const VERSION: u8 = 3;
const ZSTD_LEVEL: i32 = 1;
/// Guards against damage that a checksum missed: no section of a chunk grows beyond this.
const SECTION_BYTES_MAX: usize = 512 << 20;
/// Nothing compresses better than this.
const RATIO_MAX: usize = 1 << 15;

/// The pair of structured metadata that has a column of its own.
pub(crate) const LEVEL: &str = "detected_level";

/// The bit of a level in a chunk's bitmap; all words that are no level share one.
pub(crate) fn level_bit(level: &str) -> u64 {
    1 << LEVELS.iter().position(|l| *l == level).unwrap_or(LEVELS.len())
}

/// Beside the bits of levels: there are lines without one.
const NO_LEVEL: u64 = 1 << 9;
const LEVELS: [&str; 8] = ["unknown", "trace", "debug", "info", "warn", "error", "critical", "fatal"];

/// The level of all lines of a chunk with this bitmap, empty for none; `None` where it does not tell.
pub(crate) fn only_level(bits: u64) -> Option<&'static str> {
    match bits & !OPAQUE {
        NO_LEVEL => Some(""),
        bits => LEVELS.iter().find(|level| level_bit(level) == bits).copied(),
    }
}

/// Tables of a compressor take longer to make than a section takes to compress: each thread keeps its own.
pub(crate) fn zstd(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(compressor) => compressor.compress(bytes),
        None => kept.insert(Compressor::new(ZSTD_LEVEL)?).compress(bytes),
    })
}

/// Every section says how long it is; one that says more than it holds is damaged.
fn unzstd(bytes: &[u8]) -> Option<Vec<u8>> {
    thread_local! {
        static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    }
    let len = zstd::zstd_safe::get_frame_content_size(bytes).ok()??;
    let len = usize::try_from(len).ok().filter(|len| *len <= SECTION_BYTES_MAX.min(bytes.len() * RATIO_MAX))?;
    DECOMPRESSOR.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = Decompressor::new().ok();
        }
        kept.as_mut()?.decompress(bytes, len).ok()
    })
}

#[cfg(test)]
mod tests;

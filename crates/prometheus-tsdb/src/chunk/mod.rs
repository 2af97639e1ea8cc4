//! Compressed runs of samples of one series, as they lie in blocks, in memory-mapped files and in snapshots of memory.
//!
//! ```text
//!   1  XOR                 floats                       `xor`
//!   2  histogram           integer native histograms    `histogram`
//!   3  float histogram     native histograms of floats  `float_histogram`
//!   4  XOR2                floats with start times      `xor2`
//!   5  histogram ST        2 with start times           `start`
//!   6  float histogram ST  3 with start times
//! ```
//!
//! Bytes that are no chunk give an error, and cannot ask for more memory than a multiple of their size.

mod float_histogram;
mod histogram;
mod layout;
mod start;
#[cfg(test)]
pub(crate) mod tests;
mod xor;
mod xor2;

use aio_types::Samples;

pub(crate) use self::histogram::absolute;
pub(crate) use self::layout::{buckets, is_known};
use crate::error::Reason;

/// No chunk is larger.
pub(crate) const CHUNK_BYTES_MAX: usize = 16 << 20;

/// Which samples of a chunk cannot be understood.
const MALFORMED: Reason = Reason::Borrowed("malformed chunk");

/// Appends the samples of a chunk to `out`; returns how many these are.
///
/// # Errors
/// Why the bytes are no chunk of a kind that is known here. Part of its samples may be in `out` then.
pub(crate) fn decode(encoding: u8, data: &[u8], out: &mut Samples) -> Result<usize, Reason> {
    match encoding {
        1 => xor::decode(data, out).ok_or(MALFORMED),
        2 => histogram::decode(data, false, out),
        3 => float_histogram::decode(data, false, out),
        4 => xor2::decode(data, out).ok_or(MALFORMED),
        5 => histogram::decode(data, true, out),
        6 => float_histogram::decode(data, true, out),
        other => Err(format!("chunks of encoding {other} are not known here").into()),
    }
}

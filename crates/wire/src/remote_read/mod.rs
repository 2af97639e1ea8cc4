//! Prometheus remote read: what is asked, and both forms of answer.
//!
//! ```text
//!   prometheus.ReadRequest --> decode --> queries
//!   series with samples --+--> samples::put_series --> prometheus.ReadResponse           (one snappy block)
//!                         +--> Frames::put_series ---> prometheus.ChunkedReadResponse…   (framed, with checksums)
//! ```
//!
//! Answers are written series by series: nobody holds a whole one.

pub mod chunk;
mod crc32c;
mod frames;
mod request;
pub mod samples;

pub use frames::{FRAME_BYTES_MAX, Frames};
pub use request::{Query, ReadRequest, ResponseType, decode};

use aio_types::Labels;

use crate::proto::put_bytes;

/// Labels as both answers have them, in field 1.
fn put_labels(out: &mut Vec<u8>, scratch: &mut Vec<u8>, labels: &Labels) {
    for (name, value) in labels.iter() {
        scratch.clear();
        put_bytes(scratch, 1, name.as_bytes());
        put_bytes(scratch, 2, value.as_bytes());
        put_bytes(out, 1, scratch);
    }
}

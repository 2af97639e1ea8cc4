//! Doors for hostile bytes, below the checksums that would stop them; for the fuzz targets only.

use std::path::Path;

use aio_types::Samples;

use crate::{block, chunk, log};

/// Symbols and a series of an index, `meta.json`, tombstones.
pub fn block(bytes: &[u8]) {
    block::decode_anything(Path::new("fuzz"), bytes);
}

/// A chunk. The samples it claims to have are there.
pub fn chunk(encoding: u8, data: &[u8]) {
    let mut out = Samples::default();
    if let Ok(count) = chunk::decode(encoding, data, &mut out) {
        assert_eq!(out.len(), count);
    }
}

/// A record of the log.
pub fn record(bytes: &[u8]) {
    log::decode_anything(bytes);
}

//! Doors for hostile bytes, below the checksums that would stop them; for the fuzz targets only.

use aio_types::TimeRange;

use crate::chunk::Chunk;
use crate::{block, record, tombstones};

/// The index of a block.
pub fn block_index(bytes: &[u8]) {
    let _any_answer_will_do = block::decode_series(bytes, 1 << 20);
}

/// A chunk that claims `count` samples.
pub fn chunk(count: usize, data: &[u8]) {
    let mut out = Vec::new();
    let chunk = Chunk { range: TimeRange::ALL, count, data: data.to_vec() };
    if chunk.decode(&mut out).is_some() {
        assert_eq!(out.len(), count);
    }
}

/// A deletion in the log. What was understood is written and read back the same.
pub fn tombstone(bytes: &[u8]) {
    let Some((tenant, tombstone)) = tombstones::decode_record(bytes) else { return };
    let again = tombstones::decode_record(&tombstones::encode_record(&tenant, &tombstone));
    assert_eq!(again, Some((tenant, tombstone)));
}

/// A record of the log. What was understood is written and read back the same.
pub fn record(bytes: &[u8]) {
    let Some((tenant, write)) = record::decode(bytes) else { return };
    let encoded = record::encode(&tenant, &write);
    let (_, again) = record::decode(&encoded).expect("what was written can be read");
    assert_eq!(record::encode(&tenant, &again), encoded);
}

//! Doors for hostile bytes, below the checksums that would stop them; for the fuzz targets only.

use crate::chunk::Chunk;
use crate::record;

/// A chunk without its checksum.
pub fn chunk(rest: &[u8]) {
    let checksum = crc32fast::hash(rest).to_le_bytes();
    let bytes = [&[1][..], &checksum, rest].concat();
    if let Some(chunk) = Chunk::open(&bytes) {
        let _any_answer_will_do = (chunk.entries(), chunk.bloom.may_hold(1));
    }
}

/// A record of the log. What was understood is written and read back the same.
pub fn record(bytes: &[u8]) {
    let Some(found) = record::decode(bytes) else { return };
    let encoded = record::encode(found.sequence, &found.tenant, &found.write);
    let again = record::decode(&encoded).expect("what was written can be read");
    assert_eq!(again.write, found.write);
}

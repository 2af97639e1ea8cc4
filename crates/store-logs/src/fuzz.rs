//! Doors for hostile bytes, below the checksums that would stop them; for the fuzz targets only.

use aio_kit::bytes::Writer;
use aio_types::Labels;

use crate::chunk::Chunk;
use crate::line_filter::LineFilter;
use crate::record;

/// A chunk without its checksums: columns before the first zero, the rest behind it.
pub fn chunk(bytes: &[u8]) {
    let at = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let (columns, rest) = bytes.split_at(at);
    let mut out = Writer::default();
    out.byte(2);
    out.0.extend_from_slice(&crc32fast::hash(columns).to_le_bytes());
    out.0.extend_from_slice(&crc32fast::hash(rest).to_le_bytes());
    out.blob(columns);
    out.0.extend_from_slice(rest);
    if let Some(chunk) = Chunk::open(&out.0) {
        let _any_answer_will_do = chunk.entries(&Labels::default(), &LineFilter::default());
    }
}

/// A record of the log. What was understood is written and read back the same.
pub fn record(bytes: &[u8]) {
    let Some(found) = record::decode(bytes) else { return };
    let encoded = record::encode(found.sequence, &found.tenant, &found.write);
    let again = record::decode(&encoded).expect("what was written can be read");
    assert_eq!(again.write, found.write);
}

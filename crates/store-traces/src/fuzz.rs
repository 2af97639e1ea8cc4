//! Doors for hostile bytes, below the checksums that would stop them; for the fuzz targets only.

use crate::{block, record};

/// A block's footer, tables and columns: `data` is cut into as many parts as there are.
pub fn block(data: &[u8]) {
    block::fuzz(data);
}

/// A record of the log. What was understood is written and read back the same.
pub fn record(bytes: &[u8]) {
    let Some(found) = record::decode(bytes) else { return };
    let encoded = record::encode(found.sequence, &found.tenant, found.arrival, &found.write);
    let again = record::decode(&encoded).expect("what was written can be read");
    assert_eq!(record::encode(again.sequence, &again.tenant, again.arrival, &again.write), encoded);
}

//! Doors for hostile bytes, below the checksums that would stop them; for the fuzz targets only.

use aio_types::{Samples, TimeRange};

use crate::chunk::{self, Kind, Scratch};
use crate::record::{OwnedEntry, Record};
use crate::{block, record};

/// The index of a block.
pub fn block_index(bytes: &[u8]) {
    let _any_answer_will_do = block::decode_series(bytes, 1 << 20);
}

/// A chunk of floats or histograms that claims `count` samples.
pub fn chunk(count: usize, data: &[u8]) {
    for kind in [Kind::Floats, Kind::Histograms] {
        let (mut scratch, mut out) = (Scratch::default(), Samples::default());
        let _may_fail = scratch.read_times(data, count);
        scratch.times = (0_i64..).take(count).collect();
        if chunk::decode(kind, data, &mut scratch, TimeRange::ALL, &mut out).is_some() {
            assert_eq!(out.len(), count);
        }
    }
}

/// A record of the log. What was understood is written and read back the same.
pub fn record(bytes: &[u8]) {
    let encode = |record: &Record| {
        let entries = record.series.iter().map(OwnedEntry::borrowed);
        record::encode(&record.tenant, record.epoch, &record.metadata, entries)
    };
    let Some(record) = record::decode(bytes) else { return };
    let encoded = encode(&record);
    let again = record::decode(&encoded).expect("what was written can be read");
    assert_eq!(encode(&again), encoded);
}

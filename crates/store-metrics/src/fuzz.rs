//! Doors for hostile bytes, below the checksums that would stop them; for the fuzz targets only.

use aio_types::{Samples, TimeRange};

use crate::chunk::{self, Kind, Scratch};
use crate::record::{OwnedEntry, Record};
use crate::{block, record, tombstones};

/// Whatever a block is made of, but for chunks.
pub fn block_index(bytes: &[u8]) {
    block::decode_anything(bytes);
}

/// A chunk of floats or histograms that claims `count` samples.
pub fn chunk(count: usize, data: &[u8]) {
    for kind in [Kind::Floats, Kind::Histograms] {
        let (mut scratch, mut out) = (Scratch::default(), Samples::default());
        let _may_fail = chunk::decode_times(data, count);
        let times: Vec<i64> = (0..).take(count).collect();
        if chunk::decode(kind, data, &times, &mut scratch, TimeRange::ALL, &mut out).is_some() {
            assert_eq!(out.len(), count);
        }
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
    let encode = |record: &Record| {
        let entries = record.series.iter().map(OwnedEntry::borrowed);
        record::encode(&record.tenant, record.epoch, &record.metadata, entries)
    };
    let Some(record) = record::decode(bytes) else { return };
    let encoded = encode(&record);
    let again = record::decode(&encoded).expect("what was written can be read");
    assert_eq!(encode(&again), encoded);
}

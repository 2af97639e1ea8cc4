//! The metrics store's formats, below their checksums.

use aio_store_metrics::fuzz;

pub(super) fn block(data: &[u8]) {
    fuzz::block_index(data);
}

pub(super) fn chunk(data: &[u8]) {
    let Some((count, data)) = data.split_first() else { return };
    fuzz::chunk(usize::from(*count), data);
}

pub(super) fn record(data: &[u8]) {
    fuzz::record(data);
}

pub(super) fn tombstone(data: &[u8]) {
    fuzz::tombstone(data);
}

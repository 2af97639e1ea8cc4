//! The traces store's formats, below their checksums.

use aio_store_traces::fuzz;

pub(super) fn block(data: &[u8]) {
    fuzz::block(data);
}

pub(super) fn record(data: &[u8]) {
    fuzz::record(data);
}

//! The logs store's formats, below their checksums.

use aio_store_logs::fuzz;

pub(super) fn chunk(data: &[u8]) {
    fuzz::chunk(data);
}

pub(super) fn text(data: &[u8]) {
    fuzz::text(data);
}

pub(super) fn record(data: &[u8]) {
    fuzz::record(data);
}

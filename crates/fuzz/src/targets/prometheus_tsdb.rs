//! What Prometheus keeps on disk, below its checksums.

use aio_prometheus_tsdb::fuzz;

pub(super) fn block(data: &[u8]) {
    fuzz::block(data);
}

pub(super) fn chunk(data: &[u8]) {
    let Some((encoding, data)) = data.split_first() else { return };
    fuzz::chunk(*encoding, data);
}

pub(super) fn record(data: &[u8]) {
    fuzz::record(data);
}

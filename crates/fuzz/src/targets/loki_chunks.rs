//! Files of a Loki that is imported, below their checksums.

pub(super) fn object(data: &[u8]) {
    let _any = aio_loki_chunks::decode(data);
}

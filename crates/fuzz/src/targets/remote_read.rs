//! Prometheus remote read requests, decompressed.

pub(super) fn run(data: &[u8]) {
    if let Ok(request) = aio_wire::remote_read::decode(data) {
        let _ = request.response_type();
    }
}

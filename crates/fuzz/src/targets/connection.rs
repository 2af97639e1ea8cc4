//! The bytes of an HTTP/1 connection, on their way to the server.

pub(super) fn run(data: &[u8]) {
    aio_observer::fuzz::connection(data);
}

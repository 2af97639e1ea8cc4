//! Request parameters: forms, and the times and durations in them.

pub(super) fn run(data: &[u8]) {
    aio_api::fuzz::form(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    aio_api::fuzz::params(text);
}

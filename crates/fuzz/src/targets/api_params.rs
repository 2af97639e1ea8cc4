//! Times and durations of request parameters.

pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    aio_api::fuzz::params(text);
}

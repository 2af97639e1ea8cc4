//! Configurations, rule files and `alertmanager.yml`, told apart by their content.

pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    aio_observer::fuzz::file(text);
}

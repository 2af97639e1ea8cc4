//! The notation of series in scripts and unit tests of rules.

use aio_promql::notation;

pub(super) fn run(data: &[u8]) {
    let Ok(line) = std::str::from_utf8(data) else { return };
    if notation::is_starts(line) {
        let _any_error_will_do = notation::starts(line);
    } else {
        let _any_error_will_do = notation::series(line);
    }
}

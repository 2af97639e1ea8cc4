//! PromQL: parsed, and evaluated over a few series.

use aio_promql::{Config, Engine, Options};
use aio_types::{TimeRange, TimestampMs};

use crate::source::metrics;

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

pub(super) fn run(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    let engine = Engine::new(Config { max_samples: 10_000, ..Config::default() });
    let options = Options::default();
    let minute = TimeRange { start: NOW, end: TimestampMs(NOW.0 + 60_000) };
    let _any_error_will_do = engine.instant(&metrics(), query, NOW, &options);
    let _any_error_will_do = engine.range(&metrics(), query, minute, 20_000, &options);
}

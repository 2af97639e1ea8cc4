//! PromQL: parsed, and evaluated over a few series.

use aio_promql::{Config, Engine};
use aio_types::TimestampMs;

use crate::source::Few;

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

pub(super) fn run(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    let engine = Engine::new(Config { max_samples: 10_000, ..Config::default() });
    let _any_error_will_do = engine.instant(&Few, query, NOW, &|| false);
    let _any_error_will_do = engine.range(&Few, query, NOW, TimestampMs(NOW.0 + 60_000), 20_000, &|| false);
}

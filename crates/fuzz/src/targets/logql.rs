//! LogQL: parsed, and evaluated over a few lines.

use std::sync::atomic::AtomicBool;

use aio_logql::{Direction, Engine, Limits, RangeRequest, parse, parse_matchers};
use aio_types::TimestampNs;

use crate::source::Few;

const NOW: i64 = 1_700_000_000_000_000_000;

pub(super) fn run(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    let _any_error_will_do = parse_matchers(query);
    let Ok(expr) = parse(query) else { return };
    let engine = Engine::new(Limits { samples_max: 10_000, series_max: 100, line_bytes_max: 1 << 20 });
    let request = RangeRequest {
        start: TimestampNs(NOW),
        end: TimestampNs(NOW + 60_000_000_000),
        step_ns: 20_000_000_000,
        limit: 10,
        direction: Direction::Backward,
    };
    let _any_error_will_do = engine.range(&expr, &Few, &request, &AtomicBool::new(false));
}

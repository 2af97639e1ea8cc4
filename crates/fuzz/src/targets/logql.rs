//! LogQL: parsed, and evaluated over a few lines.

use std::sync::atomic::AtomicBool;

use aio_logql::{Config, Direction, Engine, Expr, RangeRequest, parse, parse_matchers};
use aio_types::TimestampNs;

use crate::source::Few;

const NOW: i64 = 1_700_000_000_000_000_000;

pub(super) fn run(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    let _any_error_will_do = parse_matchers(query);
    let Ok(expr) = parse(query) else { return };
    print(query, &expr);
    let engine =
        Engine::new(Config { samples_max: 10_000, series_max: 100, line_bytes_max: 1 << 20, ..Config::default() });
    let request = RangeRequest {
        start: TimestampNs(NOW),
        end: TimestampNs(NOW + 60_000_000_000),
        step_ns: 20_000_000_000,
        limit: 10,
        direction: Direction::Backward,
        interval_ns: 0,
        partial: false,
    };
    let _any_error_will_do = engine.range(&expr, &Few, &request, &AtomicBool::new(false));
}

/// What parses prints to what parses to the same; a number that is none has no spelling.
fn print(query: &str, expr: &Expr) {
    let printed = expr.to_string();
    if printed.contains("NaN") || printed.contains("Inf") {
        return;
    }
    for text in [&printed, &expr.pretty()] {
        let again = parse(text).map(|expr| expr.to_string());
        assert_eq!(again.ok().as_ref(), Some(&printed), "{query:?} is printed as {text:?}");
    }
}

/// A line that meets every parser.
pub(super) fn stages(data: &[u8]) {
    if let Ok(line) = std::str::from_utf8(data) {
        aio_logql::fuzz::stages(line);
    }
}

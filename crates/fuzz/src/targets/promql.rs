//! PromQL: parsed, printed and parsed again, and evaluated over a few series.

use aio_promql::parse::{ParseOptions, parse, parse_selector};
use aio_promql::{Config, Engine, Options};
use aio_types::{TimeRange, TimestampMs};

use crate::source::metrics;

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

pub(super) fn run(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    print(query);
    let engine = Engine::new(Config { max_samples: 10_000, ..Config::default() });
    let options = Options::default();
    let minute = TimeRange { start: NOW, end: TimestampMs(NOW.0 + 60_000) };
    let _any_error_will_do = engine.instant(&metrics(), query, NOW, &options);
    let _any_error_will_do = engine.range(&metrics(), query, minute, 20_000, &options);
}

/// What parses prints to what parses to the same.
fn print(query: &str) {
    let options = ParseOptions::default();
    let _any_error_will_do = parse_selector(query);
    let _any_error_will_do = aio_types::pattern::translate(query);
    let Ok(expr) = parse(query, &options) else { return };
    for text in [expr.to_string(), expr.pretty()] {
        let again = parse(&text, &options).map(|expr| expr.to_string());
        assert_eq!(again.as_ref(), Ok(&expr.to_string()), "{query:?} is printed as {text:?}");
    }
}

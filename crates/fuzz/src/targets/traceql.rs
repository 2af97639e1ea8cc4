//! TraceQL: parsed, printed, and asked of a small trace.

use std::sync::atomic::AtomicBool;

use aio_traceql::ast::Root;
use aio_traceql::{Filter, Grid, MetricsRequest, SearchRequest, metrics, parse, search};
use aio_types::TimestampNs;

use crate::source::Few;

pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _any_will_do = Filter::of_incomplete(text);
    let Ok(query) = parse(text) else { return };
    let printed = query.to_string();
    assert_eq!(parse(&printed).map(|query| query.to_string()).ok(), Some(printed), "{text:?}");
    let stop = AtomicBool::new(false);
    if matches!(query.root, Root::Metrics(_)) {
        let grid = Grid::range(TimestampNs(0), TimestampNs(10_000_000_000), 1_000_000_000);
        let request = MetricsRequest { query, grid, exemplars: 5, series_max: 10 };
        let _any_error_will_do = metrics(&Few, &request, &stop);
        return;
    }
    let request = SearchRequest {
        query,
        start: TimestampNs::MIN,
        end: TimestampNs::MAX,
        min_duration_ns: 0,
        max_duration_ns: i64::MAX,
        limit: 10,
        spans_per_set: 3,
    };
    let _any_error_will_do = search(&Few, &request, &stop);
}

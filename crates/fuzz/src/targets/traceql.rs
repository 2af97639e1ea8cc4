//! TraceQL: parsed, and searched for in a small trace.

use std::sync::atomic::AtomicBool;

use aio_traceql::{SearchRequest, parse, search};
use aio_types::TimestampNs;

use crate::source::Few;

pub(super) fn run(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    let Ok(query) = parse(query) else { return };
    let request = SearchRequest {
        query,
        start: TimestampNs::MIN,
        end: TimestampNs::MAX,
        min_duration_ns: 0,
        max_duration_ns: i64::MAX,
        limit: 10,
        spans_per_set: 3,
    };
    let _any_error_will_do = search(&Few, &request, &AtomicBool::new(false));
}

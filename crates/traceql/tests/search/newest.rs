//! Which traces a search finds.

use std::sync::atomic::AtomicBool;

use aio_traceql::{Error, search};

use crate::fixture::{Fixed, one, request, span};

#[test]
fn the_traces_that_began_last_are_found_although_bounds_are_only_bounds() {
    // The first was handed out by its newest span, but began long before.
    let traces = vec![
        (100, one(1, vec![span(1, &[]), span(100, &[])])),
        (90, one(2, vec![span(90, &[])])),
        (80, one(3, vec![span(80, &[])])),
        (70, one(4, vec![span(70, &[])])),
    ];
    for (limit, want) in [(1, vec![2]), (2, vec![2, 3]), (9, vec![2, 3, 4, 1])] {
        let source = Fixed(traces.clone());
        let (found, inspected) = search(&source, &request("{}", limit), &AtomicBool::new(false)).expect("answers");
        assert_eq!(found.iter().map(|t| t.trace_id.0[0]).collect::<Vec<_>>(), want);
        assert!(limit > 2 || inspected.traces < 4, "the rest is not looked at: {inspected:?}");
    }
}

#[test]
fn a_query_that_is_told_to_stop_stops() {
    let source = Fixed(vec![(0, one(1, vec![span(0, &[])]))]);
    assert!(matches!(search(&source, &request("{}", 1), &AtomicBool::new(true)), Err(Error::Stopped)));
}

#[test]
fn metrics_are_no_search() {
    let source = Fixed(Vec::new());
    let asked = search(&source, &request("{} | rate()", 1), &AtomicBool::new(false));
    assert!(matches!(asked, Err(Error::Unfit(_))), "{asked:?}");
}

//! Where an answer ends.

use std::sync::atomic::AtomicBool;

use aio_source::TraceSpans;
use aio_traceql::{Error, metrics};

use crate::fixture::{Fixed, S, int, request, run, shown, span, steps, trace};

fn traces() -> Vec<TraceSpans> {
    (1..=3_u8).map(|n| trace(n.into(), vec![span(i64::from(n) * S, 1, &[("n", int(n.into()))])])).collect()
}

#[test]
fn more_series_than_wanted_are_cut_and_told_of() {
    let mut request = request("{} | count_over_time() by (.n)", steps());
    for (most, len, is_partial) in [(2, 2, true), (3, 3, false), (9, 3, false)] {
        request.series_max = most;
        let answer = run(&request, &traces()).expect("answers");
        assert_eq!((answer.series.len(), answer.is_partial), (len, is_partial), "{most}");
        assert_eq!(shown(&answer.series[0]), ".n=1: 1 0 0", "those with the first labels stay");
    }
}

#[test]
fn the_largest_are_chosen_before_series_are_cut() {
    let mut request = request("{} | max_over_time(.n) by (.n) | topk(1)", steps());
    request.series_max = 1;
    let answer = run(&request, &traces()).expect("answers");
    assert_eq!((shown(&answer.series[0]).as_str(), answer.is_partial), (".n=3: 3 - -", false));
}

#[test]
fn what_was_looked_at_is_told() {
    let inspected = run(&request("{} | rate()", steps()), &traces()).expect("answers").inspected;
    assert_eq!((inspected.traces, inspected.spans), (3, 3));
}

#[test]
fn a_query_that_is_told_to_stop_stops() {
    let asked = metrics(&Fixed(traces()), &request("{} | rate()", steps()), &AtomicBool::new(true));
    assert!(matches!(asked, Err(Error::Stopped)), "{asked:?}");
}

#[test]
fn spans_are_no_series() {
    let asked = run(&request("{}", steps()), &traces());
    assert!(matches!(asked, Err(Error::Unfit(_))), "{asked:?}");
}

#[test]
fn operators_that_meet_several_sets_are_an_error() {
    let asked = run(&request("({} | by(.n)) > ({} | by(name)) | rate()", steps()), &traces());
    assert!(asked.is_ok(), "one set each: {asked:?}");
    let both = [trace(1, vec![span(S, 1, &[("n", int(1))]), span(2 * S, 1, &[("n", int(2))])])];
    let asked = run(&request("({} | by(.n)) > ({} | by(name)) | rate()", steps()), &both);
    assert!(matches!(asked, Err(Error::Evaluation(_))), "{asked:?}");
}

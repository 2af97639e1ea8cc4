//! Spans that stand for others.

use aio_source::TraceSpans;
use aio_traceql::Series;

use crate::fixture::{S, int, request, run, span, steps, text, trace};

fn traces() -> Vec<TraceSpans> {
    vec![
        trace(0xab, vec![span(5 * S, 2 * S, &[("n", int(7)), ("s", text("x"))])]),
        trace(0xcd, vec![span(14 * S, 4 * S, &[("s", text("x"))]), span(15 * S, 5 * S, &[("n", int(9))])]),
    ]
}

fn asked(query: &str, exemplars: usize, traces: &[TraceSpans]) -> Vec<Series> {
    let mut request = request(query, steps());
    request.exemplars = exemplars;
    run(&request, traces).unwrap_or_else(|error| panic!("{query}: {error}")).series
}

/// All of them as `id label=value@seconds: value`, by series.
fn shown(query: &str, exemplars: usize) -> String {
    let series = asked(query, exemplars, &traces());
    let exemplars = series.iter().flat_map(|series| &series.exemplars).map(|exemplar| {
        let labels: Vec<String> = exemplar.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}@{}: {}", labels.join(" "), exemplar.time.0 / S, exemplar.value)
    });
    exemplars.collect::<Vec<_>>().join("; ")
}

#[test]
fn exemplars_have_a_trace_and_a_value() {
    for (query, want) in [
        // One of each trace. Ids have no leading zeros, and values are those of the series where spans have none.
        ("{} | rate()", "trace:id=`ab`@5: 0.1; trace:id=`cd`@14: 0.2"),
        ("{} | count_over_time()", "trace:id=`ab`@5: 1; trace:id=`cd`@14: 2"),
        ("{} | max_over_time(duration)", "trace:id=`ab`@5: 2; trace:id=`cd`@14: 4"),
        ("{} | quantile_over_time(duration, 0.5)", "trace:id=`ab`@5: 2; trace:id=`cd`@14: 4"),
        // Spans that do not count stand for nothing.
        ("{} | sum_over_time(.n)", "trace:id=`ab`@5: 7; trace:id=`cd`@15: 9"),
        ("{} | histogram_over_time(.n)", "trace:id=`cd`@15: 1; trace:id=`ab`@5: 1"),
        ("{} | count_over_time() by (.s)", "trace:id=`ab` .s=`x`@5: 1; trace:id=`cd` .s=`x`@14: 1"),
        // They go where their series goes.
        ("({} | count_over_time()) * 10", "trace:id=`ab`@5: 10; trace:id=`cd`@14: 20"),
        ("({} | max_over_time(duration)) * 10", "trace:id=`ab`@5: 20; trace:id=`cd`@14: 40"),
        ("{} | count_over_time() > 1", "trace:id=`cd`@14: 2"),
        ("{} | max_over_time(duration) > 3", "trace:id=`cd`@14: 4"),
        ("{.none = 1} | rate()", ""),
    ] {
        assert_eq!(shown(query, 100), want, "{query}");
    }
    assert_eq!(shown("{} | rate()", 0), "");
    assert_eq!(shown("{} | rate()", 1), "trace:id=`ab`@5: 0.1");
}

#[test]
fn of_two_queries_those_of_both_are_kept() {
    let query = "({} | count_over_time()) + ({} | count_over_time())";
    let want = "trace:id=`ab`@5: 2; trace:id=`ab`@5: 2; trace:id=`cd`@14: 4; trace:id=`cd`@14: 4";
    assert_eq!(shown(query, 100), want);
    // Those of what was told apart are kept where the other side is the same for all.
    let query = "({.s != nil} | count_over_time() by (.s)) / ({} | count_over_time())";
    assert_eq!(shown(query, 100), "trace:id=`ab` .s=`x`@5: 1; trace:id=`cd` .s=`x`@14: 0.5");
}

#[test]
fn the_highest_quantile_has_the_exemplars() {
    let series = asked("{} | quantile_over_time(duration, 0.5, 0.9)", 100, &traces());
    assert_eq!(series.iter().map(|series| series.exemplars.len()).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn exemplars_are_few_and_spread_over_the_range() {
    // A hundred traces that begin within so many seconds from the first.
    let crowd = |len: i64| {
        let one = |n: u64| trace(n, vec![span(S + n as i64 * len * S / 100, 1, &[])]);
        (1..=100).map(one).collect::<Vec<_>>()
    };
    let count = |traces: &[TraceSpans], most| asked("{} | rate()", most, traces)[0].exemplars.len();
    let spread = crowd(28);
    assert_eq!(count(&spread, 10), 10);
    assert_eq!(count(&spread, 1), 1);
    // At most two of a part of the range.
    let close = crowd(2);
    assert_eq!(count(&close, 10), 2);
    let times: Vec<i64> =
        asked("{} | rate()", 10, &spread)[0].exemplars.iter().map(|exemplar| exemplar.time.0).collect();
    assert!(times.is_sorted() && times.last().is_some_and(|last| *last > 24 * S), "{times:?}");
}

//! What the functions make of spans.

use aio_source::TraceSpans;
use aio_traceql::Grid;
use aio_types::{AttributeValue, SpanId, TimestampNs};

use crate::fixture::{S, ask, int, span, steps, text, trace};

/// Of the steps to 10, 20 and 30 s the first has a span and the second two; others are just outside.
fn traces() -> Vec<TraceSpans> {
    let x = || ("s", text("x"));
    vec![
        trace(1, vec![span(0, 90 * S, &[("n", int(100))]), span(10 * S, 1 << 30, &[("n", int(4)), x()])]),
        trace(2, vec![span(11 * S, S, &[("n", int(1)), x()])]),
        trace(3, vec![span(20 * S, 3 * S, &[("n", AttributeValue::Double(2.5))])]),
        trace(4, vec![span(30 * S + 1, S, &[("n", int(100))])]),
    ]
}

#[test]
fn a_step_has_its_last_moment_and_not_its_first() {
    for (query, want) in [
        ("{} | rate()", "__name__=`rate`: 0.1 0.2 0"),
        ("{} | count_over_time()", "__name__=`count_over_time`: 1 2 0"),
        ("{} | min_over_time(.n)", "__name__=`min_over_time`: 4 1 -"),
        ("{} | max_over_time(.n)", "__name__=`max_over_time`: 4 2.5 -"),
        ("{} | sum_over_time(.n)", "__name__=`sum_over_time`: 4 3.5 -"),
        ("{} | avg_over_time(.n)", "__name__=`avg_over_time`: 4 1.75 -"),
        // Durations are told in seconds.
        ("{} | min_over_time(duration)", "__name__=`min_over_time`: 1.073741824 1 -"),
        ("{} | sum_over_time(duration)", "__name__=`sum_over_time`: 1.073741824 4 -"),
        // What is less than 2, and floats, are in no bucket; steps without any are 0.
        ("{} | quantile_over_time(.n, 0.5)", "p=0.5: 4 0 0"),
        (
            "{} | quantile_over_time(duration, 0.5, 1)",
            "p=0.5: 1.073741824 1.073741824 0; p=1.0: 1.073741824 4.294967296 0",
        ),
        ("{} | histogram_over_time(.n)", "__bucket=4.0: 1 0 0"),
        ("{} | histogram_over_time(duration)", "__bucket=1.073741824: 1 1 0; __bucket=4.294967296: 0 1 0"),
    ] {
        assert_eq!(ask(query, steps(), &traces()), want, "{query}");
    }
}

#[test]
fn groups_are_labelled_by_what_they_have() {
    for (query, want) in [
        ("{} | count_over_time() by (.s)", ".s=`x`: 1 1 0; .s=nil: 0 1 0"),
        // What is missing has no label, but for the first where all is.
        ("{} | count_over_time() by (.s, name)", ".s=`x`,name=`GET`: 1 1 0; name=`GET`: 0 1 0"),
        ("{} | count_over_time() by (.a, .b)", ".a=nil: 1 2 0"),
        ("{} | rate() by (.n)", ".n=1: 0 0.1 0; .n=2.5: 0 0.1 0; .n=4: 0.1 0 0"),
        ("{} | min_over_time(.n) by (.s)", ".s=`x`: 4 1 -; .s=nil: - 2.5 -"),
        ("{} | avg_over_time(.n) by (span.s, status)", "span.s=`x`,status=unset: 4 1 -; status=unset: - 2.5 -"),
        // Other labels follow here.
        (
            "{} | quantile_over_time(duration, 1) by (.s)",
            ".s=`x`,p=1.0: 1.073741824 1.073741824 0; p=1.0: 0 4.294967296 0",
        ),
        (
            "{} | histogram_over_time(duration) by (.s)",
            ".s=`x`,__bucket=1.073741824: 1 1 0; __bucket=4.294967296: 0 1 0",
        ),
    ] {
        assert_eq!(ask(query, steps(), &traces()), want, "{query}");
    }
}

#[test]
fn groups_by_lists_are_told_as_text() {
    let list = AttributeValue::Array(vec![text("a"), int(1)]);
    let traces = [trace(1, vec![span(10 * S, 1, &[("l", list)])])];
    assert_eq!(ask("{} | count_over_time() by (.l)", steps(), &traces), ".l=`[\"a\", 1]`: 1 0 0");
}

#[test]
fn nothing_is_counted_without_labels_only() {
    for (query, want) in [
        ("{.none = 1} | rate()", "__name__=`rate`: 0 0 0"),
        ("{.none = 1} | count_over_time()", "__name__=`count_over_time`: 0 0 0"),
        ("{.none = 1} | rate() by (name)", ""),
        ("{.none = 1} | min_over_time(duration)", ""),
        ("{.none = 1} | quantile_over_time(duration, 0.5)", ""),
        ("{.none = 1} | histogram_over_time(duration)", ""),
        // Text is no number.
        ("{} | max_over_time(.s)", ""),
        ("{} | sum_over_time(.none) by (.s)", ""),
        ("{} | quantile_over_time(.s, 0.5)", ""),
    ] {
        assert_eq!(ask(query, steps(), &traces()), want, "{query}");
    }
}

#[test]
fn an_instant_has_one_number_of_both_ends_and_all_between() {
    for (query, want) in [
        ("{} | rate()", "__name__=`rate`: 0.3"),
        ("{} | count_over_time() by (.s)", ".s=`x`: 2; .s=nil: 1"),
        ("{} | min_over_time(.n)", "__name__=`min_over_time`: 1"),
        ("{} | avg_over_time(.n)", "__name__=`avg_over_time`: 2.5"),
        ("{} | max_over_time(duration)", "__name__=`max_over_time`: 3"),
        ("{} | quantile_over_time(duration, 0.5, 0.9)", "p=0.5: 1.073741824; p=0.9: 4.294967296"),
        ("{} | histogram_over_time(duration)", "__bucket=1.073741824: 2; __bucket=4.294967296: 1"),
        ("{} | rate() by (.s) | topk(1)", ".s=`x`: 0.2"),
        ("{.none = 1} | rate()", "__name__=`rate`: 0"),
    ] {
        let grid = Grid::instant(TimestampNs(10 * S), TimestampNs(20 * S));
        assert_eq!(ask(query, grid, &traces()), want, "{query}");
    }
}

#[test]
fn a_range_has_one_step_more_before_it() {
    // Twelve minutes come to thirteen numbers.
    let grid = Grid::range(TimestampNs(60 * S), TimestampNs(780 * S), 60 * S);
    let traces = [trace(1, vec![span(1, 1, &[]), span(60 * S + 1, 1, &[]), span(780 * S, 1, &[])])];
    let want = "__name__=`count_over_time`: 1 1 0 0 0 0 0 0 0 0 0 0 1";
    assert_eq!(ask("{} | count_over_time()", grid, &traces), want);
}

#[test]
fn quantiles_lie_between_powers_of_two() {
    let spans = [2, 3, 4, 7, 8].iter().zip(1..).map(|(n, at)| span(at * S, 1, &[("n", int(*n))])).collect();
    let traces = [trace(1, spans)];
    let ask = |q: &str| ask(&format!("{{}} | quantile_over_time(.n, {q})"), steps(), &traces);
    // Buckets 2, 4, 4, 8, 8.
    assert_eq!(ask("0.2"), "p=0.2: 2 0 0");
    assert_eq!(ask("0.6"), "p=0.6: 4 0 0");
    assert_eq!(ask("1"), "p=1.0: 8 0 0");
    let between = |bottom: f64| bottom * 2_f64.powf(0.5);
    assert_eq!(ask("0.4"), format!("p=0.4: {} 0 0", between(2.0)));
    assert_eq!(ask("0.8"), format!("p=0.8: {} 0 0", between(4.0)));
    assert_eq!(ask("0"), "p=0.0: 2 0 0");
}

#[test]
fn traces_are_judged_as_a_whole_and_spans_count_where_they_start() {
    // The parent starts long before the range, its children around the ends of it.
    let child = |start: i64| {
        let mut child = span(start, S, &[]);
        child.parent_span_id = SpanId((-100 * S).to_be_bytes());
        child
    };
    let spans = vec![span(-100 * S, 200 * S, &[("n", int(1))]), child(0), child(5 * S), child(30 * S), child(31 * S)];
    let traces = [trace(1, spans)];
    for (query, want) in [
        ("{.n = 1} > {} | count_over_time()", "__name__=`count_over_time`: 1 0 1"),
        ("{.n = 1} | count_over_time()", "__name__=`count_over_time`: 0 0 0"),
        ("{traceDuration = 200s} | count_over_time()", "__name__=`count_over_time`: 1 0 1"),
        ("{} | count() > 4 | count_over_time()", "__name__=`count_over_time`: 1 0 1"),
        ("{} | by(.n) | count_over_time()", "__name__=`count_over_time`: 1 0 1"),
    ] {
        assert_eq!(ask(query, steps(), &traces), want, "{query}");
    }
}

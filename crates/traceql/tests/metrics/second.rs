//! What becomes of series.

use aio_source::TraceSpans;

use crate::fixture::{S, ask, span, steps, text, trace};

/// By step: three, one and none of a; one, two and none of b. The spans of b last two seconds each.
fn traces() -> Vec<TraceSpans> {
    let of = |s: &str, count: i64, step: i64, duration: i64| {
        (1..=count).map(|n| span(step * 10 * S + n, duration, &[("s", text(s))])).collect::<Vec<_>>()
    };
    let a = [of("a", 3, 0, S), of("a", 1, 1, S)].concat();
    let b = [of("b", 1, 0, 2 * S), of("b", 2, 1, 2 * S)].concat();
    vec![trace(1, a), trace(2, b)]
}

fn check(table: &[(&str, &str)]) {
    for (query, want) in table {
        let query = query.replace("COUNT", "{} | count_over_time() by (.s)");
        assert_eq!(ask(&query, steps(), &traces()), *want, "{query}");
    }
}

#[test]
fn the_largest_and_the_smallest_are_those_of_each_moment() {
    check(&[
        ("COUNT", ".s=`a`: 3 1 0; .s=`b`: 1 2 0"),
        // Of equals the first by its labels.
        ("COUNT | topk(1)", ".s=`a`: 3 - 0; .s=`b`: - 2 -"),
        ("COUNT | bottomk(1)", ".s=`a`: - 1 0; .s=`b`: 1 - -"),
        ("COUNT | topk(2)", ".s=`a`: 3 1 0; .s=`b`: 1 2 0"),
        ("COUNT | bottomk(7)", ".s=`a`: 3 1 0; .s=`b`: 1 2 0"),
        // Where there is no number there is none to choose.
        ("{} | max_over_time(duration) by (.s) | topk(1)", ".s=`b`: 2 2 -"),
        ("{} | max_over_time(duration) by (.s) | bottomk(1)", ".s=`a`: 1 1 -"),
        ("COUNT | topk(1) > 2", ".s=`a`: 3 - -"),
        ("COUNT > 1 | bottomk(1)", ".s=`a`: 3 - -; .s=`b`: - 2 -"),
        ("{} | quantile_over_time(duration, 0, 1) | topk(1)", "p=0.0: - - 0; p=1.0: 2.147483648 2.147483648 -"),
    ]);
}

#[test]
fn filters_keep_the_numbers_that_compare_so() {
    check(&[
        ("COUNT > 1", ".s=`a`: 3 - -; .s=`b`: - 2 -"),
        ("COUNT >= 3", ".s=`a`: 3 - -"),
        ("COUNT > 3", ""),
        ("COUNT = 0", ".s=`a`: - - 0; .s=`b`: - - 0"),
        ("COUNT != 1 < 2.5", ".s=`a`: - - 0; .s=`b`: - 2 0"),
        ("COUNT <= -1", ""),
        ("{} | rate() > 0.35", "__name__=`rate`: 0.4 - -"),
        ("{} | rate() > 1", ""),
        // Durations are compared in seconds; what is no number compares with nothing.
        ("{} | max_over_time(duration) by (.s) >= 1500ms", ".s=`b`: 2 2 -"),
        ("{} | max_over_time(duration) by (.s) != 1s", ".s=`b`: 2 2 -"),
        ("COUNT > 1 + 1", ".s=`a`: 3 - -"),
    ]);
}

#[test]
fn numbers_go_with_constants() {
    check(&[
        ("(COUNT) * 10", ".s=`a`: 30 10 0; .s=`b`: 10 20 0"),
        ("(COUNT) / 2", ".s=`a`: 1.5 0.5 0; .s=`b`: 0.5 1 0"),
        ("(COUNT) + 0.5", ".s=`a`: 3.5 1.5 0.5; .s=`b`: 1.5 2.5 0.5"),
        ("10 - (COUNT)", ".s=`a`: 7 9 10; .s=`b`: 9 8 10"),
        // What is divided by zero is no number.
        ("6 / (COUNT)", ".s=`a`: 2 6 -; .s=`b`: 6 3 -"),
        ("(COUNT) / 0", ""),
        ("(COUNT > 1) * 2", ".s=`a`: 6 - -; .s=`b`: - 4 -"),
        ("({} | max_over_time(duration)) * 1000", "__name__=`max_over_time`: 2000 2000 -"),
        ("2 * (COUNT | topk(1)) + 1", ".s=`a`: 7 - 1; .s=`b`: - 5 -"),
    ]);
}

#[test]
fn series_go_with_those_of_the_same_labels() {
    check(&[
        (
            "({.s = \"a\"} | count_over_time()) / ({} | count_over_time())",
            "__name__=`(count_over_time / count_over_time)`: 0.75 0.3333333333333333 -",
        ),
        ("({} | rate()) - ({} | count_over_time())", "__name__=`(rate - count_over_time)`: -3.6 -2.7 0"),
        // One without labels goes with all.
        ("(COUNT) / ({} | count_over_time())", ".s=`a`: 0.75 0.3333333333333333 -; .s=`b`: 0.25 0.6666666666666666 -"),
        ("({} | count_over_time()) - (COUNT)", ".s=`a`: 1 2 0; .s=`b`: 3 1 0"),
        // What is on one side only is dropped.
        ("(COUNT) - ({.s = \"b\"} | count_over_time() by (.s))", ".s=`b`: 0 0 0"),
        ("({.s = \"b\"} | count_over_time() by (.s)) + (COUNT)", ".s=`b`: 2 4 0"),
        ("(COUNT) + ({} | count_over_time() by (name))", ""),
        ("(COUNT) + ({.s = \"none\"} | count_over_time() by (.s))", ""),
        // Gaps stay gaps.
        ("(COUNT > 1) + (COUNT)", ".s=`a`: 6 - -; .s=`b`: - 4 -"),
        ("((COUNT) + (COUNT)) * (COUNT)", ".s=`a`: 18 2 0; .s=`b`: 2 8 0"),
        ("((COUNT) - ({} | count_over_time())) * 2", ".s=`a`: -2 -4 0; .s=`b`: -6 -2 0"),
    ]);
}

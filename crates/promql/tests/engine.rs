//! What scripts cannot say: settings that servers have, limits, counts, cancellation.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::atomic::{AtomicUsize, Ordering};

use aio_promql::{Config, Engine, Error, Options, Outcome, Value, notation};
use aio_source::FixedMetrics;
use aio_types::{TimeRange, TimestampMs};

const MINUTE: i64 = 60_000;

fn source(lines: &[&str]) -> FixedMetrics {
    let mut source = FixedMetrics::default();
    for line in lines {
        let series = notation::series(line).unwrap();
        source.series.insert(series.labels, notation::samples(&series.values, &[], MINUTE));
    }
    source
}

fn two_counters() -> FixedMetrics {
    source(&[r#"a_total{x="1"} 0+60x10"#, r#"b_total{x="1"} 0+120x10"#, r#"b_total{x="2"} 0+120x10"#])
}

fn instant(config: Config, source: &FixedMetrics, query: &str) -> Result<Outcome, Error> {
    Engine::new(config).instant(source, query, TimestampMs(10 * MINUTE), &Options::default())
}

fn range(config: Config, source: &FixedMetrics, query: &str, options: &Options<'_>) -> Result<Outcome, Error> {
    Engine::new(config).range(source, query, TimeRange::new(0, 10 * MINUTE), MINUTE, options)
}

fn shown(outcome: &Outcome) -> String {
    match &outcome.value {
        Value::Vector(samples) => {
            let one = |s: &aio_promql::VectorSample| format!("{} {:?}", s.labels, s.value.float().unwrap());
            samples.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn names_go_at_once_unless_removal_is_delayed() {
    let delayed = || Config { delayed_name_removal: true, ..Config::default() };
    let both = r#"rate({__name__=~"._total", x="1"}[5m])"#;
    let error = instant(Config::default(), &two_counters(), both).unwrap_err();
    assert_eq!(error.to_string(), "vector cannot contain metrics with the same labelset");
    let named = format!(r#"label_replace({both}, "of", "$1", "__name__", "(.)_total")"#);
    assert!(instant(Config::default(), &two_counters(), &named).is_err());
    let outcome = instant(delayed(), &two_counters(), &named).unwrap();
    assert_eq!(shown(&outcome), r#"{of="a", x="1"} 1.0, {of="b", x="1"} 2.0"#);
    let by_name = "sum by (__name__) (rate(b_total[5m]))";
    assert_eq!(shown(&instant(Config::default(), &two_counters(), by_name).unwrap()), "{} 4.0");
    assert!(instant(delayed(), &two_counters(), both).is_err());
}

#[test]
fn a_query_holds_no_more_samples_than_it_may() {
    let config = |max_samples| Config { max_samples, ..Config::default() };
    for (query, enough) in [("a_total", 11), ("rate(a_total[5m])", 11), ("sum(b_total)", 22)] {
        let options = Options::default();
        assert!(range(config(4), &two_counters(), query, &options).is_err_and(|e| matches!(e, Error::TooManySamples)));
        assert!(range(config(enough), &two_counters(), query, &options).is_ok(), "{query}");
    }
}

#[test]
fn a_query_nobody_waits_for_stops() {
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) >= 3;
    let options = Options { stop: &stop, ..Options::default() };
    let query = "sum(rate(a_total[5m])) + sum(rate(b_total[5m]))";
    let error = range(Config::default(), &two_counters(), query, &options).unwrap_err();
    assert!(matches!(error, Error::Timeout), "{error}");
}

#[test]
fn samples_are_counted_by_step() {
    let options = Options { per_step_stats: true, ..Options::default() };
    for (query, total, first, last) in [
        ("a_total", 11, 1, 1),
        ("count_over_time(a_total[2m])", 21, 1, 2),
        ("b_total @ 60", 22, 2, 2),
        ("sum_over_time(a_total[2m:1m])", 21, 1, 2),
    ] {
        let stats = range(Config::default(), &two_counters(), query, &options).unwrap().stats;
        let per_step = stats.samples_per_step.unwrap();
        assert_eq!(per_step.iter().sum::<u64>(), stats.samples, "{query}");
        assert_eq!((stats.samples, per_step[0], per_step[10]), (total, first, last), "{query}");
    }
}

#[test]
fn lookback_is_a_setting_and_an_option() {
    let source = source(&["m 1 _x20"]);
    let engine = |lookback_ms| Engine::new(Config { lookback_ms, ..Config::default() });
    let at = TimestampMs(6 * MINUTE);
    let is_empty = |outcome: Outcome| outcome.value == Value::Vector(Vec::new());
    let plain = Options::default();
    let longer = Options { lookback_ms: Some(7 * MINUTE), ..Options::default() };
    assert!(is_empty(engine(5 * MINUTE).instant(&source, "m", at, &plain).unwrap()));
    assert!(!is_empty(engine(7 * MINUTE).instant(&source, "m", at, &plain).unwrap()));
    assert!(!is_empty(engine(5 * MINUTE).instant(&source, "m", at, &longer).unwrap()));
}

#[test]
fn types_of_metrics_are_told_by_labels_where_that_is_set() {
    let config = || Config { type_and_unit_labels: true, ..Config::default() };
    let source = source(&[r#"m{__type__="gauge"} 0+1x10"#, r#"n{__type__="counter"} 0+1x10"#]);
    let infos = instant(config(), &source, "rate(m[5m])").unwrap().infos;
    let why = r#"metric might not be a counter, __type__ label is not set to "counter" or "histogram", got "gauge""#;
    assert_eq!(infos, [format!("PromQL info: {why}: \"m\" (1:6)")]);
    assert!(instant(config(), &source, "rate(n[5m])").unwrap().infos.is_empty());
    assert_eq!(shown(&instant(config(), &source, "-n").unwrap()), "{} -10.0");
}

#[test]
fn notes_say_line_and_column() {
    let outcome = instant(Config::default(), &source(&["m 0+1x10"]), "1 +\n  rate(m[5m])").unwrap();
    assert!(outcome.infos[0].ends_with(": \"m\" (2:8)"), "{:?}", outcome.infos);
}

#[test]
fn ranges_are_of_vectors_and_scalars() {
    let source = two_counters();
    for (query, why) in [("a_total[5m]", "range vector"), ("\"a\"", "string")] {
        let error = range(Config::default(), &source, query, &Options::default()).unwrap_err();
        let expected = format!("invalid expression type \"{why}\" for range query, must be Scalar or instant Vector");
        assert_eq!(error.to_string(), expected);
    }
    assert!(range(Config::default(), &source, "1", &Options::default()).is_ok());
}

#[test]
fn durations_know_the_query() {
    let source = two_counters();
    let outcome = range(Config::default(), &source, "count_over_time(a_total[step() * 3])", &Options::default());
    let Value::Matrix(series) = outcome.unwrap().value else { panic!() };
    assert_eq!(series[0].samples.floats[10].v, 3.0);
    let error = instant(Config::default(), &source, "a_total[0m * 1]").unwrap_err();
    assert!(matches!(error, Error::Parse(_)), "{error}");
    assert!(error.to_string().ends_with("duration must be greater than 0"), "{error}");
}

/// On a stack such as a server gives its threads.
#[test]
fn the_longest_expressions_are_answered() {
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(answer_the_longest).unwrap();
    thread.join().unwrap();
}

fn answer_the_longest() {
    let source = two_counters();
    let chain = format!("a_total{}", " + 1".repeat(900));
    assert_eq!(shown(&instant(Config::default(), &source, &chain).unwrap()), r#"{x="1"} 1500.0"#);
    let nested = format!("{}a_total{}", "abs(".repeat(90), ")".repeat(90));
    assert!(instant(Config::default(), &source, &nested).is_ok());
}

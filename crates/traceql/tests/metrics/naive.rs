//! Functions by a label against sums over all spans, step by step.

use std::collections::BTreeMap;

use aio_source::TraceSpans;
use aio_traceql::Grid;
use aio_types::{AttributeValue, TimestampNs};
use proptest::prelude::*;

use crate::fixture::{request, run, span, text, trace};

/// What is known of a span.
#[derive(Debug, Clone)]
struct Known {
    trace: u64,
    start: i64,
    duration: i64,
    label: Option<&'static str>,
    value: Option<AttributeValue>,
}

fn known() -> impl Strategy<Value = Known> {
    let value = prop_oneof![
        4 => (-2..40_i64).prop_map(|n| Some(AttributeValue::Int(n))),
        1 => Just(Some(AttributeValue::Double(2.5))),
        1 => Just(Some(text("x"))),
        1 => Just(None),
    ];
    let label = prop::sample::select(vec![Some("x"), Some("y"), None]);
    (1..5_u64, -20..120_i64, 0..9_i64, label, value).prop_map(|(trace, start, duration, label, value)| Known {
        trace,
        start,
        duration,
        label,
        value,
    })
}

fn traces(all: &[Known]) -> Vec<TraceSpans> {
    let mut traces: BTreeMap<u64, Vec<_>> = BTreeMap::new();
    for known in all {
        let label = known.label.map(|label| ("label", text(label)));
        let value = known.value.clone().map(|value| ("value", value));
        let attributes: Vec<_> = label.into_iter().chain(value).collect();
        traces.entry(known.trace).or_default().push(span(known.start, known.duration, &attributes));
    }
    traces.into_iter().map(|(id, spans)| trace(id, spans)).collect()
}

/// First moment and last of each step, both inside.
fn moments(start: i64, end: i64, step: Option<i64>) -> Vec<(i64, i64)> {
    let Some(step) = step else { return vec![(start, end)] };
    let edges = (-1000..1000_i64).map(|n| n * step);
    // A step is named by its end; the first is named by the last edge not after the start.
    let first = edges.clone().filter(|edge| *edge <= start).max().unwrap_or(start);
    let last = edges.clone().find(|edge| *edge >= end).unwrap_or(end);
    edges.filter(|edge| (first..=last).contains(edge)).map(|edge| (edge - step + 1, edge)).collect()
}

fn number(value: &AttributeValue) -> Option<f64> {
    match value {
        AttributeValue::Int(n) => Some(*n as f64),
        AttributeValue::Double(n) => Some(*n),
        _ => None,
    }
}

/// The power of two a whole number counts as.
fn bucket(value: &AttributeValue) -> Option<f64> {
    let AttributeValue::Int(n @ 2..) = value else { return None };
    (1..60).map(|power| 2_i64.pow(power)).find(|bucket| bucket >= n).map(|bucket| bucket as f64)
}

#[expect(clippy::cast_possible_truncation, reason = "a few spans")]
fn quantile(q: f64, mut buckets: Vec<f64>) -> f64 {
    if buckets.is_empty() {
        return 0.0;
    }
    buckets.sort_by(f64::total_cmp);
    let wanted = ((q * buckets.len() as f64).ceil() as usize).max(1);
    let top = buckets[wanted - 1];
    let below: Vec<f64> = buckets.iter().copied().filter(|bucket| *bucket < top).collect();
    let here = buckets.iter().filter(|bucket| **bucket == top).count();
    if below.len() + here == wanted {
        return top;
    }
    let bottom = below.last().map_or(top.log2() - 1.0, |bottom| bottom.log2());
    let part = (wanted - below.len()) as f64 / here as f64;
    2_f64.powf(bottom + (top.log2() - bottom) * part)
}

/// One number; NaN where the function has none.
fn expected(function: &str, spans: &[&Known], seconds: f64) -> f64 {
    let numbers: Vec<f64> = spans.iter().filter_map(|known| number(known.value.as_ref()?)).collect();
    let buckets: Vec<f64> = spans.iter().filter_map(|known| bucket(known.value.as_ref()?)).collect();
    let best = |pick: fn(f64, f64) -> f64| numbers.iter().copied().reduce(pick).unwrap_or(f64::NAN);
    match function {
        "count_over_time()" => spans.len() as f64,
        "rate()" => spans.len() as f64 / seconds,
        "min_over_time(.value)" => best(f64::min),
        "max_over_time(.value)" => best(f64::max),
        "sum_over_time(.value)" => best(|a, b| a + b),
        // Nothing divided by nothing is no number.
        "avg_over_time(.value)" => numbers.iter().sum::<f64>() / numbers.len() as f64,
        "quantile_over_time(.value, 0.3)" => quantile(0.3, buckets),
        "quantile_over_time(.value, 0.95)" => quantile(0.95, buckets),
        _ => unreachable!("{function}"),
    }
}

/// Whether a span makes a series of a function.
fn counts(function: &str, known: &Known) -> bool {
    match &known.value {
        _ if function.ends_with("()") => true,
        Some(value) if function.starts_with("quantile") => bucket(value).is_some(),
        Some(value) => number(value).is_some(),
        None => false,
    }
}

const FUNCTIONS: [&str; 8] = [
    "count_over_time()",
    "rate()",
    "min_over_time(.value)",
    "max_over_time(.value)",
    "sum_over_time(.value)",
    "avg_over_time(.value)",
    "quantile_over_time(.value, 0.3)",
    "quantile_over_time(.value, 0.95)",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn functions_are_sums_over_all_spans(
        all in prop::collection::vec(known(), 0..40),
        (start, len) in (-10..60_i64, 1..60_i64),
        step in prop::option::of(1..20_i64),
    ) {
        let (from, to) = (TimestampNs(start), TimestampNs(start + len));
        let grid = step.map_or(Grid::instant(from, to), |step| Grid::range(from, to, step));
        let moments = moments(start, start + len, step);
        let seconds = step.unwrap_or(len) as f64 / 1e9;
        for function in FUNCTIONS {
            let mut want: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            for label in [Some("x"), Some("y"), None] {
                let inside = |known: &Known, (first, last): (i64, i64)| {
                    known.label == label && (first..=last).contains(&known.start)
                };
                let is_any = all.iter().any(|known| {
                    counts(function, known) && moments.iter().any(|step| inside(known, *step))
                });
                if is_any {
                    let values = moments.iter().map(|step| {
                        let spans: Vec<&Known> = all.iter().filter(|known| inside(known, *step)).collect();
                        expected(function, &spans, seconds)
                    });
                    want.insert(label.unwrap_or("nil").to_owned(), values.collect());
                }
            }
            let query = format!("{{}} | {function} by (.label)");
            let series = run(&request(&query, grid), &traces(&all)).expect("answers").series;
            let name = |labels: &[(String, aio_traceql::ast::Static)]| {
                let label = labels.iter().find(|(name, _)| name == ".label");
                label.map_or("nil".to_owned(), |(_, value)| value.to_string().replace('`', ""))
            };
            let found: BTreeMap<String, Vec<f64>> =
                series.into_iter().map(|series| (name(&series.labels), series.values)).collect();
            prop_assert_eq!(found.keys().collect::<Vec<_>>(), want.keys().collect::<Vec<_>>(), "{}", query);
            for (label, want) in &want {
                let is_close = |a: f64, b: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * b.abs().max(1.0);
                let found = &found[label];
                let is_same = found.len() == want.len() && found.iter().zip(want).all(|(a, b)| is_close(*a, *b));
                prop_assert!(is_same, "{query} of {label}:\nfound    {found:?}\nexpected {want:?}");
            }
        }
    }
}

//! The engine against an evaluator that knows nothing of columns: one moment after the other, one series after the
//! other, on random series and expressions.

#![expect(clippy::unwrap_used, reason = "a test")]

mod reference;

use aio_promql::{Config, Engine, Instant, Options, Value};
use aio_source::FixedMetrics;
use aio_types::{BucketSpan, Histogram, HistogramSample, Labels, Sample, Samples, TimeRange, TimestampMs, stale_nan};
use proptest::prelude::*;

use self::reference::{Point, Vector};

const MINUTE: i64 = 60_000;

fn engine() -> Engine {
    Engine::new(Config { delayed_name_removal: false, ..Config::default() })
}

/// A sample, or none, of a series of floats.
fn float() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        8 => (-20_i32..100).prop_map(|v| Some(f64::from(v))),
        1 => Just(None),
        1 => Just(Some(stale_nan())),
        1 => Just(Some(f64::NAN)),
    ]
}

fn histogram(count: u8) -> Histogram {
    let n = f64::from(count);
    Histogram {
        count: 3.0 * n,
        sum: 2.0 * n,
        positive_spans: vec![BucketSpan { offset: 0, length: 2 }],
        positive_buckets: vec![n, 2.0 * n],
        ..Histogram::default()
    }
}

#[derive(Debug, Clone)]
enum Kind {
    Floats(Vec<Option<f64>>),
    Histograms(Vec<Option<u8>>),
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => prop::collection::vec(float(), 0..20).prop_map(Kind::Floats),
        1 => prop::collection::vec(prop::option::weighted(0.8, 1_u8..20), 0..20).prop_map(Kind::Histograms),
    ]
}

fn samples(kind: &Kind) -> Samples {
    let mut samples = Samples::default();
    // Off the grid, so that windows cut between samples.
    let time = |i: usize| TimestampMs(i64::try_from(i).unwrap() * 40_000 + 7_000);
    match kind {
        Kind::Floats(values) => {
            let present = values.iter().enumerate().filter_map(|(i, v)| Some(Sample { t: time(i), v: (*v)? }));
            samples.floats = present.collect();
        }
        Kind::Histograms(values) => {
            let present = values.iter().enumerate().filter_map(|(i, v)| Some((i, (*v)?)));
            samples.histograms = present
                .map(|(i, n)| HistogramSample { t: time(i), start: TimestampMs(0), h: histogram(n).into() })
                .collect();
        }
    }
    samples
}

/// Up to eight series of two metrics.
fn source() -> impl Strategy<Value = FixedMetrics> {
    let one = (prop_oneof![Just("m"), Just("n")], 0..3_u8, 0..3_u8, kind());
    prop::collection::vec(one, 1..8).prop_map(|all| {
        let mut source = FixedMetrics::default();
        for (name, a, b, kind) in all {
            let labels = [("__name__", name.to_owned()), ("a", a.to_string()), ("b", b.to_string())];
            source.series.insert(Labels::from_pairs(labels), samples(&kind));
        }
        source
    })
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

fn same_point(a: &Point, b: &Point) -> bool {
    match (a, b) {
        (Point::Float(a), Point::Float(b)) => same(*a, *b),
        (Point::Histogram(a), Point::Histogram(b)) => {
            same(a.count, b.count)
                && same(a.sum, b.sum)
                && a.positive_buckets.len() == b.positive_buckets.len()
                && a.positive_buckets.iter().zip(&b.positive_buckets).all(|(a, b)| same(*a, *b))
        }
        _ => false,
    }
}

fn point(value: &Instant) -> Point {
    match value {
        Instant::Float(v) => Point::Float(*v),
        Instant::Histogram(h) => Point::Histogram(Histogram::clone(h)),
    }
}

fn vector(value: Value) -> Vector {
    match value {
        Value::Vector(samples) => samples.into_iter().map(|s| (s.labels, point(&s.value))).collect(),
        Value::Scalar(sample) => [(Labels::default(), Point::Float(sample.v))].into(),
        other => panic!("{other:?}"),
    }
}

/// The vectors of a range query, by moment.
fn vectors(value: Value, times: &[i64]) -> Vec<Vector> {
    let Value::Matrix(series) = value else { panic!("{value:?}") };
    let mut out = vec![Vector::new(); times.len()];
    for one in series {
        let place = |t: TimestampMs| times.iter().position(|at| *at == t.0).unwrap();
        for s in &one.samples.floats {
            out[place(s.t)].insert(one.labels.clone(), Point::Float(s.v));
        }
        for s in &one.samples.histograms {
            out[place(s.t)].insert(one.labels.clone(), Point::Histogram(Histogram::clone(&s.h)));
        }
    }
    out
}

fn equal(a: &Vector, b: &Vector) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((la, a), (lb, b))| la == lb && same_point(a, b))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn answers_equal_those_of_a_naive_evaluator(source in source(), expr in reference::expr(), step in 1_i64..4) {
        let text = expr.to_string();
        let times: Vec<i64> = (0..8).map(|i| i * step * MINUTE).collect();
        let expected: Vec<Result<Vector, ()>> = times.iter().map(|t| expr.eval(&source, *t)).collect();
        let engine = engine();
        for (t, expected) in times.iter().zip(&expected) {
            let got = engine.instant(&source, &text, TimestampMs(*t), &Options::default());
            match (got, expected) {
                (Ok(outcome), Ok(expected)) => {
                    let got = vector(outcome.value);
                    prop_assert!(equal(&got, expected), "{text} at {t}: {got:?}, not {expected:?}");
                }
                (got, expected) => prop_assert!(got.is_err() && expected.is_err(), "{text}: {got:?}, {expected:?}"),
            }
        }
        let range = TimeRange::new(0, *times.last().unwrap());
        let got = engine.range(&source, &text, range, step * MINUTE, &Options::default());
        // What fails at one moment fails as a whole; a range may also fail where equal series take turns.
        let Ok(outcome) = got else { return Ok(()) };
        prop_assert!(expected.iter().all(Result::is_ok), "{text}: {expected:?}");
        for ((t, got), expected) in times.iter().zip(vectors(outcome.value, &times)).zip(&expected) {
            let expected = expected.as_ref().unwrap();
            prop_assert!(equal(&got, expected), "{text} at {t} of a range: {got:?}, not {expected:?}");
        }
    }
}

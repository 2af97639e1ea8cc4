//! Values against what is expected.

use aio_promql::notation::Described;
use aio_promql::{Instant, Series, Value, VectorSample};
use aio_series::histogram;
use aio_types::{BucketSpan, Histogram, TimestampMs};

use super::case::{Case, When};

pub(super) fn value(case: &Case, value: &Value) -> Result<(), String> {
    match value {
        Value::Scalar(sample) => match case.scalar {
            Some(expected) if close(sample.v, expected) => Ok(()),
            expected => Err(format!("gave the scalar {}, not {expected:?}", sample.v)),
        },
        Value::String(_, text) => match &case.expected.text {
            Some(expected) if expected == text => Ok(()),
            expected => Err(format!("gave {text:?}, not {expected:?}")),
        },
        _ if case.scalar.is_some() => Err(format!("expected a scalar, got {value:?}")),
        Value::Vector(samples) => vector(case, samples),
        Value::Matrix(series) => matrix(case, series),
    }
}

fn vector(case: &Case, samples: &[VectorSample]) -> Result<(), String> {
    for (position, sample) in samples.iter().enumerate() {
        let Some((expected_at, expected)) = case.series.get(&sample.labels) else {
            return Err(format!("unexpected {} with {:?}", sample.labels, sample.value));
        };
        if case.expected.ordered && *expected_at != position {
            return Err(format!("{} is at {position}, not {expected_at}", sample.labels));
        }
        let expected = expected.first().unwrap_or(&Described::Omitted);
        same(expected, &sample.value).map_err(|e| format!("{}: {e}", sample.labels))?;
    }
    let is_missing = |labels: &&aio_types::Labels| !samples.iter().any(|sample| sample.labels == **labels);
    match case.series.keys().find(is_missing) {
        Some(missing) => Err(format!("{missing} is missing in {samples:?}")),
        None => Ok(()),
    }
}

fn matrix(case: &Case, series: &[Series]) -> Result<(), String> {
    is_sorted(series)?;
    let (start, step) = match (case.range_vector, case.when) {
        (Some(range_vector), _) => range_vector,
        (None, When::Range { start, step, .. }) => (start, step),
        (None, When::Instant(at)) => (at, 1),
    };
    for one in series {
        let Some((_, expected)) = case.series.get(&one.labels) else {
            return Err(format!("unexpected {} with {:?}", one.labels, one.samples));
        };
        points(expected, one, start, step).map_err(|e| format!("{}: {e} in {:?}", one.labels, one.samples))?;
    }
    let has_points = |values: &[Described]| values.iter().any(|v| *v != Described::Omitted);
    let is_missing = |labels: &aio_types::Labels| !series.iter().any(|one| one.labels == *labels);
    match case.series.iter().find(|(labels, (_, values))| has_points(values) && is_missing(labels)) {
        Some((missing, _)) => Err(format!("{missing} is missing in {series:?}")),
        None => Ok(()),
    }
}

fn points(expected: &[Described], one: &Series, start: i64, step: i64) -> Result<(), String> {
    let (mut floats, mut histograms) = (one.samples.floats.iter(), one.samples.histograms.iter());
    let mut t = start;
    for expected in expected {
        let found = match expected {
            Described::Omitted => None,
            Described::Float(_) => {
                let sample = floats.next().ok_or_else(|| format!("no float at {t}"))?;
                Some((sample.t, Instant::Float(sample.v)))
            }
            Described::Histogram(..) => {
                let sample = histograms.next().ok_or_else(|| format!("no histogram at {t}"))?;
                Some((sample.t, Instant::Histogram(sample.h.clone())))
            }
        };
        if let Some((at, value)) = found {
            if at != TimestampMs(t) {
                return Err(format!("a point is at {}, not {t}", at.0));
            }
            same(expected, &value).map_err(|e| format!("at {t}: {e}"))?;
        }
        t += step;
    }
    match (floats.next(), histograms.next()) {
        (None, None) => Ok(()),
        more => Err(format!("more points than expected: {more:?}")),
    }
}

/// The samples of a moment.
pub(super) fn at(series: &[Series], t: TimestampMs) -> Vec<VectorSample> {
    let mut out = Vec::new();
    for one in series {
        let floats = one.samples.floats.iter().filter(|s| s.t == t).map(|s| Instant::Float(s.v));
        let histograms = one.samples.histograms.iter().filter(|s| s.t == t);
        let all = floats.chain(histograms.map(|s| Instant::Histogram(s.h.clone())));
        out.extend(all.map(|value| VectorSample { labels: one.labels.clone(), t, value }));
    }
    out
}

pub(super) fn is_sorted(series: &[Series]) -> Result<(), String> {
    if series.is_sorted_by(|a, b| a.labels <= b.labels) { Ok(()) } else { Err("a matrix must be sorted".to_owned()) }
}

fn same(expected: &Described, got: &Instant) -> Result<(), String> {
    let equal = match (expected, got) {
        (Described::Float(expected), Instant::Float(got)) => close(*expected, *got),
        (Described::Histogram(expected, hint_given), Instant::Histogram(got)) => {
            let (mut expected, mut got) = (Histogram::clone(expected), Histogram::clone(got));
            histogram::compact(&mut expected);
            histogram::compact(&mut got);
            same_histogram(&expected, &got) && (!hint_given || expected.reset_hint == got.reset_hint)
        }
        _ => false,
    };
    if equal { Ok(()) } else { Err(format!("gave {}, not {expected:?}", shown(got))) }
}

fn shown(got: &Instant) -> String {
    match got {
        Instant::Float(v) => v.to_string(),
        Instant::Histogram(h) => histogram::notation::print(h),
    }
}

fn same_histogram(a: &Histogram, b: &Histogram) -> bool {
    let all_close = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(*a, *b));
    a.schema == b.schema
        && close(a.count, b.count)
        && close(a.sum, b.sum)
        && a.zero_threshold == b.zero_threshold
        && close(a.zero_count, b.zero_count)
        && (!a.uses_custom_buckets() || a.custom_bounds == b.custom_bounds)
        && spans(&a.positive_spans) == spans(&b.positive_spans)
        && spans(&a.negative_spans) == spans(&b.negative_spans)
        && all_close(&a.positive_buckets, &b.positive_buckets)
        && all_close(&a.negative_buckets, &b.negative_buckets)
}

/// Without empty ones.
fn spans(spans: &[BucketSpan]) -> Vec<BucketSpan> {
    let mut out: Vec<BucketSpan> = Vec::new();
    let mut skipped = 0;
    for span in spans {
        if span.length == 0 {
            skipped += span.offset;
        } else {
            out.push(BucketSpan { offset: span.offset + skipped, length: span.length });
            skipped = 0;
        }
    }
    out
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() / (a.abs() + b.abs()) < 1e-6
}

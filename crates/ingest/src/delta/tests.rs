//! Totals of deltas, against naive sums; what is forgotten and when; what is bounded.

use std::collections::BTreeMap;

use aio_wire::otlp::metrics::{Explicit, Point};

use super::*;

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

fn point(series: &str, start: i64, t: i64, value: Value) -> Point {
    let labels = Labels::from_pairs([("__name__", series)]);
    let (start, t) = (TimestampMs(start), TimestampMs(t));
    Point { labels, t, start, value, is_stale: false, exemplars: Vec::new(), number: 1 }
}

fn number(series: &str, t: i64, v: f64) -> Point {
    point(series, t - 10, t, Value::Number(v))
}

/// Adds in one batch that is committed; start and total of each.
fn add(deltas: &Deltas, now: TimestampMs, points: Vec<Point>) -> Vec<Result<Option<(i64, Value)>, Refusal>> {
    let streams = deltas.of(&TenantId::default());
    let mut batch = deltas.begin(&streams, now);
    let shown = |total| match total {
        Total::Is(point) => Some((point.start.0, point.value)),
        Total::IsKnown => None,
    };
    let totals = points.into_iter().map(|point| batch.add(point).map(shown)).collect();
    batch.commit();
    totals
}

fn deltas() -> Deltas {
    Deltas::new(100, 1 << 20)
}

#[test]
fn totals_count_from_the_start_of_the_first_delta() {
    let deltas = deltas();
    let all = add(&deltas, NOW, vec![number("a", 100, 1.0), number("a", 110, 2.0), number("b", 5, 7.0)]);
    let is = |start, v| Ok(Some((start, Value::Number(v))));
    assert_eq!(all, [is(90, 1.0), is(90, 3.0), is(-5, 7.0)]);
    assert_eq!(add(&deltas, NOW, vec![number("a", 200, 4.0)]), [is(90, 7.0)], "a gap is no reset");
    assert_eq!(deltas.streams(), 2);
}

#[test]
fn a_delta_from_the_future_leaves_its_stream_where_it_is() {
    let deltas = deltas();
    add(&deltas, NOW, vec![number("a", NOW.0, 1.0)]);
    let far = NOW.0 + 3_600_000;
    assert_eq!(add(&deltas, NOW, vec![number("a", far, 5.0)]), [Err(Refusal::TooNew { t: far })]);
    let next = add(&deltas, NOW, vec![number("a", NOW.0 + 10, 2.0)]);
    assert_eq!(next, [Ok(Some((NOW.0 - 10, Value::Number(3.0))))]);
}

#[test]
fn late_deltas_are_refused_and_the_newest_may_come_again() {
    let deltas = deltas();
    add(&deltas, NOW, vec![number("a", 100, 1.0)]);
    let out_of_order = |t| Err(Refusal::OutOfOrder { t, last: 100 });
    let all = add(
        &deltas,
        NOW,
        vec![number("a", 100, 1.0), number("a", 100, 2.0), number("a", 99, 1.0), number("a", 101, 1.0)],
    );
    assert_eq!(all, [Ok(None), out_of_order(100), out_of_order(99), Ok(Some((90, Value::Number(2.0))))]);
}

#[test]
fn what_was_not_committed_has_not_been() {
    let deltas = deltas();
    let streams = deltas.of(&TenantId::default());
    let mut batch = deltas.begin(&streams, NOW);
    assert!(batch.add(number("a", 100, 1.0)).is_ok());
    drop(batch);
    assert_eq!(deltas.streams(), 0);
    assert_eq!(add(&deltas, NOW, vec![number("a", 100, 1.0)]), [Ok(Some((90, Value::Number(1.0))))]);
}

#[test]
fn a_stream_that_rested_starts_anew() {
    let deltas = deltas();
    add(&deltas, NOW, vec![number("a", 100, 1.0)]);
    let later = NOW.saturating_add(STALE_MS);
    assert_eq!(add(&deltas, later, vec![number("a", 110, 1.0)]), [Ok(Some((90, Value::Number(2.0))))]);
    let too_late = later.saturating_add(STALE_MS + 1);
    assert_eq!(add(&deltas, too_late, vec![number("a", 120, 1.0)]), [Ok(Some((110, Value::Number(1.0))))]);
    assert_eq!(deltas.streams(), 1);
}

#[test]
fn streams_that_rest_are_forgotten_once_a_minute() {
    let deltas = deltas();
    deltas.sweep_if_due(NOW);
    add(&deltas, NOW, vec![number("a", 100, 1.0), number("b", 100, 1.0)]);
    let later = NOW.saturating_add(STALE_MS);
    add(&deltas, later, vec![number("b", 110, 1.0)]);
    deltas.sweep_if_due(NOW.saturating_add(SWEEP_MS - 1));
    assert_eq!(deltas.streams(), 2);
    deltas.sweep_if_due(later.saturating_add(1));
    assert_eq!(deltas.streams(), 1);
    deltas.sweep_if_due(later.saturating_add(1 + SWEEP_MS + STALE_MS));
    assert_eq!((deltas.streams(), lock(&deltas.tenants).len()), (0, 0));
    // A clock that jumps backwards.
    deltas.sweep_if_due(NOW);
    assert_eq!(deltas.swept_ms.load(Ordering::Relaxed), NOW.0);
}

#[test]
fn streams_and_their_memory_are_bounded_over_all_tenants() {
    let few = Deltas::new(2, 1 << 20);
    let all = add(
        &few,
        NOW,
        vec![number("a", 100, 1.0), number("b", 100, 1.0), number("c", 100, 1.0), number("a", 101, 1.0)],
    );
    assert_eq!(all[2], Err(Refusal::TooManyStreams { limit: 2 }));
    assert!(all[3].is_ok());
    let other = few.of(&TenantId::new("other").expect("valid"));
    assert!(few.begin(&other, NOW).add(number("a", 100, 1.0)).is_err());
    let small = Deltas::new(100, 2000);
    let wide = |t| {
        let bounds = (0..200).map(f64::from).collect();
        let value = Explicit { bounds, counts: vec![1.0; 201], count: 201.0, sum: None, is_native: false };
        point("w", t - 10, t, Value::Explicit(value))
    };
    assert_eq!(add(&small, NOW, vec![wide(100)]), [Err(Refusal::TooLarge { limit: 2000 })]);
    assert_eq!(small.streams(), 0);
    assert!(add(&small, NOW, vec![number("a", 100, 1.0)])[0].is_ok());
}

#[test]
fn other_bounds_start_the_histogram_anew() {
    let deltas = deltas();
    let histogram = |t: i64, bounds: &[f64], count: f64| {
        let counts = vec![count; bounds.len() + 1];
        let value = Explicit { bounds: bounds.into(), counts, count, sum: Some(count), is_native: false };
        point("h", t - 10, t, Value::Explicit(value))
    };
    let counts = |result: &Result<Option<(i64, Value)>, Refusal>| match result {
        Ok(Some((start, Value::Explicit(value)))) => (*start, value.count, value.bounds.len()),
        other => panic!("{other:?}"),
    };
    let points = vec![
        histogram(100, &[1.0], 1.0),
        histogram(110, &[1.0], 2.0),
        histogram(120, &[1.0, 2.0], 4.0),
        histogram(130, &[1.0, 2.0], 1.0),
    ];
    let all = add(&deltas, NOW, points);
    let shown: Vec<_> = all.iter().map(counts).collect();
    assert_eq!(shown, [(90, 1.0, 1), (90, 3.0, 1), (110, 4.0, 2), (110, 5.0, 2)]);
}

#[test]
fn a_series_that_ends_keeps_its_total() {
    let deltas = deltas();
    let ends = |t| Point { is_stale: true, ..number("a", t, f64::NAN) };
    assert!(matches!(add(&deltas, NOW, vec![ends(90)])[..], [Ok(Some(_))]));
    assert_eq!(deltas.streams(), 0);
    let all = add(&deltas, NOW, vec![number("a", 100, 1.0), ends(110), number("a", 120, 1.0)]);
    assert_eq!(all[2], Ok(Some((90, Value::Number(2.0)))));
    assert_eq!(add(&deltas, NOW, vec![number("a", 105, 1.0)]), [Err(Refusal::OutOfOrder { t: 105, last: 120 })]);
}

#[test]
fn any_order_of_batches_gives_the_sums_of_a_naive_count() {
    // Three streams, some deltas late: what is not refused adds up.
    let deltas = Deltas::new(100, 1 << 20);
    let mut naive: BTreeMap<String, (i64, f64)> = BTreeMap::new();
    let mut seed = 7_u32;
    let mut random = move |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % below
    };
    for step in 0..400_i64 {
        let series = format!("s{}", random(3));
        let (t, v) = (step * 10 + i64::from(random(3)) * 7 - i64::from(random(2)) * 30, f64::from(random(100)));
        let got = add(&deltas, NOW, vec![number(&series, t, v)]);
        let (last, sum) = naive.entry(series).or_insert((i64::MIN, 0.0));
        if t > *last {
            (*last, *sum) = (t, *sum + v);
            assert!(matches!(&got[..], [Ok(Some((_, Value::Number(total))))] if total == sum), "{got:?} {sum}");
        } else {
            assert!(!matches!(got[..], [Ok(Some(_))]), "{got:?}");
        }
    }
}

//! Sums of deltas against sums of what was observed.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Observations by their bucket at resolution 8; as an exponential histogram of resolution `schema`.
fn exponential(schema: i32, zero_threshold: f64, positive: &[i32], negative: &[i32]) -> Exponential {
    let side = |observations: &[i32]| {
        let mut counts = BTreeMap::new();
        for index in observations {
            *counts.entry(halved((*index, 0.0), (8 - schema).unsigned_abs()).0).or_insert(0.0) += 1.0;
        }
        buckets::spans(counts)
    };
    let ((positive_spans, positive_buckets), (negative_spans, negative_buckets)) = (side(positive), side(negative));
    let count = f64::from(u32::try_from(positive.len() + negative.len()).expect("few"));
    let histogram = Histogram {
        schema,
        zero_threshold,
        count,
        sum: count / 2.0,
        positive_spans,
        positive_buckets,
        negative_spans,
        negative_buckets,
        ..Histogram::default()
    };
    Exponential { histogram: histogram.into(), has_sum: true }
}

fn sum_of(deltas: impl IntoIterator<Item = Exponential>) -> Exponential {
    let mut values = deltas.into_iter().map(Value::Exponential);
    let mut sum = values.next().expect("one");
    for delta in values {
        assert!(sum.add(&delta));
    }
    let Value::Exponential(sum) = sum else { panic!("{sum:?}") };
    sum
}

fn explicit(bounds: &[f64], counts: &[f64], sum: Option<f64>) -> Value {
    let count = counts.iter().sum();
    Value::Explicit(Explicit { bounds: bounds.into(), counts: counts.to_vec(), count, sum, is_native: false })
}

#[test]
fn explicit_histograms_add_up_where_bounds_are_the_same() {
    let mut sum = explicit(&[1.0, 2.0], &[1.0, 2.0, 3.0], Some(4.0));
    assert!(sum.add(&explicit(&[1.0, 2.0], &[1.0, 0.0, 1.0], Some(0.5))));
    assert_eq!(sum, explicit(&[1.0, 2.0], &[2.0, 2.0, 4.0], Some(4.5)));
    assert!(!sum.add(&explicit(&[1.0, 3.0], &[1.0, 0.0, 1.0], Some(0.5))));
    assert!(!sum.add(&Value::Number(1.0)));
    assert!(sum.add(&explicit(&[1.0, 2.0], &[0.0; 3], None)));
    assert_eq!(sum, explicit(&[1.0, 2.0], &[2.0, 2.0, 4.0], None));
}

#[test]
fn numbers_add_up() {
    let mut sum = Value::Number(1.5);
    assert!(sum.add(&Value::Number(-0.5)));
    assert_eq!(sum, Value::Number(1.0));
}

#[test]
fn a_wider_zero_bucket_takes_in_what_lies_below_it() {
    // At resolution 0 bucket 1 is (1, 2], bucket 2 (2, 4].
    let narrow = exponential(0, 1e-128, &[1, 257, 513], &[1]);
    let mut wide = exponential(0, 3.0, &[], &[]);
    wide.histogram.zero_count = 1.0;
    let sum = sum_of([narrow.clone(), wide.clone()]).histogram;
    assert_eq!((sum.zero_threshold, sum.zero_count), (4.0, 4.0), "bucket 2 lies across 3 and goes with it");
    assert_eq!(buckets::of_spans(&sum.positive_spans, &sum.positive_buckets).collect::<Vec<_>>(), [(3, 1.0)]);
    assert!(sum.negative_buckets.is_empty());
    assert_eq!(sum_of([wide, narrow]).histogram, sum);
}

#[test]
fn an_empty_histogram_takes_nothing_from_the_resolution() {
    let sum = sum_of([
        exponential(-4, 1e-128, &[], &[]),
        exponential(8, 1e-128, &[7], &[]),
        exponential(0, 1e-128, &[], &[]),
    ]);
    assert_eq!((sum.histogram.schema, sum.histogram.positive_spans[0].offset), (8, 7));
}

#[test]
fn a_sum_that_is_once_unknown_stays_unknown() {
    let mut without = exponential(8, 1e-128, &[1], &[]);
    without.has_sum = false;
    let sum = sum_of([exponential(8, 1e-128, &[1], &[]), without, exponential(8, 1e-128, &[1], &[])]);
    assert_eq!((sum.has_sum, sum.histogram.sum, sum.histogram.count), (false, 0.0, 3.0));
}

/// Resolution, and the buckets of positive and negative observations.
type Delta = (i32, Vec<i32>, Vec<i32>);

proptest! {
    #[test]
    fn a_sum_of_deltas_is_the_histogram_of_all_observations(
        deltas in proptest::collection::vec(
            (-4..=8_i32, proptest::collection::vec(-3000..3000_i32, 1..8), proptest::collection::vec(-3000..3000_i32, 0..4)),
            1..12,
        )
    ) {
        let sum = sum_of(deltas.iter().map(|(schema, positive, negative)| exponential(*schema, 1e-128, positive, negative)));
        let lowest = deltas.iter().map(|(schema, ..)| *schema).min().expect("one");
        prop_assert!(sum.histogram.schema <= lowest);
        let all = |side: fn(&Delta) -> &Vec<i32>| deltas.iter().flat_map(side).copied().collect::<Vec<_>>();
        let want = exponential(sum.histogram.schema, 1e-128, &all(|d| &d.1), &all(|d| &d.2));
        prop_assert_eq!(&sum, &want);
        for side in [&sum.histogram.positive_spans, &sum.histogram.negative_spans] {
            let width: i64 = side.iter().skip(1).map(|s| i64::from(s.offset) + i64::from(s.length)).sum();
            prop_assert!(deltas.len() == 1 || width < WIDTH_MAX, "{side:?}");
        }
    }
}

//! Exponential histograms, against a naive placing of every observation.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use proptest::prelude::*;

use super::*;

fn point(scale: i32, offset: i32, counts: &[u64]) -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint {
        scale,
        count: counts.iter().sum(),
        sum: Some(1.5),
        positive: Some(Buckets { offset, bucket_counts: counts.to_vec() }),
        ..ExponentialHistogramDataPoint::default()
    }
}

fn positive(value: &Exponential) -> Vec<(i32, f64)> {
    let h = &value.histogram;
    buckets::of_spans(&h.positive_spans, &h.positive_buckets).filter(|(_, n)| *n > 0.0).collect()
}

#[test]
fn every_part_has_its_place() {
    let mut given = point(3, -2, &[4, 0, 1]);
    given.negative = Some(Buckets { offset: 10, bucket_counts: vec![0, 2] });
    (given.zero_count, given.count, given.min, given.max) = (5, 12, Some(-9.0), Some(9.0));
    let read = read(&given, false).expect("valid");
    let h = &read.histogram;
    assert_eq!((h.schema, h.zero_threshold, h.zero_count, h.count, h.sum), (3, 1e-128, 5.0, 12.0, 1.5));
    assert_eq!(
        (h.positive_spans.as_slice(), h.positive_buckets.as_slice()),
        (&[aio_types::BucketSpan { offset: -1, length: 3 }][..], &[4.0, 0.0, 1.0][..],)
    );
    assert_eq!((h.negative_spans[0].offset, h.negative_buckets.as_slice()), (12, &[2.0][..]));
    assert_eq!(h.reset_hint, aio_types::ResetHint::Unknown);
}

#[test]
fn resolutions_past_the_highest_are_merged_down() {
    // Four buckets become one; bucket 0 of OTLP is (1, base], which is bucket 1 here.
    let read = read(&point(10, -5, &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), false).expect("valid");
    assert_eq!(read.histogram.schema, 8);
    assert_eq!(positive(&read), [(-1, 1.0), (0, 4.0), (1, 4.0), (2, 1.0)]);
}

#[test]
fn leading_empty_buckets_do_not_move_what_follows_when_merged() {
    let read = read(&point(9, 0, &[0, 0, 3, 4]), false).expect("valid");
    assert_eq!(positive(&read), [(2, 7.0)]);
}

#[test]
fn what_native_histograms_cannot_hold_is_a_fault() {
    let with = |change: fn(&mut ExponentialHistogramDataPoint)| {
        let mut point = point(0, 0, &[1]);
        change(&mut point);
        read(&point, false).err()
    };
    assert_eq!(with(|p| p.scale = -5), Some(Fault::Scale(-5)));
    assert_eq!(with(|p| p.scale = -4), None);
    assert_eq!(with(|p| p.scale = i32::MAX), None);
    assert_eq!(with(|p| p.count = 2), Some(Fault::Count { buckets: 1, count: 2 }));
    assert_eq!(with(|p| (p.count, p.sum) = (2, Some(f64::NAN))), None);
    assert_eq!(with(|p| p.zero_threshold = -1.0), Some(Fault::ZeroThreshold(-1.0)));
    assert!(matches!(with(|p| p.zero_threshold = f64::NAN), Some(Fault::ZeroThreshold(_))));
    assert_eq!(with(|p| p.zero_threshold = 0.25), None);
    let far = with(|p| p.positive = Some(Buckets { offset: i32::MAX, bucket_counts: vec![1] }));
    assert_eq!(far, Some(Fault::Index(i64::from(i32::MAX) + 1)));
    let many = with(|p| {
        p.positive = Some(Buckets { offset: 0, bucket_counts: vec![1; BUCKETS_MAX + 1] });
        p.count = BUCKETS_MAX as u64 + 1;
    });
    assert_eq!(many, Some(Fault::TooManyBuckets(BUCKETS_MAX + 1)));
}

#[test]
fn one_that_says_nothing_is_stale_whatever_else_it_holds() {
    let read = read(&point(-9, 0, &[1]), true).expect("stale");
    assert!(read.histogram.is_stale());
}

proptest! {
    #[test]
    fn buckets_are_those_of_a_naive_placing(
        scale in -4..=20_i32,
        offset in -300..300_i32,
        counts in proptest::collection::vec(prop_oneof![3 => Just(0_u64), 2 => 1..5_u64], 0..200),
        zero in 0..3_u64,
    ) {
        let mut given = point(scale, offset, &counts);
        (given.zero_count, given.count) = (zero, given.count + zero);
        let read = read(&given, false).expect("valid");
        let mut want = BTreeMap::new();
        for (i, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            // The middle of the bucket, as a power of two, and the native bucket it lies in.
            let middle = (f64::from(offset) + i as f64 + 0.5) * f64::from(-scale).exp2();
            let index = (middle * f64::from(scale.min(8)).exp2()).ceil();
            #[expect(clippy::cast_possible_truncation, reason = "small")]
            { *want.entry(index as i32).or_insert(0.0) += *count as f64; }
        }
        prop_assert_eq!(positive(&read), want.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(read.histogram.count, given.count as f64);
        prop_assert!(read.histogram.positive_spans.iter().skip(1).all(|s| s.offset > 2));
    }
}

use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::remote_write::messages::{self as sent, Count as SentCount, Span, ZeroCount, integer_histogram};

fn read(message: &sent::Histogram) -> Result<HistogramSample, String> {
    Reader::default().read(&message.encode_to_vec(), &mut Budget::full()).expect("is a message")
}

fn span_of(offset: i32, length: u32) -> BucketSpan {
    BucketSpan { offset, length }
}

fn float_histogram() -> sent::Histogram {
    sent::Histogram {
        count: Some(SentCount::Float(4.5)),
        zero_count: Some(ZeroCount::Float(0.5)),
        sum: -3.25,
        positive_spans: vec![Span { offset: 1, length: 2 }],
        positive_counts: vec![1.5, 2.5],
        timestamp: 11,
        start_timestamp: 5,
        reset_hint: 3,
        ..Default::default()
    }
}

fn custom_histogram() -> sent::Histogram {
    sent::Histogram {
        count: Some(SentCount::Integer(6)),
        sum: 9.0,
        schema: CUSTOM_BUCKETS_SCHEMA,
        positive_spans: vec![Span { offset: 0, length: 3 }],
        positive_deltas: vec![1, 1, 1],
        custom_values: vec![0.5, 2.0],
        ..Default::default()
    }
}

#[test]
fn an_integer_histogram_leaves_with_absolute_counts() {
    let got = read(&integer_histogram(9)).expect("is valid");
    assert_eq!((got.t, got.start), (TimestampMs(9), TimestampMs(0)));
    let want = Histogram {
        schema: 3,
        zero_threshold: 0.001,
        zero_count: 1.0,
        count: 7.0,
        sum: 12.5,
        positive_spans: vec![span_of(0, 1), span_of(3, 1)],
        negative_spans: vec![span_of(-2, 1)],
        positive_buckets: vec![3.0, 1.0],
        negative_buckets: vec![2.0],
        ..Histogram::default()
    };
    assert_eq!(*got.h, want);
    assert_eq!(got.h.reset_hint, ResetHint::NotReset);
}

#[test]
fn a_float_histogram_leaves_as_it_came() {
    let got = read(&float_histogram()).expect("is valid");
    assert_eq!((got.t, got.start, got.h.reset_hint), (TimestampMs(11), TimestampMs(5), ResetHint::Gauge));
    assert_eq!((got.h.count, got.h.zero_count, &got.h.positive_buckets[..]), (4.5, 0.5, &[1.5, 2.5][..]));
}

#[test]
fn custom_bounds_are_shared_by_the_histograms_of_a_request() {
    let (mut reader, bytes) = (Reader::default(), custom_histogram().encode_to_vec());
    let mut next = || reader.read(&bytes, &mut Budget::full()).expect("a message").expect("valid").h;
    let (one, two) = (next(), next());
    assert_eq!(*one.custom_bounds, [0.5, 2.0]);
    assert!(Arc::ptr_eq(&one.custom_bounds, &two.custom_bounds));
}

#[test]
fn a_stale_marker_is_nothing_else() {
    let got = read(&sent::Histogram { sum: aio_types::stale_nan(), ..integer_histogram(3) }).expect("is valid");
    assert_eq!(*got.h, Histogram::stale());
}

#[test]
fn observations_of_nan_are_in_no_bucket() {
    let nan = |count| sent::Histogram { count: Some(SentCount::Integer(count)), sum: f64::NAN, ..integer_histogram(1) };
    assert!(read(&nan(9)).is_ok());
    assert!(read(&nan(6)).is_err_and(|why| why.contains("count is 6")));
}

#[test]
fn finer_schemas_are_brought_down() {
    // Of schema 10, four buckets are one of schema 8: -7..=-4, -3..=0, 1..=4, 5..=8.
    let fine = sent::Histogram {
        count: Some(SentCount::Integer(10)),
        schema: 10,
        positive_spans: vec![
            Span { offset: -3, length: 2 },
            Span { offset: 1, length: 3 },
            Span { offset: 3, length: 1 },
        ],
        positive_deltas: vec![1, 0, 0, 1, 1, -1],
        ..Default::default()
    };
    let got = read(&fine).expect("is valid").h;
    assert_eq!((got.schema, &got.positive_spans[..]), (8, &[span_of(0, 3)][..]));
    assert_eq!(got.positive_buckets, [3.0, 5.0, 2.0]);
}

#[test]
fn spans_without_a_gap_are_joined() {
    let wordy = sent::Histogram {
        positive_spans: [(0, 0), (1, 1), (0, 1), (2, 0), (1, 1)]
            .map(|(offset, length)| Span { offset, length })
            .to_vec(),
        positive_counts: vec![1.0, 2.0, 3.0],
        ..float_histogram()
    };
    let got = read(&wordy).expect("is valid").h;
    assert_eq!(got.positive_spans, [span_of(1, 2), span_of(3, 1)]);
    assert_eq!(got.positive_buckets, [1.0, 2.0, 3.0]);
}

#[test]
fn what_is_no_histogram_is_named() {
    let integer = || integer_histogram(1);
    let span = |offset, length| vec![Span { offset, length }];
    let two = |first, second| vec![first, second];
    let base = Span { offset: 0, length: 1 };
    for (bad, reason) in [
        (sent::Histogram { schema: 53, ..integer() }, "schema 53 is invalid"),
        (sent::Histogram { schema: -5, ..integer() }, "schema -5 is invalid"),
        (sent::Histogram { schema: i32::MIN, ..integer() }, "is invalid"),
        (
            sent::Histogram { count: Some(SentCount::Integer(8)), ..integer() },
            "hold 7 observations, but its count is 8",
        ),
        (sent::Histogram { positive_deltas: vec![3, -4], ..integer() }, "counts -1 observations"),
        (sent::Histogram { positive_deltas: vec![i64::MAX, i64::MAX], ..integer() }, "but its count"),
        (sent::Histogram { positive_deltas: vec![3], ..integer() }, "need 2 buckets, but there are 1"),
        (sent::Histogram { positive_spans: span(0, u32::MAX), ..integer() }, "need 4294967295 buckets"),
        (sent::Histogram { positive_spans: two(base, Span { offset: -1, length: 1 }), ..integer() }, "negative offset"),
        (sent::Histogram { positive_spans: span(i32::MAX, 2), ..integer() }, "beyond every bucket"),
        (sent::Histogram { custom_values: vec![1.0], ..integer() }, "has custom bounds"),
        (sent::Histogram { count: Some(SentCount::Float(-1.0)), ..float_histogram() }, "counts -1"),
        (sent::Histogram { zero_count: Some(ZeroCount::Float(-1.0)), ..float_histogram() }, "counts -1"),
        (sent::Histogram { positive_counts: vec![1.0, -2.0], ..float_histogram() }, "counts -2"),
        (sent::Histogram { positive_counts: vec![], positive_deltas: vec![1, 1], ..float_histogram() }, "there are 0"),
        (sent::Histogram { custom_values: vec![1.0, 1.0], ..custom_histogram() }, "do not ascend"),
        (sent::Histogram { custom_values: vec![1.0, f64::NAN], ..custom_histogram() }, "is NaN"),
        (sent::Histogram { custom_values: vec![1.0, f64::INFINITY], ..custom_histogram() }, "+Inf"),
        (sent::Histogram { custom_values: vec![1.0], ..custom_histogram() }, "too few"),
        (sent::Histogram { zero_threshold: 1.0, ..custom_histogram() }, "has a zero bucket"),
        (sent::Histogram { zero_count: Some(ZeroCount::Integer(1)), ..custom_histogram() }, "has a zero bucket"),
        (sent::Histogram { negative_spans: span(0, 0), ..custom_histogram() }, "has negative buckets"),
        (sent::Histogram { positive_spans: span(-1, 3), ..custom_histogram() }, "begins below 0"),
    ] {
        let why = read(&bad).expect_err(reason);
        assert!(why.contains(reason) && why.contains(" ms"), "{reason}: {why}");
    }
}

fn naive_reduction(first: i32, counts: &[f64], shift: u32) -> std::collections::BTreeMap<i64, f64> {
    let mut out = std::collections::BTreeMap::new();
    for (position, count) in counts.iter().enumerate() {
        let index = f64::from(first) + position as f64;
        #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
        let coarse = (index / f64::from(1_u32 << shift)).ceil() as i64;
        *out.entry(coarse).or_default() += count;
    }
    out
}

proptest! {
    #[test]
    fn a_reduction_keeps_every_observation_where_it_was(
        first in -100_i32..100, counts in proptest::collection::vec(0_u32..9, 1..50), shift in 0_u32..5,
    ) {
        let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
        let spans = vec![span_of(first, u32::try_from(counts.len()).expect("is small"))];
        let (spans, reduced) = tidy(spans, counts.clone(), shift);
        let got: std::collections::BTreeMap<i64, f64> = spans::indexes(&spans).zip(reduced).collect();
        prop_assert_eq!(got, naive_reduction(first, &counts, shift));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Reader::default().read(&bytes, &mut Budget::full());
    }
}

//! Chunks of any samples come back bit by bit.

use aio_types::{BucketSpan, Histogram, ResetHint, stale_nan};
use proptest::prelude::*;

use super::*;

fn decoded(chunk: &Chunk, range: TimeRange) -> Samples {
    let mut out = Samples::default();
    chunk.decode(range, &mut out).expect("decodes");
    out
}

fn floats(samples: &[(i64, f64)]) -> Vec<Sample> {
    samples.iter().map(|&(t, v)| Sample { t: TimestampMs(t), v }).collect()
}

#[test]
fn an_open_chunk_can_be_read_at_every_length() {
    let samples: Vec<_> = floats(&(0..50_i32).map(|i| (i64::from(i) * 15_000, f64::from(i) / 3.0)).collect::<Vec<_>>());
    let mut open = OpenChunk::default();
    assert!(open.range().is_none() && open.seal().is_none());
    let mut expected = Samples::default();
    for (i, sample) in samples.iter().enumerate() {
        let start = TimestampMs(if i < 10 { 0 } else { 5 + i as i64 / 20 });
        open.push(*sample, start);
        expected.push_float(*sample, start);
        let mut out = Samples::default();
        open.decode(TimeRange::ALL, &mut out);
        assert_eq!((&out, open.last()), (&expected, Some(*sample)));
    }
    assert_eq!(open.range(), Some(TimeRange::new(0, 49 * 15_000)));
    assert_eq!(decoded(&open.seal().expect("not empty"), TimeRange::ALL), expected);
}

#[test]
fn only_what_lies_in_the_range_is_read() {
    let samples = floats(&(0..100).map(|i| (i * 10, 1.0)).collect::<Vec<_>>());
    let starts: Vec<_> = (0..100).map(TimestampMs).collect();
    let found =
        decoded(&Chunk::floats(&samples, &starts, Effort::Thorough).expect("not empty"), TimeRange::new(95, 120));
    assert_eq!((found.floats.as_slice(), found.starts.as_slice()), (&samples[10..13], &starts[10..13]));
    assert_eq!(
        decoded(&Chunk::floats(&samples, &[], Effort::Thorough).expect("not empty"), TimeRange::new(5, 7)),
        Samples::default()
    );
}

#[test]
fn starts_follow_chunks_that_have_none() {
    let samples = floats(&[(1, 1.0), (2, 2.0)]);
    let known = Chunk::floats(&samples, &[TimestampMs(1); 2], Effort::Thorough).expect("not empty");
    let unknown = Chunk::floats(&samples, &[TimestampMs(0); 2], Effort::Thorough).expect("not empty");
    let mut out = Samples::default();
    for chunk in [&unknown, &known, &unknown] {
        chunk.decode(TimeRange::ALL, &mut out).expect("decodes");
    }
    assert_eq!(out.starts, [0, 0, 1, 1, 0, 0].map(TimestampMs));
}

#[test]
fn equal_times_are_held_once() {
    let (mut last, samples) = (None, floats(&[(1, 1.0), (2, 2.0)]));
    let chunks =
        [(); 2].map(|()| Chunk::floats(&samples, &[], Effort::Thorough).expect("not empty").share_times(&mut last));
    assert!(Arc::ptr_eq(&chunks[0].times, &chunks[1].times));
}

/// A histogram of some layout with these numbers.
pub(crate) fn histogram(layout: u8, numbers: &[f64]) -> Histogram {
    let number = |i: usize| numbers.get(i % numbers.len().max(1)).copied().unwrap_or(0.0);
    let spans = |n: u32| vec![BucketSpan { offset: -3, length: n }, BucketSpan { offset: 2, length: 1 }];
    let buckets = |n: usize| (0..n).map(number).collect::<Vec<_>>();
    let hint = [ResetHint::Unknown, ResetHint::Gauge, ResetHint::Reset, ResetHint::NotReset][numbers.len() % 4];
    let common = Histogram { reset_hint: hint, count: number(0), sum: number(1), ..Histogram::default() };
    match layout % 3 {
        0 => Histogram::stale(),
        1 => Histogram {
            schema: 3,
            zero_threshold: 1e-128,
            zero_count: number(2),
            positive_spans: spans(4),
            negative_spans: spans(1),
            positive_buckets: buckets(5),
            negative_buckets: buckets(2),
            ..common
        },
        _ => Histogram {
            schema: aio_types::CUSTOM_BUCKETS_SCHEMA,
            positive_spans: vec![BucketSpan { offset: 0, length: 3 }],
            positive_buckets: buckets(3),
            custom_bounds: [0.5, 1.0].into(),
            ..common
        },
    }
}

#[test]
fn a_run_of_histograms_ends_where_the_layout_changes() {
    let sample = |t, layout| HistogramSample {
        t: TimestampMs(t),
        start: TimestampMs(0),
        h: Arc::new(histogram(layout, &[1.0, stale_nan()])),
    };
    let samples: Vec<_> = [1, 1, 1, 2, 0, 1].into_iter().zip(0..).map(|(layout, t)| sample(t, layout)).collect();
    let lengths: Vec<_> = histogram_runs(&samples, 2).map(<[_]>::len).collect();
    assert_eq!(lengths, [2, 1, 1, 1, 1]);
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![any::<u64>().prop_map(f64::from_bits), (0_u16..500).prop_map(f64::from)]
}

proptest! {
    #[test]
    fn any_floats_come_back_bit_by_bit(
        raw in prop::collection::vec((any::<i64>(), any_value(), any::<i64>()), 1..130),
        narrow in prop::collection::vec((0_i64..3_000_000, any_value(), 0_i64..2), 1..130),
    ) {
        for mut triples in [raw, narrow] {
            triples.sort_by_key(|(t, ..)| *t);
            let (mut samples, mut open) = (Samples::default(), OpenChunk::default());
            for (t, v, start) in triples {
                samples.push_float(Sample { t: TimestampMs(t), v }, TimestampMs(start));
                open.push(Sample { t: TimestampMs(t), v }, TimestampMs(start));
            }
            let sealed = Chunk::floats(&samples.floats, &samples.starts, Effort::Quick).expect("not empty");
            prop_assert_eq!(open.seal().expect("not empty"), sealed.clone());
            prop_assert_eq!(decoded(&sealed, TimeRange::ALL), samples);
        }
    }

    #[test]
    fn any_histograms_come_back_bit_by_bit(
        raw in prop::collection::vec((any::<i64>(), 0_u8..3, prop::collection::vec(any_value(), 0..9), 0_i64..3), 1..40),
    ) {
        let sample = |(t, layout, numbers, start): (_, _, Vec<f64>, _)| HistogramSample {
            t: TimestampMs(t),
            start: TimestampMs(start),
            h: Arc::new(histogram(layout, &numbers)),
        };
        let mut samples: Vec<_> = raw.into_iter().map(sample).collect();
        samples.sort_by_key(|s| s.t);
        let mut out = Samples::default();
        for run in histogram_runs(&samples, SAMPLES_HEAD) {
            Chunk::histograms(run, Effort::Quick).expect("not empty").decode(TimeRange::ALL, &mut out).expect("decodes");
        }
        prop_assert!(out.histograms.iter().map(|s| s.h.reset_hint).eq(samples.iter().map(|s| s.h.reset_hint)));
        prop_assert_eq!(out.histograms, samples);
    }

    #[test]
    fn any_bytes_decode_without_panic(data in prop::collection::vec(any::<u8>(), 0..90), count in 0_usize..200) {
        for kind in [Kind::Floats, Kind::Histograms] {
            let _may_fail = decode_times(&data, count);
            let times: Vec<_> = (0..count as i64).collect();
            let _may_fail = decode(kind, &data, &times, &mut Scratch::default(), TimeRange::ALL, &mut Samples::default());
        }
    }
}

#[test]
fn runs_fit_a_chunk_however_many_samples_there_are() {
    for count in 0..4 * SAMPLES_MAX {
        let length = run_length(count);
        assert!(length <= SAMPLES_MAX && (count < SAMPLES_BLOCK || length >= SAMPLES_BLOCK / 2), "{count}: {length}");
    }
}

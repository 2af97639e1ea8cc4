use std::collections::BTreeMap;
use std::sync::Arc;

use aio_types::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, ResetHint, stale_nan};
use proptest::prelude::*;

use super::*;
use crate::spans;

fn chunks_of(samples: &Samples) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    cut(samples, |chunk| chunks.push(chunk));
    chunks
}

fn floats_of(values: impl IntoIterator<Item = (i64, f64)>) -> Samples {
    values.into_iter().map(|(t, v)| Sample { t: TimestampMs(t), v }).collect::<Vec<_>>().into()
}

fn histograms_of(histograms: impl IntoIterator<Item = (i64, Histogram)>) -> Samples {
    let sample = |(t, h)| HistogramSample { t: TimestampMs(t), start: TimestampMs(0), h: Arc::new(h) };
    Samples { histograms: histograms.into_iter().map(sample).collect(), ..Samples::default() }
}

/// An exponential histogram with these buckets.
fn histogram(buckets: &[(i64, f64)]) -> Histogram {
    let mut builder = spans::Builder::default();
    buckets.iter().for_each(|(index, _)| assert!(builder.push(*index)));
    let positive_buckets: Vec<f64> = buckets.iter().map(|(_, count)| *count).collect();
    let count = positive_buckets.iter().fold(0.0, |sum, count| sum + count);
    Histogram {
        schema: 3,
        count,
        sum: 2.0 * count,
        positive_spans: builder.finish(),
        positive_buckets,
        ..<_>::default()
    }
}

type Shown = (i32, [u64; 4], Vec<u64>, [BTreeMap<i64, u64>; 2]);

/// What an evaluation sees of a histogram: where observations are, not which empty buckets are named.
fn shown(h: &Histogram) -> Shown {
    let side = |spans: &[BucketSpan], counts: &[f64]| {
        let counts = counts.iter().map(|count| count.to_bits());
        spans::indexes(spans).zip(counts).filter(|(_, count)| *count != 0).collect()
    };
    (
        h.schema,
        [h.zero_threshold, h.zero_count, h.count, h.sum].map(f64::to_bits),
        h.custom_bounds.iter().map(|bound| bound.to_bits()).collect(),
        [side(&h.positive_spans, &h.positive_buckets), side(&h.negative_spans, &h.negative_buckets)],
    )
}

fn check(samples: &Samples) -> Vec<(Encoding, usize, ResetHint)> {
    let (chunks, mut got) = (chunks_of(samples), Samples::default());
    let mut kinds = Vec::new();
    for chunk in &chunks {
        let part = decode::decode(chunk).expect("decodes");
        let times: Vec<_> = part.times().collect();
        assert_eq!((times[0], times[times.len() - 1]), (chunk.min_time, chunk.max_time));
        kinds.push((
            chunk.encoding,
            part.len(),
            part.histograms.first().map_or(ResetHint::Unknown, |h| h.h.reset_hint),
        ));
        got.floats.extend(part.floats);
        got.histograms.extend(part.histograms);
    }
    assert!(chunks.windows(2).all(|w| w[0].max_time < w[1].min_time), "chunks ascend");
    assert_eq!(got.floats, samples.floats);
    let seen = |samples: &Samples| samples.histograms.iter().map(|s| (s.t, shown(&s.h))).collect::<Vec<_>>();
    assert_eq!(seen(&got), seen(samples));
    kinds
}

#[test]
fn the_bytes_are_those_of_the_format() {
    let chunk = |samples: &Samples| chunks_of(samples).remove(0).data;
    // Two samples: count, zigzag 1000, 1.5 as bits, distance 15000 as varint, an equal value.
    let floats = chunk(&floats_of([(1000, 1.5), (16_000, 1.5)]));
    assert_eq!(floats, [0, 2, 0xd0, 0x0f, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0x98, 0x75, 0]);
    // Integer, gauge, threshold 2^-128, schema 0, one span of length 1 at 0, no other.
    let h = Histogram {
        schema: 0,
        zero_threshold: 2_f64.powi(-128),
        reset_hint: ResetHint::Gauge,
        sum: 0.0,
        ..histogram(&[(0, 1.0)])
    };
    let bytes = chunk(&histograms_of([(0, h)]));
    // Then: schema 0; 10 001, 10 001, 0 for the span; 0; time 0, count 10 001, zero count 0, the sum, bucket 10 001.
    assert_eq!(bytes[..4], [0, 1, 0b1100_0000, 116]);
    assert_eq!(bytes[4..6], [0b0100_0110, 0b0010_0010]);
}

#[test]
fn floats_are_cut_after_so_many_and_around_histograms() {
    let long = floats_of((0..250).map(|n| (n * 15_000, (n % 7) as f64)));
    let kinds: Vec<_> = check(&long).iter().map(|(kind, count, _)| (*kind, *count)).collect();
    assert_eq!(kinds, [(Encoding::Xor, 120), (Encoding::Xor, 120), (Encoding::Xor, 10)]);
    let mut mixed = floats_of([(1, 1.0), (2, 2.0), (4, 3.0)]);
    mixed.histograms = histograms_of([(3, histogram(&[])), (5, histogram(&[(1, 0.5)]))]).histograms;
    let kinds: Vec<_> = check(&mixed).iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds, [Encoding::Xor, Encoding::Histogram, Encoding::Xor, Encoding::FloatHistogram]);
}

#[test]
fn histograms_of_one_layout_share_a_chunk() {
    let growing = (0..100).map(|n| (n * 15_000, histogram(&[(-1, n as f64), (n / 10 + 3, n as f64 + 1.0)])));
    // Buckets come, and while they hold nothing they may go: there is one reset per bucket that lost observations.
    assert_eq!(check(&histograms_of(growing)).len(), 10);
    let empty_goes = [histogram(&[(1, 1.0), (2, 0.0)]), histogram(&[(1, 1.0)]), histogram(&[(1, 1.0), (5, 3.0)])];
    assert_eq!(check(&histograms_of((0..).zip(empty_goes))), [(Encoding::Histogram, 3, ResetHint::Unknown)]);
}

#[test]
fn a_chunk_begins_with_every_reset_and_layout() {
    let base = histogram(&[(1, 4.0)]);
    let other = |change: &dyn Fn(&mut Histogram)| {
        let mut h = base.clone();
        change(&mut h);
        h
    };
    for (next, chunks, hint) in [
        (other(&|_| {}), 1, ResetHint::Unknown),
        (other(&|h| h.reset_hint = ResetHint::Reset), 2, ResetHint::Reset),
        (other(&|h| h.count = 3.0), 2, ResetHint::Reset),
        (other(&|h| h.positive_buckets = vec![3.0]), 2, ResetHint::Reset),
        (histogram(&[(2, 4.0)]), 2, ResetHint::Reset),
        (other(&|h| (h.count, h.reset_hint) = (3.0, ResetHint::NotReset)), 1, ResetHint::Unknown),
        (other(&|h| h.reset_hint = ResetHint::Gauge), 2, ResetHint::Gauge),
        (other(&|h| h.schema = 2), 2, ResetHint::Unknown),
        (other(&|h| h.zero_threshold = 0.5), 2, ResetHint::Unknown),
        (other(&|h| h.count = 4.5), 2, ResetHint::NotReset),
        (Histogram::stale(), 2, ResetHint::Unknown),
    ] {
        let kinds = check(&histograms_of([(1, base.clone()), (2, next.clone())]));
        assert_eq!((kinds.len(), kinds[kinds.len() - 1].2), (chunks, hint), "{next:?}");
    }
    let gauges = [4.0, 1.0, 9.0].map(|count| Histogram { reset_hint: ResetHint::Gauge, ..histogram(&[(1, count)]) });
    assert_eq!(check(&histograms_of((0..).zip(gauges))).len(), 1);
}

#[test]
fn custom_bounds_and_odd_thresholds_are_kept() {
    let custom = |bounds: &[f64]| Histogram {
        schema: CUSTOM_BUCKETS_SCHEMA,
        custom_bounds: bounds.into(),
        ..histogram(&[(0, 1.0), (1, 2.0)])
    };
    let bounds: &[f64] = &[-1.0, 0.0, 0.005, 0.1, 1.0 / 3.0, 33_554.43, 33_554.431, 1e300];
    assert_eq!(check(&histograms_of([(1, custom(bounds)), (2, custom(bounds)), (3, custom(&bounds[1..]))])).len(), 2);
    for power in [-300, -244, -243, -128, 0, 10, 11] {
        let h = Histogram { zero_threshold: 2_f64.powi(power), ..histogram(&[]) };
        check(&histograms_of([(1, h)]));
    }
    check(&histograms_of([(1, Histogram { zero_threshold: 1e-128, ..histogram(&[]) })]));
}

#[test]
fn a_chunk_of_wide_histograms_is_short() {
    let buckets: Vec<_> = (0..1000).map(|index| (index, 1.0)).collect();
    let kinds = check(&histograms_of((0..20).map(|t| (t, histogram(&buckets)))));
    assert!(kinds.len() == 3 && kinds[0].1 == 8, "{kinds:?}");
}

fn any_histogram() -> impl Strategy<Value = Histogram> {
    let buckets = || proptest::collection::btree_map(-30_i64..30, 0_u32..4, 0..8);
    let layout = (-4_i32..3, prop_oneof![Just(0.0), Just(0.25), Just(1e-9)]);
    let numbers = (any::<bool>(), 0_u32..3, any::<u64>().prop_map(f64::from_bits), 0_u8..40);
    (layout, buckets(), buckets(), numbers).prop_map(|((schema, zero_threshold), positive, negative, numbers)| {
        let (is_float, zero, sum, hint) = numbers;
        let scale = if is_float { 0.75 } else { 1.0 };
        let scaled =
            |side: BTreeMap<i64, u32>| -> Vec<_> { side.into_iter().map(|(i, n)| (i, f64::from(n) * scale)).collect() };
        let (positive, negative) = (histogram(&scaled(positive)), histogram(&scaled(negative)));
        let h = Histogram {
            schema,
            zero_threshold,
            zero_count: f64::from(zero) * scale,
            count: positive.count + negative.count,
            sum: if hint == 9 { stale_nan() } else { sum },
            negative_spans: negative.positive_spans,
            negative_buckets: negative.positive_buckets,
            reset_hint: [ResetHint::Unknown, ResetHint::Reset, ResetHint::NotReset, ResetHint::Gauge]
                [usize::from(hint) % 4],
            ..positive
        };
        if h.is_stale() { Histogram::stale() } else { h }
    })
}

proptest! {
    #[test]
    fn floats_come_back_bit_by_bit(
        steps in proptest::collection::vec((1_i64..1 << 40, any::<u64>(), any::<bool>()), 1..300),
    ) {
        let mut t = -(1 << 39);
        let mut last = 0;
        let samples = steps.into_iter().map(|(step, bits, is_regular)| {
            t += if is_regular { 15_000 } else { step };
            last = if is_regular { last + 1 } else { bits };
            (t, f64::from_bits(last))
        });
        check(&floats_of(samples.collect::<Vec<_>>()));
    }

    #[test]
    fn histograms_come_back(histograms in proptest::collection::vec((1_i64..100_000, any_histogram()), 1..20)) {
        let mut t = 0;
        let samples = histograms.into_iter().map(|(step, h)| {
            t += step;
            (t, h)
        });
        check(&histograms_of(samples.collect::<Vec<_>>()));
    }
}

//! Chunks of native histograms, encoded as Prometheus encodes them.

use std::sync::Arc;

use aio_types::{
    BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramSample, ResetHint, Samples, TimestampMs, is_stale, stale_nan,
};
use proptest::prelude::*;

use super::bits::{BitWriter, Window};
use super::starts::StartWriter;
use crate::chunk::decode;

/// A histogram in integers: buckets are differences.
#[derive(Debug, Clone)]
pub(crate) struct Ints {
    pub(crate) t: i64,
    pub(crate) start: i64,
    pub(crate) numbers: [u64; 2],
    pub(crate) sum: f64,
    pub(crate) buckets: Vec<i64>,
}

/// What all histograms of a chunk share.
pub(crate) fn layout(custom: bool) -> Histogram {
    let span = |offset, length| BucketSpan { offset, length };
    let common = Histogram { positive_spans: vec![span(-3, 2), span(4, 3)], ..Histogram::default() };
    if custom {
        let bounds = [0.005, 0.1, 33_554.43, -1.0, 1e9 / 3.0].into();
        return Histogram { schema: CUSTOM_BUCKETS_SCHEMA, custom_bounds: bounds, ..common };
    }
    Histogram { schema: 3, zero_threshold: 2.0_f64.powi(-128), negative_spans: vec![span(0, 1)], ..common }
}

fn header(out: &mut BitWriter, count: usize, flags: u8, has_starts: bool) {
    if has_starts {
        out.bits(u64::from(flags) << 8 | count as u64, 16);
        out.bits(0, 8);
    } else {
        out.bits(count as u64, 16);
        out.bits(flags.into(), 8);
    }
}

fn write_layout(out: &mut BitWriter, h: &Histogram) {
    match h.zero_threshold {
        0.0 => out.bits(0, 8),
        v if v == 2.0_f64.powi(-128) => out.bits(116, 8),
        v => {
            out.bits(255, 8);
            out.float(v);
        }
    }
    out.varbit_int(h.schema.into());
    for spans in [&h.positive_spans, &h.negative_spans] {
        out.varbit_uint(spans.len() as u64);
        for span in spans {
            out.varbit_uint(span.length.into());
            out.varbit_int(span.offset.into());
        }
    }
    if h.schema == CUSTOM_BUCKETS_SCHEMA {
        out.varbit_uint(h.custom_bounds.len() as u64);
        for bound in h.custom_bounds.iter() {
            match bound * 1000.0 {
                thousandths if (0.0..=33_554_430.0).contains(&thousandths) && thousandths.fract() == 0.0 => {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range and whole")]
                    out.varbit_uint(thousandths as u64 + 1);
                }
                _ => {
                    out.bits(0, 1);
                    out.float(*bound);
                }
            }
        }
    }
}

pub(crate) fn integers(layout: &Histogram, all: &[Ints], flags: u8, has_starts: bool) -> Vec<u8> {
    let (mut out, mut starts, mut window) = (BitWriter::default(), StartWriter::default(), Window::default());
    header(&mut out, all.len(), flags, has_starts);
    write_layout(&mut out, layout);
    let width = 3 + all.first().map_or(0, |first| first.buckets.len());
    let (mut before, mut steps, mut sum) = (vec![0_i64; width], vec![0_i64; width], 0.0);
    for (position, one) in all.iter().enumerate() {
        let [zero, count] = one.numbers.map(u64::cast_signed);
        let row: Vec<i64> = [one.t, count, zero].into_iter().chain(one.buckets.iter().copied()).collect();
        let told = if is_stale(one.sum) && position > 0 { 3 } else { width };
        for (column, value) in row.iter().copied().enumerate().take(told) {
            let step = value.wrapping_sub(before[column]);
            match position {
                0 if column == 1 || column == 2 => out.varbit_uint(value.cast_unsigned()),
                0 => out.varbit_int(value),
                _ => {
                    out.varbit_int(step.wrapping_sub(steps[column]));
                    steps[column] = step;
                }
            }
            if column == 2 {
                if position == 0 {
                    out.float(one.sum)
                } else {
                    window.xor(&mut out, sum, one.sum)
                }
                sum = one.sum;
            }
            before[column] = value;
        }
        let t = before[0].wrapping_sub(if position > 0 { steps[0] } else { 0 });
        if has_starts {
            starts.write(&mut out, position, one.t, t, one.start);
        }
    }
    if has_starts {
        out.bytes[2] = starts.header;
    }
    out.bytes
}

pub(crate) fn floats(layout: &Histogram, all: &[Ints], flags: u8, has_starts: bool) -> Vec<u8> {
    let (mut out, mut starts) = (BitWriter::default(), StartWriter::default());
    header(&mut out, all.len(), flags, has_starts);
    write_layout(&mut out, layout);
    let width = 3 + all.first().map_or(0, |first| first.buckets.len());
    let (mut before, mut windows) = (vec![0.0_f64; width], vec![Window::default(); width]);
    let (mut t, mut step) = (0_i64, 0_i64);
    for (position, one) in all.iter().enumerate() {
        let next = one.t.wrapping_sub(t);
        out.varbit_int(if position == 0 { one.t } else { next.wrapping_sub(step) });
        step = if position == 0 { 0 } else { next };
        let row = numbers_of(one);
        let told = if is_stale(one.sum) && position > 0 { 3 } else { width };
        for column in 0..told {
            let value = row[column];
            if position == 0 {
                out.float(value);
            } else {
                windows[column].xor(&mut out, before[column], value);
            }
            before[column] = value;
        }
        if has_starts {
            starts.write(&mut out, position, one.t, t, one.start);
        }
        t = one.t;
    }
    if has_starts {
        out.bytes[2] = starts.header;
    }
    out.bytes
}

/// Count, zero count, sum, buckets.
#[expect(clippy::cast_precision_loss, reason = "any numbers will do")]
fn numbers_of(one: &Ints) -> Vec<f64> {
    let [zero, count] = one.numbers.map(|number| number as f64);
    [count, zero, one.sum].into_iter().chain(one.buckets.iter().map(|bucket| *bucket as f64 / 8.0)).collect()
}

/// What should be read.
pub(crate) fn expected(layout: &Histogram, all: &[Ints], flags: u8, has_starts: bool, are_floats: bool) -> Samples {
    let mut samples = Samples::default();
    for (position, one) in all.iter().enumerate() {
        let h = if is_stale(one.sum) { Histogram::stale() } else { histogram(layout, one, are_floats) };
        let reset_hint = match position {
            _ if flags == 0xc0 => ResetHint::Gauge,
            0 => ResetHint::Unknown,
            _ => ResetHint::NotReset,
        };
        let start = TimestampMs(if has_starts { one.start } else { 0 });
        let h = Arc::new(Histogram { reset_hint, ..h });
        samples.histograms.push(HistogramSample { t: TimestampMs(one.t), start, h });
    }
    samples
}

#[expect(clippy::cast_precision_loss, reason = "any numbers will do")]
fn histogram(layout: &Histogram, one: &Ints, are_floats: bool) -> Histogram {
    let row = numbers_of(one);
    let absolute = |buckets: &[i64]| {
        let sums = buckets.iter().scan(0_i64, |sum, bucket| {
            *sum = sum.wrapping_add(*bucket);
            Some(*sum as f64)
        });
        sums.collect()
    };
    let buckets: [Vec<f64>; 2] = if are_floats {
        [row[3..8].to_vec(), row[8..].to_vec()]
    } else {
        [absolute(&one.buckets[..5]), absolute(&one.buckets[5..])]
    };
    let [positive_buckets, negative_buckets] = buckets;
    Histogram { count: row[0], zero_count: row[1], sum: row[2], positive_buckets, negative_buckets, ..layout.clone() }
}

pub(crate) fn all(custom: bool) -> impl Strategy<Value = Vec<Ints>> {
    let bucket = prop_oneof![5 => -9_i64..9, 2 => -100_000_i64..100_000, 1 => any::<i64>()];
    let width = if custom { 5 } else { 6 };
    let number = prop_oneof![4 => 0_u64..1000, 1 => any::<u64>()];
    let sum = prop_oneof![6 => (-50_i32..50).prop_map(f64::from), 1 => any::<u64>().prop_map(f64::from_bits), 1 => Just(stale_nan())];
    let step = prop_oneof![5 => Just(15_000_i64), 2 => 1_i64..40_000, 1 => any::<i64>()];
    let start = prop_oneof![2 => Just(0_i64), 2 => Just(5_i64), 1 => any::<i64>()];
    let row = (step, start, [number.clone(), number], sum, prop::collection::vec(bucket, width));
    prop::collection::vec(row, 1..150).prop_map(|rows| {
        let mut t = 99_i64;
        let one = |(step, start, numbers, sum, buckets): (i64, i64, [u64; 2], f64, Vec<i64>)| {
            t = t.wrapping_add(step);
            Ints { t, start, numbers, sum, buckets }
        };
        rows.into_iter().map(one).collect()
    })
}

proptest! {
    #[test]
    fn histograms_come_back_bit_by_bit(
        (custom, all) in any::<bool>().prop_flat_map(|custom| (Just(custom), all(custom))),
        flags in prop::sample::select(vec![0_u8, 0x40, 0x80, 0xc0]),
    ) {
        let layout = layout(custom);
        for (encoding, are_floats, has_starts) in [(2, false, false), (3, true, false), (5, false, true), (6, true, true)] {
            let encode = if are_floats { floats } else { integers };
            let bytes = encode(&layout, &all, flags, has_starts);
            let mut found = Samples::default();
            prop_assert_eq!(decode(encoding, &bytes, &mut found), Ok(all.len()));
            let expected = expected(&layout, &all, flags, has_starts, are_floats);
            prop_assert_eq!(&found, &expected);
            let hints = |samples: &Samples| samples.histograms.iter().map(|s| s.h.reset_hint).collect::<Vec<_>>();
            prop_assert_eq!(hints(&found), hints(&expected));
        }
    }
}

//! The chunks of histograms.

use aio_types::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramSample};

use super::bits::BitWriter;
use super::float::XorSequence;
use super::run::Run;
use super::varbit::{put_int, put_uint};
use super::{Encoding, whole};
use crate::spans::spread;

/// The largest custom bound, in thousandths, that is told as an integer.
const BOUND_MAX: f64 = 33_554_430.0;

pub(super) fn encode(run: &Run<'_>) -> Vec<u8> {
    let count = u16::try_from(run.samples.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut out = BitWriter::after(&[count[0], count[1], (run.header as u8) << 6]);
    if let Some((first, rest)) = run.samples.split_first() {
        put_layout(&mut out, run, &first.h);
        match run.encoding {
            Encoding::FloatHistogram => put_floats(&mut out, run, first, rest),
            Encoding::Histogram | Encoding::Xor => put_integers(&mut out, run, first, rest),
        }
    }
    out.finish()
}

fn put_layout(out: &mut BitWriter, run: &Run<'_>, first: &Histogram) {
    put_zero_threshold(out, first.zero_threshold);
    put_int(out, first.schema.into());
    put_spans(out, &run.positive);
    put_spans(out, &run.negative);
    if first.schema == CUSTOM_BUCKETS_SCHEMA {
        put_uint(out, first.custom_bounds.len() as u64);
        first.custom_bounds.iter().for_each(|bound| put_bound(out, *bound));
    }
}

/// A power of two from 2^-243 to 2^10 is its exponent in a byte, anything but zero nine bytes.
fn put_zero_threshold(out: &mut BitWriter, threshold: f64) {
    if threshold == 0.0 {
        return out.put(0, 8);
    }
    let bits = threshold.to_bits();
    let exponent = (bits >> 52).cast_signed() - 1023;
    if bits & ((1 << 52) - 1) == 0 && (-243..=10).contains(&exponent) {
        // In binary fractions, 2^n is 0.5·2^(n+1).
        return out.put((exponent + 1 + 243).cast_unsigned(), 8);
    }
    out.put(255, 8);
    out.put_double(threshold);
}

fn put_spans(out: &mut BitWriter, spans: &[BucketSpan]) {
    put_uint(out, spans.len() as u64);
    for span in spans {
        put_uint(out, span.length.into());
        put_int(out, span.offset.into());
    }
}

/// Thousandths where these are exact and not too many.
fn put_bound(out: &mut BitWriter, bound: f64) {
    let thousandths = (bound * 1000.0).round();
    if (0.0..=BOUND_MAX).contains(&(bound * 1000.0)) && thousandths / 1000.0 == bound {
        return put_uint(out, whole::unsigned(thousandths) + 1);
    }
    out.put_bit(false);
    out.put_double(bound);
}

/// The buckets of a sample in the layout of its run.
fn buckets<'a>(run: &'a Run<'_>, h: &'a Histogram) -> [impl Iterator<Item = f64> + 'a; 2] {
    [
        spread(&h.positive_spans, &h.positive_buckets, &run.positive),
        spread(&h.negative_spans, &h.negative_buckets, &run.negative),
    ]
}

fn put_floats(out: &mut BitWriter, run: &Run<'_>, first: &HistogramSample, rest: &[&HistogramSample]) {
    put_int(out, first.t.0);
    let values = |sample: &HistogramSample, each: &mut dyn FnMut(f64)| {
        [sample.h.count, sample.h.zero_count, sample.h.sum].into_iter().for_each(&mut *each);
        buckets(run, &sample.h).into_iter().flatten().for_each(each);
    };
    let mut sequences = Vec::new();
    values(first, &mut |value| {
        out.put_double(value);
        sequences.push(XorSequence::after(value));
    });
    let mut time = Dods::after(first.t.0);
    for sample in rest {
        put_int(out, time.next(sample.t.0));
        let mut sequences = sequences.iter_mut();
        values(sample, &mut |value| {
            if let Some(sequence) = sequences.next() {
                sequence.put(out, value);
            }
        });
    }
}

fn put_integers(out: &mut BitWriter, run: &Run<'_>, first: &HistogramSample, rest: &[&HistogramSample]) {
    let head = |sample: &HistogramSample| [sample.h.count, sample.h.zero_count].map(whole::unsigned);
    put_int(out, first.t.0);
    head(first).into_iter().for_each(|count| put_uint(out, count));
    out.put_double(first.h.sum);
    let mut deltas = deltas(run, &first.h);
    deltas.iter().for_each(|delta| put_int(out, *delta));
    let mut buckets: Vec<Dods> = deltas.iter().copied().map(Dods::after).collect();
    let mut times = Dods::after(first.t.0);
    let mut counts = head(first).map(|count| Dods::after(count.cast_signed()));
    let mut sums = XorSequence::after(first.h.sum);
    for sample in rest {
        put_int(out, times.next(sample.t.0));
        for (dods, count) in counts.iter_mut().zip(head(sample)) {
            put_int(out, dods.next(count.cast_signed()));
        }
        sums.put(out, sample.h.sum);
        deltas = self::deltas(run, &sample.h);
        buckets.iter_mut().zip(&deltas).for_each(|(dods, delta)| put_int(out, dods.next(*delta)));
    }
}

/// Of all buckets, each side beginning at zero.
fn deltas(run: &Run<'_>, h: &Histogram) -> Vec<i64> {
    buckets(run, h).into_iter().flat_map(|side| whole::deltas(&side.collect::<Vec<_>>())).collect()
}

/// Integers as changes of their differences.
#[derive(Debug, Clone, Copy)]
struct Dods {
    last: i64,
    difference: i64,
}

impl Dods {
    fn after(first: i64) -> Self {
        Self { last: first, difference: 0 }
    }

    fn next(&mut self, value: i64) -> i64 {
        let difference = value.wrapping_sub(self.last);
        self.last = value;
        difference.wrapping_sub(std::mem::replace(&mut self.difference, difference))
    }
}

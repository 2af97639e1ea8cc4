//! `prometheus.ReadResponse`: every sample spelled out.

#[cfg(test)]
pub(super) mod messages;

use aio_types::{BucketSpan, Histogram, HistogramSample, Labels, ResetHint, Sample, Samples};

use super::chunk::whole;
use super::put_labels;
use crate::proto::{put_bytes, put_double, put_int, put_packed_doubles, put_packed_sints, put_sint, put_varint};

/// Appends one series to a query's result, as one of its `timeseries`.
pub fn put_series(result: &mut Vec<u8>, labels: &Labels, samples: &Samples) {
    let (mut series, mut scratch) = (Vec::with_capacity(64 + samples.len() * 20), Vec::new());
    put_labels(&mut series, &mut scratch, labels);
    for sample in &samples.floats {
        scratch.clear();
        put_sample(&mut scratch, sample);
        put_bytes(&mut series, 2, &scratch);
    }
    for sample in &samples.histograms {
        scratch.clear();
        put_histogram(&mut scratch, sample);
        put_bytes(&mut series, 4, &scratch);
    }
    put_bytes(result, 1, &series);
}

/// Appends what precedes a query's result of so many bytes.
pub fn put_result_head(response: &mut Vec<u8>, result_bytes: u64) {
    response.push(1 << 3 | 2);
    put_varint(response, result_bytes);
}

fn put_sample(out: &mut Vec<u8>, sample: &Sample) {
    put_double(out, 1, sample.v);
    put_int(out, 2, sample.t.0);
}

/// An integer histogram where every count is whole, else one of floats.
fn put_histogram(out: &mut Vec<u8>, sample: &HistogramSample) {
    let h = &*sample.h;
    let is_integer = whole::is_integer(h);
    put_counts(out, h, is_integer);
    for span in &h.negative_spans {
        put_span(out, 8, *span);
    }
    put_buckets(out, 9, &h.negative_buckets, is_integer);
    for span in &h.positive_spans {
        put_span(out, 11, *span);
    }
    put_buckets(out, 12, &h.positive_buckets, is_integer);
    put_int(out, 14, reset_hint(h.reset_hint));
    put_int(out, 15, sample.t.0);
    put_packed_doubles(out, 16, &h.custom_bounds);
}

/// The kind of the counts tells the kind of the histogram, so that they are there even where they are zero.
fn put_counts(out: &mut Vec<u8>, h: &Histogram, is_integer: bool) {
    let (number, zero_number) = if is_integer { (1, 6) } else { (2, 7) };
    put_count(out, number, h.count, is_integer);
    put_double(out, 3, h.sum);
    put_sint(out, 4, h.schema.into());
    put_double(out, 5, h.zero_threshold);
    put_count(out, zero_number, h.zero_count, is_integer);
}

fn put_count(out: &mut Vec<u8>, number: u8, count: f64, is_integer: bool) {
    if is_integer {
        out.push(number << 3);
        put_varint(out, whole::unsigned(count));
    } else {
        out.push(number << 3 | 1);
        out.extend_from_slice(&count.to_le_bytes());
    }
}

fn put_span(out: &mut Vec<u8>, number: u32, span: BucketSpan) {
    let mut message = Vec::with_capacity(8);
    put_sint(&mut message, 1, span.offset.into());
    put_int(&mut message, 2, span.length.into());
    put_bytes(out, number, &message);
}

/// Deltas have this number, counts the next.
fn put_buckets(out: &mut Vec<u8>, number: u32, counts: &[f64], is_integer: bool) {
    if is_integer {
        put_packed_sints(out, number, &whole::deltas(counts));
    } else {
        put_packed_doubles(out, number + 1, counts);
    }
}

fn reset_hint(hint: ResetHint) -> i64 {
    match hint {
        ResetHint::Unknown => 0,
        ResetHint::Reset => 1,
        ResetHint::NotReset => 2,
        ResetHint::Gauge => 3,
    }
}

#[cfg(test)]
mod tests;

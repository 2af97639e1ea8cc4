//! What samples take in memory, in bytes.

use aio_types::{Exemplar, Histogram, HistogramSample, Sample, TimestampMs};

pub(super) const FLOAT: u64 = (size_of::<Sample>() + size_of::<TimestampMs>()) as u64;

pub(super) fn histogram(h: &Histogram) -> u64 {
    let spans = (h.positive_spans.len() + h.negative_spans.len()) * 8;
    let numbers = (h.positive_buckets.len() + h.negative_buckets.len() + h.custom_bounds.len()) * 8;
    (size_of::<HistogramSample>() + size_of::<Histogram>() + spans + numbers) as u64
}

pub(super) fn exemplar(exemplar: &Exemplar) -> u64 {
    (size_of::<Exemplar>() + exemplar.labels.memory()) as u64
}

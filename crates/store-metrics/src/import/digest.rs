//! A sum over everything that was written, to be compared with what is read back. The order does not matter.

use std::ops::Add;

use aio_types::{Exemplar, Histogram, Labels, Samples, TimeRange};

use crate::block::Block;
use crate::error::Error;

/// How much there is, and the sum over it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest {
    /// Series, once for every block they are in.
    pub series: u64,
    /// Samples of both kinds.
    pub samples: u64,
    /// Exemplars.
    pub exemplars: u64,
    /// Over labels, times and every bit of the values.
    pub sum: u64,
}

impl Add for Digest {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            series: self.series + other.series,
            samples: self.samples + other.samples,
            exemplars: self.exemplars + other.exemplars,
            sum: self.sum.wrapping_add(other.sum),
        }
    }
}

impl Digest {
    /// Reads all of a block.
    pub(super) fn of(block: &Block) -> Result<Self, Error> {
        let mut all = Self::default();
        for id in 0..block.series_count() {
            let (series, mut samples) = (block.series(id)?, Samples::default());
            block.read(&series, TimeRange::ALL, &mut samples)?;
            all.add_series(&series.labels, &samples, &block.exemplars(&series, TimeRange::ALL)?);
        }
        Ok(all)
    }

    /// Adds a series.
    pub(super) fn add_series(&mut self, labels: &Labels, samples: &Samples, exemplars: &[Exemplar]) {
        let series = hash_labels(labels);
        self.series += 1;
        self.samples += samples.len() as u64;
        self.exemplars += exemplars.len() as u64;
        for (position, sample) in samples.floats.iter().enumerate() {
            let time = mix(mix(series, bits(sample.t.0)), bits(samples.start_of(position).0));
            self.sum = self.sum.wrapping_add(mix(time, sample.v.to_bits()));
        }
        for sample in &samples.histograms {
            let time = mix(mix(series, bits(sample.t.0)), bits(sample.start.0));
            self.sum = self.sum.wrapping_add(hash_histogram(time, &sample.h));
        }
        for exemplar in exemplars {
            let time = mix(mix(series, hash_labels(&exemplar.labels)), bits(exemplar.sample.t.0));
            self.sum = self.sum.wrapping_add(mix(time, exemplar.sample.v.to_bits()));
        }
    }
}

fn bits(value: i64) -> u64 {
    value.cast_unsigned()
}

/// Both halves of a product, folded: every bit of the arguments matters to every bit of the result.
#[expect(clippy::cast_possible_truncation, reason = "the halves of a product")]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0x9e37_79b9_7f4a_7c15) * u128::from(b ^ 0xd6e8_feb8_6659_fd93 ^ a.rotate_left(32));
    (product as u64) ^ (product >> 64) as u64
}

fn hash_text(seed: u64, text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words.iter().fold(mix(seed, text.len() as u64), |hash, word| mix(hash, u64::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)))
}

fn hash_labels(labels: &Labels) -> u64 {
    labels.iter().fold(1, |hash, (name, value)| hash_text(hash_text(hash, name), value))
}

fn hash_histogram(seed: u64, h: &Histogram) -> u64 {
    let mut hash = mix(seed, bits(h.schema.into()));
    hash = mix(hash, h.reset_hint as u64);
    for spans in [&h.positive_spans, &h.negative_spans] {
        hash = mix(hash, spans.len() as u64);
        hash = spans.iter().fold(hash, |hash, span| mix(mix(hash, bits(span.offset.into())), span.length.into()));
    }
    let numbers = [h.zero_threshold, h.zero_count, h.count, h.sum];
    let lists = [&h.positive_buckets[..], &h.negative_buckets, &h.custom_bounds];
    hash = numbers.iter().fold(hash, |hash, v| mix(hash, v.to_bits()));
    for list in lists {
        hash = list.iter().fold(mix(hash, list.len() as u64), |hash, v| mix(hash, v.to_bits()));
    }
    hash
}

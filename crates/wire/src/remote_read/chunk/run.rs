//! Which histograms make a chunk.

use aio_types::{BucketSpan, Histogram, HistogramSample, ResetHint};

use super::{Chunk, Encoding, SAMPLES_MAX, histogram, whole};
use crate::spans;

/// Most buckets of all histograms of a chunk, unless it has but one: its first and every other one may take nine bytes.
const BUCKETS_MAX: usize = 8192;

/// What the head of a chunk says of the reset before its first histogram; after that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    Unknown = 0b00,
    NotReset = 0b01,
    Reset = 0b10,
    Gauge = 0b11,
}

/// Histograms of one chunk.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) samples: Vec<&'a HistogramSample>,
    pub(super) encoding: Encoding,
    pub(super) header: Header,
    /// The buckets any of them has.
    pub(super) positive: Vec<BucketSpan>,
    pub(super) negative: Vec<BucketSpan>,
}

impl<'a> Run<'a> {
    /// Begins a run after another one.
    pub(super) fn begin(sample: &'a HistogramSample, before: Option<&Run<'_>>) -> Self {
        let last = before.and_then(|run| run.samples.last());
        let h = &*sample.h;
        Self {
            samples: vec![sample],
            encoding: encoding(h),
            header: header(h, last.map(|last| &*last.h)),
            positive: h.positive_spans.clone(),
            negative: h.negative_spans.clone(),
        }
    }

    /// Takes a sample in, unless it needs a chunk of its own.
    pub(super) fn take_in(&mut self, sample: &'a HistogramSample) -> bool {
        let follows = self.samples.last().is_some_and(|last| follows(&last.h, &sample.h));
        if self.samples.len() == SAMPLES_MAX || encoding(&sample.h) != self.encoding || !follows {
            return false;
        }
        let positive = union(&self.positive, &sample.h.positive_spans);
        let negative = union(&self.negative, &sample.h.negative_spans);
        let buckets = spans::len(positive.as_ref().unwrap_or(&self.positive))
            + spans::len(negative.as_ref().unwrap_or(&self.negative));
        if buckets * (self.samples.len() + 1) > BUCKETS_MAX {
            return false;
        }
        self.positive = positive.unwrap_or(std::mem::take(&mut self.positive));
        self.negative = negative.unwrap_or(std::mem::take(&mut self.negative));
        self.samples.push(sample);
        true
    }

    pub(super) fn encode(self) -> Chunk {
        let time = |sample: Option<&&HistogramSample>| sample.map_or_else(Default::default, |s| s.t);
        Chunk {
            encoding: self.encoding,
            min_time: time(self.samples.first()),
            max_time: time(self.samples.last()),
            data: histogram::encode(&self),
        }
    }
}

/// `None` where all of `more` is in `spans`, as is the rule.
fn union(spans: &[BucketSpan], more: &[BucketSpan]) -> Option<Vec<BucketSpan>> {
    (spans != more).then(|| spans::union(spans, more))
}

fn encoding(h: &Histogram) -> Encoding {
    if whole::is_integer(h) { Encoding::Histogram } else { Encoding::FloatHistogram }
}

fn header(h: &Histogram, last: Option<&Histogram>) -> Header {
    match h.reset_hint {
        ResetHint::Gauge => Header::Gauge,
        ResetHint::Reset => Header::Reset,
        ResetHint::NotReset => Header::NotReset,
        ResetHint::Unknown => match last {
            Some(last) if comparable(last, h) && shrinks(last, h) => Header::Reset,
            Some(last) if comparable(last, h) => Header::NotReset,
            _ => Header::Unknown,
        },
    }
}

/// Whether `next` may stand behind `last` in one chunk: one layout, and no reset between.
fn follows(last: &Histogram, next: &Histogram) -> bool {
    let no_reset = match next.reset_hint {
        ResetHint::Gauge | ResetHint::NotReset => true,
        ResetHint::Reset => false,
        ResetHint::Unknown => !shrinks(last, next),
    };
    comparable(last, next) && no_reset
}

/// Whether two histograms differ in nothing but their observations.
fn comparable(last: &Histogram, next: &Histogram) -> bool {
    let is_gauge = |h: &Histogram| h.reset_hint == ResetHint::Gauge;
    let bits = |bounds: &[f64]| bounds.iter().map(|b| b.to_bits()).collect::<Vec<_>>();
    last.schema == next.schema
        && last.zero_threshold.to_bits() == next.zero_threshold.to_bits()
        && is_gauge(last) == is_gauge(next)
        && !last.is_stale()
        && !next.is_stale()
        && (last.custom_bounds.is_empty() && next.custom_bounds.is_empty()
            || bits(&last.custom_bounds) == bits(&next.custom_bounds))
}

/// Whether any count is lower than it was: a counter was reset between.
fn shrinks(last: &Histogram, next: &Histogram) -> bool {
    next.count < last.count
        || next.zero_count < last.zero_count
        || side_shrinks((&last.positive_spans, &last.positive_buckets), (&next.positive_spans, &next.positive_buckets))
        || side_shrinks((&last.negative_spans, &last.negative_buckets), (&next.negative_spans, &next.negative_buckets))
}

fn side_shrinks(last: (&[BucketSpan], &[f64]), next: (&[BucketSpan], &[f64])) -> bool {
    if last.0 == next.0 {
        return last.1.iter().zip(next.1).any(|(before, after)| after < before);
    }
    let layout = spans::union(last.0, next.0);
    let (before, after) = (spans::spread(last.0, last.1, &layout), spans::spread(next.0, next.1, &layout));
    before.zip(after).any(|(before, after)| after < before)
}

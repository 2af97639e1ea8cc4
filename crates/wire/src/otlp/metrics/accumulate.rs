//! Adding deltas up: what was observed so far, and what was observed since.

use aio_types::{BucketSpan, Histogram};

use super::buckets;
use super::exponential_histogram::{Exponential, SCHEMA_MIN};
use super::histogram::Explicit;
use super::point::Value;

/// Past it a sum of exponential histograms is kept at half the resolution, as senders do.
const WIDTH_MAX: i64 = 160;

impl Value {
    /// Adds what was observed later. `false`, and nothing has changed, where the two do not add up: kinds or bounds
    /// differ.
    #[must_use]
    pub fn add(&mut self, later: &Self) -> bool {
        match (self, later) {
            (Self::Number(sum), Self::Number(more)) => *sum += more,
            (Self::Explicit(sum), Self::Explicit(more)) if sum.bounds == more.bounds => add_explicit(sum, more),
            (Self::Exponential(sum), Self::Exponential(more)) => add_exponential(sum, more),
            _ => return false,
        }
        true
    }
}

fn add_explicit(sum: &mut Explicit, more: &Explicit) {
    for (sum, more) in sum.counts.iter_mut().zip(&more.counts) {
        *sum += more;
    }
    sum.count += more.count;
    sum.sum = sum.sum.zip(more.sum).map(|(a, b)| a + b);
    sum.is_native = more.is_native;
}

fn add_exponential(sum: &mut Exponential, more: &Exponential) {
    sum.has_sum &= more.has_sum;
    let (a, b) = (&mut sum.histogram, &more.histogram);
    let mut layout = Layout::of(a, b);
    a.schema = layout.schema;
    if a.zero_threshold != b.zero_threshold {
        layout.widen_zero(a.zero_threshold.max(b.zero_threshold));
        a.zero_threshold = layout.zero_threshold;
    }
    a.schema -= layout.narrow();
    a.zero_count += b.zero_count + layout.zero_count;
    a.count += b.count;
    a.sum = if sum.has_sum { a.sum + b.sum } else { 0.0 };
    (a.positive_spans, a.positive_buckets) = buckets::spans(layout.sides[0].iter().copied());
    (a.negative_spans, a.negative_buckets) = buckets::spans(layout.sides[1].iter().copied());
}

/// The buckets of two histograms at the lower of their resolutions.
struct Layout {
    schema: i32,
    /// Positive and negative.
    sides: [Vec<(i32, f64)>; 2],
    zero_threshold: f64,
    /// What the wider zero bucket took in.
    zero_count: f64,
}

impl Layout {
    fn of(a: &Histogram, b: &Histogram) -> Self {
        // One without buckets is at every resolution.
        let is_bare = |h: &Histogram| h.positive_buckets.is_empty() && h.negative_buckets.is_empty();
        let schema = match (is_bare(a), is_bare(b)) {
            (false, true) => a.schema,
            (true, false) => b.schema,
            _ => a.schema.min(b.schema),
        };
        let positive = |h: &Histogram| at(schema, h.schema, &h.positive_spans, &h.positive_buckets);
        let negative = |h: &Histogram| at(schema, h.schema, &h.negative_spans, &h.negative_buckets);
        let sides = [both(positive(a), positive(b)), both(negative(a), negative(b))];
        Self { schema, sides, zero_threshold: 0.0, zero_count: 0.0 }
    }

    /// The zero bucket takes in what lies below `threshold`, and all of a bucket that lies across it.
    fn widen_zero(&mut self, threshold: f64) {
        let schema = self.schema;
        let crossed = self.sides.iter().flatten().map(|(index, _)| *index).filter(|i| end(i - 1, schema) < threshold);
        self.zero_threshold = crossed.max().map_or(threshold, |index| end(index, schema).max(threshold));
        for side in &mut self.sides {
            let inside = side.partition_point(|(index, _)| end(index - 1, schema) < self.zero_threshold);
            self.zero_count += side.drain(..inside).map(|(_, count)| count).sum::<f64>();
        }
    }

    /// Halves the resolution until all buckets are near each other. Returns how many times.
    fn narrow(&mut self) -> i32 {
        let width = |side: &Vec<(i32, f64)>| match (side.first(), side.last()) {
            (Some((first, _)), Some((last, _))) => i64::from(*last) - i64::from(*first),
            _ => 0,
        };
        let mut times = 0;
        while self.sides.iter().any(|side| width(side) >= WIDTH_MAX) && self.schema - times > SCHEMA_MIN {
            times += 1;
            self.sides = self.sides.each_ref().map(|side| buckets::merged(side.iter().map(|b| halved(*b, 1))));
        }
        times
    }
}

/// Buckets at a lower resolution.
fn at(schema: i32, own: i32, spans: &[BucketSpan], counts: &[f64]) -> Vec<(i32, f64)> {
    let times = own.saturating_sub(schema).max(0).unsigned_abs();
    let populated = buckets::of_spans(spans, counts).filter(|(_, count)| *count != 0.0);
    buckets::merged(populated.map(|bucket| halved(bucket, times)))
}

fn halved((index, count): (i32, f64), times: u32) -> (i32, f64) {
    (i32::try_from(buckets::halved(i64::from(index), times)).unwrap_or(index), count)
}

fn both(mut a: Vec<(i32, f64)>, b: Vec<(i32, f64)>) -> Vec<(i32, f64)> {
    a.extend(b);
    a.sort_by_key(|(index, _)| *index);
    buckets::merged(a)
}

/// Where a bucket ends.
fn end(index: i32, schema: i32) -> f64 {
    (f64::from(index) * f64::from(-schema).exp2()).exp2()
}

#[cfg(test)]
mod tests;

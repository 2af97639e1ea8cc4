//! The buckets of a histogram, with their bounds.

use aio_types::Histogram;

use super::bounds::upper_bound;
use super::spans::{ascending, descending};

/// Which bucket of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// One of the negative side, by its index there.
    Negative(i32),
    /// The zero bucket.
    Zero,
    /// One of the positive side, by its index there.
    Positive(i32),
}

/// Which ends of a bucket belong to it; the numbers are those of Prometheus' HTTP API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Rule {
    /// `(lower, upper]`
    OpenLeft = 0,
    /// `[lower, upper)`
    OpenRight = 1,
    /// `(lower, upper)`
    Open = 2,
    /// `[lower, upper]`
    Closed = 3,
}

/// One bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// Whether the bounds belong to the bucket.
    pub rule: Rule,
    /// Observations.
    pub count: f64,
}

impl Bucket {
    /// The part of the bucket's width up to `v`, which lies inside of finite bounds: `linear`, or on a logarithmic scale
    /// as befits exponential buckets.
    #[must_use]
    pub fn fraction_below(&self, v: f64, linear: bool) -> f64 {
        if linear {
            return (v - self.lower) / (self.upper - self.lower);
        }
        let (lower, upper, v_log) = (self.lower.abs().log2(), self.upper.abs().log2(), v.abs().log2());
        if v > 0.0 { (v_log - lower) / (upper - lower) } else { 1.0 - (v_log - upper) / (lower - upper) }
    }
}

/// All buckets that are spelled out, ascending; the zero bucket only if it counts something.
pub fn slots(h: &Histogram) -> impl Iterator<Item = (Slot, f64)> + '_ {
    let negative = descending(&h.negative_spans, &h.negative_buckets).map(|(i, n)| (Slot::Negative(i), n));
    let positive = ascending(&h.positive_spans, &h.positive_buckets).map(|(i, n)| (Slot::Positive(i), n));
    negative.chain(zero(h)).chain(positive)
}

/// As [`slots`], descending.
pub fn slots_descending(h: &Histogram) -> impl Iterator<Item = (Slot, f64)> + '_ {
    let positive = descending(&h.positive_spans, &h.positive_buckets).map(|(i, n)| (Slot::Positive(i), n));
    let negative = ascending(&h.negative_spans, &h.negative_buckets).map(|(i, n)| (Slot::Negative(i), n));
    positive.chain(zero(h)).chain(negative)
}

fn zero(h: &Histogram) -> Option<(Slot, f64)> {
    (h.zero_count > 0.0).then_some((Slot::Zero, h.zero_count))
}

/// The bucket in `slot`, as it is without regard to the zero bucket.
pub(super) fn plain_bucket(h: &Histogram, slot: Slot, count: f64) -> Bucket {
    let bound = |index: i32| upper_bound(index, h.schema, &h.custom_bounds);
    match slot {
        Slot::Zero => Bucket { lower: -h.zero_threshold, upper: h.zero_threshold, rule: Rule::Closed, count },
        Slot::Positive(i) if h.uses_custom_buckets() => {
            let rule = if i == 0 { Rule::Closed } else { Rule::OpenLeft };
            Bucket { lower: bound(i.wrapping_sub(1)), upper: bound(i), rule, count }
        }
        Slot::Positive(i) => Bucket { lower: bound(i.wrapping_sub(1)), upper: bound(i), rule: Rule::OpenLeft, count },
        Slot::Negative(i) => {
            Bucket { lower: -bound(i), upper: -bound(i.wrapping_sub(1)), rule: Rule::OpenRight, count }
        }
    }
}

/// The bucket in `slot`; what reaches into the zero bucket ends there.
#[must_use]
pub fn bucket_at(h: &Histogram, slot: Slot, count: f64) -> Bucket {
    let mut bucket = plain_bucket(h, slot, count);
    if bucket.lower > 0.0 && bucket.lower < h.zero_threshold {
        bucket.lower = h.zero_threshold;
    } else if bucket.upper < 0.0 && bucket.upper > -h.zero_threshold {
        bucket.upper = -h.zero_threshold;
    }
    bucket
}

/// All buckets that are spelled out, ascending; the zero bucket only if it counts something.
pub fn buckets(h: &Histogram) -> impl Iterator<Item = Bucket> + '_ {
    slots(h).map(|(slot, count)| bucket_at(h, slot, count))
}

/// The buckets that the HTTP API lists: those of [`buckets`] that are not empty.
pub fn filled_buckets(h: &Histogram) -> impl Iterator<Item = Bucket> + '_ {
    buckets(h).filter(|bucket| bucket.count != 0.0)
}

/// As [`buckets`], descending.
pub fn buckets_descending(h: &Histogram) -> impl Iterator<Item = Bucket> + '_ {
    slots_descending(h).map(|(slot, count)| bucket_at(h, slot, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::notation;

    fn listed(text: &str) -> Vec<(u8, f64, f64, f64)> {
        let (described, _) = notation::parse(text).expect("valid notation");
        let up: Vec<_> = buckets(&described.histogram).collect();
        let mut down: Vec<_> = buckets_descending(&described.histogram).collect();
        down.reverse();
        assert_eq!(up, down);
        up.iter().map(|b| (b.rule as u8, b.lower, b.upper, b.count)).collect()
    }

    #[test]
    fn buckets_have_the_bounds_of_the_http_api() {
        assert_eq!(
            listed("{{schema:0 count:12 sum:1 z_bucket:2 z_bucket_w:0.25 offset:1 buckets:[1 0 3] n_buckets:[4 2]}}"),
            [
                (1, -2.0, -1.0, 2.0),
                (1, -1.0, -0.5, 4.0),
                (3, -0.25, 0.25, 2.0),
                (0, 1.0, 2.0, 1.0),
                (0, 2.0, 4.0, 0.0),
                (0, 4.0, 8.0, 3.0),
            ]
        );
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(
            listed("{{schema:-53 count:6 sum:1 custom_values:[5 10] buckets:[1 2 3]}}"),
            [(3, low, 5.0, 1.0), (0, 5.0, 10.0, 2.0), (0, 10.0, high, 3.0)]
        );
    }

    #[test]
    fn buckets_end_at_the_zero_bucket() {
        assert_eq!(
            listed("{{count:3 sum:1 z_bucket:1 z_bucket_w:0.75 buckets:[1] n_buckets:[1]}}"),
            [(1, -1.0, -0.75, 1.0), (3, -0.75, 0.75, 1.0), (0, 0.75, 1.0, 1.0)]
        );
        let negative_zero_bucket = listed("{{z_bucket:-1 z_bucket_w:0.1 buckets:[1]}}");
        assert_eq!(negative_zero_bucket, [(0, 0.5, 1.0, 1.0)]);
    }

    #[test]
    fn fractions_are_linear_or_logarithmic() {
        let bucket = Bucket { lower: 1.0, upper: 4.0, rule: Rule::OpenLeft, count: 1.0 };
        assert_eq!((bucket.fraction_below(2.5, true), bucket.fraction_below(2.0, false)), (0.5, 0.5));
        let mirrored = Bucket { lower: -8.0, upper: -1.0, rule: Rule::OpenRight, count: 1.0 };
        assert!((mirrored.fraction_below(-2.0, false) - 2.0 / 3.0).abs() < 1e-12);
    }
}

//! Histograms without what lies beyond a value, which Prometheus writes `h </ v` and `h >/ v`.

use aio_types::Histogram;

use super::bucket::{Bucket, Slot, plain_bucket};
use super::compact;
use super::spans::ascending;

/// Which observations stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Those up to the value: `</`.
    Below,
    /// Those from the value on: `>/`.
    Above,
}

/// Removes the observations beyond `at`. The bucket around it keeps the part that interpolation finds on the right side;
/// count and sum are then made up from what is left, each observation taken to lie in the middle of what its bucket
/// keeps. A histogram that loses nothing stays as it is.
pub fn trim(h: &mut Histogram, keep: Keep, at: f64) {
    let cut = Cut { keep, at, custom: h.uses_custom_buckets() };
    let mut left = Left::default();
    let positive = cut.side(h, &mut left, true);
    let negative = cut.side(h, &mut left, false);
    if h.zero_count > 0.0 {
        let (mut lower, mut upper) = (-h.zero_threshold, h.zero_threshold);
        match (positive.any, negative.any) {
            (true, false) => lower = 0.0,
            (false, true) => upper = 0.0,
            _ => {}
        }
        let (count, middle) = cut.zero(h.zero_count, lower, upper);
        left.changed |= count != h.zero_count;
        left.add(count, middle);
        h.zero_count = count;
    }
    h.positive_buckets = positive.counts;
    h.negative_buckets = negative.counts;
    if left.changed {
        (h.count, h.sum) = (left.count, left.sum);
        compact(h);
    }
}

/// What is left.
#[derive(Default)]
struct Left {
    count: f64,
    sum: f64,
    changed: bool,
}

impl Left {
    fn add(&mut self, count: f64, middle: f64) {
        self.count += count;
        self.sum += middle * count;
    }
}

/// One side after the cut.
struct Trimmed {
    counts: Vec<f64>,
    /// Whether it had observations.
    any: bool,
}

#[derive(Clone, Copy)]
struct Cut {
    keep: Keep,
    at: f64,
    custom: bool,
}

impl Cut {
    fn side(self, h: &Histogram, left: &mut Left, positive: bool) -> Trimmed {
        let (spans, counts) =
            if positive { (&h.positive_spans, &h.positive_buckets) } else { (&h.negative_spans, &h.negative_buckets) };
        let mut trimmed = Trimmed { counts: counts.clone(), any: false };
        for ((index, count), out) in ascending(spans, counts).zip(&mut trimmed.counts) {
            if count == 0.0 {
                continue;
            }
            trimmed.any = true;
            let slot = if positive { Slot::Positive(index) } else { Slot::Negative(index) };
            let (kept, middle) = self.bucket(&plain_bucket(h, slot, count), positive);
            left.changed |= kept != count;
            left.add(kept, middle);
            *out = kept;
        }
        trimmed
    }

    /// What a bucket keeps, and in whose middle that lies.
    fn bucket(self, bucket: &Bucket, positive: bool) -> (f64, f64) {
        let (all, some) = match self.keep {
            Keep::Below => (bucket.upper <= self.at, bucket.lower < self.at),
            Keep::Above => (bucket.lower >= self.at, bucket.upper > self.at),
        };
        if all {
            (bucket.count, self.middle(bucket.lower, bucket.upper, positive))
        } else if !some {
            (0.0, 0.0)
        } else if bucket.lower == f64::NEG_INFINITY {
            self.first_endless(bucket)
        } else if bucket.upper == f64::INFINITY {
            // Some may lie on either side, so none is kept that might be on the wrong one.
            if self.keep == Keep::Above && self.at >= bucket.lower { (bucket.count, self.at) } else { (0.0, 0.0) }
        } else {
            let below = bucket.count * bucket.fraction_below(self.at, self.custom);
            match self.keep {
                Keep::Below => (below, self.middle(bucket.lower, self.at, positive)),
                Keep::Above => (bucket.count - below, self.middle(self.at, bucket.upper, positive)),
            }
        }
    }

    /// Of a bucket that begins at -Inf and holds the value: linear from zero on, if it ends beyond zero.
    fn first_endless(self, bucket: &Bucket) -> (f64, f64) {
        let ends = bucket.upper.is_finite();
        match self.keep {
            Keep::Below if self.at > 0.0 && bucket.upper > 0.0 && ends => {
                (bucket.count * self.at / bucket.upper, self.at / 2.0)
            }
            Keep::Below if bucket.upper <= 0.0 => (bucket.count, self.at),
            Keep::Above if self.at == f64::NEG_INFINITY => (bucket.count, 0.0),
            Keep::Above if self.at >= 0.0 && bucket.upper > self.at && ends => {
                (bucket.count * (1.0 - self.at / bucket.upper), (self.at + bucket.upper) / 2.0)
            }
            _ => (0.0, 0.0),
        }
    }

    /// What the zero bucket keeps: it is linear.
    fn zero(self, count: f64, lower: f64, upper: f64) -> (f64, f64) {
        let middle = |a: f64, b: f64| (a + b) / 2.0;
        let (outside, inside) = match self.keep {
            Keep::Below => (self.at <= lower, self.at >= upper),
            Keep::Above => (self.at >= upper, self.at <= lower),
        };
        match self.keep {
            // At a zero bucket without width, being below goes first, whatever is kept.
            Keep::Above if inside => (count, middle(lower, upper)),
            _ if outside => (0.0, 0.0),
            _ if inside => (count, middle(lower, upper)),
            Keep::Below => (count * ((self.at - lower) / (upper - lower)), middle(lower, self.at)),
            Keep::Above => (count * ((upper - self.at) / (upper - lower)), middle(self.at, upper)),
        }
    }

    /// The arithmetic middle of custom buckets, the geometric one of exponential buckets, the end of endless ones.
    fn middle(self, lower: f64, upper: f64, positive: bool) -> f64 {
        match (lower.is_infinite(), upper.is_infinite()) {
            (true, true) => 0.0,
            (true, false) if upper > 0.0 => upper / 2.0,
            (true, false) => upper,
            (false, true) => lower,
            (false, false) if self.custom => (lower + upper) / 2.0,
            (false, false) => {
                let middle = (lower * upper).abs().sqrt();
                if positive { middle } else { -middle }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::notation;

    #[test]
    fn observations_beyond_the_value_go() {
        const INF: f64 = f64::INFINITY;
        let positive = "{{count:8 sum:20 offset:1 buckets:[4 4]}}";
        let both = "{{count:10 sum:3 z_bucket:2 z_bucket_w:0.5 offset:1 buckets:[4] n_offset:1 n_buckets:[4]}}";
        let custom = "{{schema:-53 count:15 sum:50 custom_values:[5 10] buckets:[1 4 10]}}";
        for (text, keep, at, expected) in [
            (positive, Keep::Below, INF, positive),
            (positive, Keep::Below, 8.0, positive),
            (positive, Keep::Above, 1.0, positive),
            (positive, Keep::Below, 2.0, "{{count:4 sum:5.656854249492381 offset:1 buckets:[4]}}"),
            (positive, Keep::Above, 2.0, "{{count:4 sum:11.313708498984761 offset:2 buckets:[4]}}"),
            (positive, Keep::Below, 1.0, "{{}}"),
            (positive, Keep::Above, f64::NAN, "{{}}"),
            (both, Keep::Above, 0.5, "{{count:4 sum:5.656854249492381 z_bucket_w:0.5 offset:1 buckets:[4]}}"),
            (
                both,
                Keep::Above,
                0.0,
                "{{count:5 sum:5.906854249492381 z_bucket:1 z_bucket_w:0.5 offset:1 buckets:[4]}}",
            ),
            (
                both,
                Keep::Below,
                0.0,
                "{{count:5 sum:-5.906854249492381 z_bucket:1 z_bucket_w:0.5 n_offset:1 n_buckets:[4]}}",
            ),
            (custom, Keep::Below, 7.5, "{{schema:-53 count:3 sum:15 custom_values:[5 10] buckets:[1 2]}}"),
            (
                custom,
                Keep::Above,
                7.5,
                "{{schema:-53 count:12 sum:117.5 custom_values:[5 10] offset:1 buckets:[2 10]}}",
            ),
            (custom, Keep::Below, 20.0, "{{schema:-53 count:5 sum:32.5 custom_values:[5 10] buckets:[1 4]}}"),
            (custom, Keep::Above, 20.0, "{{schema:-53 count:10 sum:200 custom_values:[5 10] offset:2 buckets:[10]}}"),
            (custom, Keep::Below, 2.5, "{{schema:-53 count:0.5 sum:0.625 custom_values:[5 10] buckets:[0.5]}}"),
        ] {
            let mut h = notation::parse(text).expect("valid notation").0.histogram;
            trim(&mut h, keep, at);
            assert_eq!(notation::print(&h), expected, "{text} {keep:?} {at}");
        }
    }
}

//! Quantiles.

use aio_types::Histogram;

use super::bucket::{Bucket, Rule, bucket_at, slots, slots_descending};
use crate::{Remark, Remarks};

/// The value below which the part `q` of the observations lies, found inside of a bucket by exponential interpolation,
/// or linear one in the zero bucket and in custom buckets. The zero bucket ends at zero where one side is empty.
///
/// NaN without observations and where `q` is; infinite where `q` lies outside of 0..=1. Observations that are NaN count
/// as higher than all others, which the remarks tell.
#[must_use]
pub fn quantile(h: &Histogram, q: f64) -> (f64, Remarks) {
    if q < 0.0 {
        return (f64::NEG_INFINITY, Remarks::NONE);
    }
    if q > 1.0 {
        return (f64::INFINITY, Remarks::NONE);
    }
    if h.count == 0.0 || q.is_nan() {
        return (f64::NAN, Remarks::NONE);
    }
    // Observations that are NaN are part of the count but of no bucket: only from below a rank is reliable then.
    let ascends = h.sum.is_nan() || q < 0.5;
    let rank = if ascends { q } else { 1.0 - q } * h.count;
    let mut hit = if ascends { reach(h, slots(h), rank) } else { reach(h, slots_descending(h), rank) };
    if let Some(end) = narrow(&mut hit.bucket, h) {
        return (end, Remarks::NONE);
    }
    let counted = if hit.counted > h.count { h.count } else { hit.counted };
    if counted < rank {
        return if h.sum.is_nan() {
            (f64::NAN, Remark::QuantileIsNan.into())
        } else {
            (hit.bucket.upper, Remarks::NONE)
        };
    }
    let mut remarks = Remarks::NONE;
    // Infinite observations of both signs make the sum NaN as well, but lie in buckets.
    remarks.insert_if(h.sum.is_nan() && counted + hit.beyond < h.count, Remark::QuantileIsSkewed);
    let rank_in_bucket = if ascends { rank - (counted - hit.bucket.count) } else { counted - rank };
    (interpolate(&hit.bucket, rank_in_bucket / hit.bucket.count, h.uses_custom_buckets()), remarks)
}

/// The bucket in which a rank was reached.
struct Hit {
    bucket: Bucket,
    /// Observations up to its end.
    counted: f64,
    /// Observations of the buckets behind it.
    beyond: f64,
}

fn reach(h: &Histogram, mut slots: impl Iterator<Item = (super::Slot, f64)>, rank: f64) -> Hit {
    let mut counted = 0.0;
    let mut last = None;
    for (slot, count) in slots.by_ref() {
        last = Some((slot, count));
        counted += count;
        if count != 0.0 && counted >= rank {
            break;
        }
    }
    let nothing = Bucket { lower: 0.0, upper: 0.0, rule: Rule::Open, count: 0.0 };
    let bucket = last.map_or(nothing, |(slot, count)| bucket_at(h, slot, count));
    // Only asked for where observations may be NaN.
    let beyond = if h.sum.is_nan() { slots.map(|(_, count)| count).sum() } else { 0.0 };
    Hit { bucket, counted, beyond }
}

/// Lets the zero bucket end at zero where one side is empty, and the first custom bucket begin there. Answers with the
/// known end of a custom bucket that has only one.
fn narrow(bucket: &mut Bucket, h: &Histogram) -> Option<f64> {
    if h.uses_custom_buckets() {
        if bucket.lower == f64::NEG_INFINITY {
            if bucket.upper <= 0.0 {
                return Some(bucket.upper);
            }
            bucket.lower = 0.0;
        } else if bucket.upper == f64::INFINITY {
            return Some(bucket.lower);
        }
    } else if bucket.lower < 0.0 && bucket.upper > 0.0 {
        end_at_zero(bucket, h);
    }
    None
}

/// Lets the zero bucket end at zero where one side is empty.
pub(super) fn end_at_zero(bucket: &mut Bucket, h: &Histogram) {
    match (h.negative_buckets.is_empty(), h.positive_buckets.is_empty()) {
        (true, false) => bucket.lower = 0.0,
        (false, true) => bucket.upper = 0.0,
        _ => {}
    }
}

fn interpolate(bucket: &Bucket, fraction: f64, custom: bool) -> f64 {
    if custom || (bucket.lower <= 0.0 && bucket.upper >= 0.0) {
        return bucket.lower + (bucket.upper - bucket.lower) * fraction;
    }
    let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
    if bucket.lower > 0.0 {
        (lower + (upper - lower) * fraction).exp2()
    } else {
        -(upper + (lower - upper) * (1.0 - fraction)).exp2()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::notation;

    fn parsed(text: &str) -> Histogram {
        notation::parse(text).expect("valid notation").0.histogram
    }

    #[test]
    fn quantiles_are_found_inside_of_buckets() {
        let positive = "{{schema:0 count:12 sum:100 z_bucket:2 z_bucket_w:0.001 buckets:[2 3 0 1 4]}}";
        let negative = "{{schema:0 count:12 sum:-100 z_bucket:2 z_bucket_w:0.001 n_buckets:[2 3 0 1 4]}}";
        let both = "{{schema:0 count:24 sum:0 z_bucket:4 z_bucket_w:0.001 buckets:[2 3 0 1 4] n_buckets:[2 3 0 1 4]}}";
        let custom = "{{schema:-53 count:5 sum:1 custom_values:[5 10] buckets:[1 4]}}";
        let open = "{{schema:-53 count:2 sum:1 custom_values:[-1] buckets:[1 1]}}";
        for (text, q, expected) in [
            (positive, 1.0, 16.0),
            (positive, 0.99, 15.759_999_999_999_998),
            (positive, 0.5, 1.587_401_051_968_199_4),
            (positive, 0.1, 0.000_6),
            (positive, 0.0, 0.0),
            (positive, -1.0, f64::NEG_INFINITY),
            (positive, 1.01, f64::INFINITY),
            (negative, 0.0, -16.0),
            (negative, 0.5, -1.587_401_051_968_199_4),
            (negative, 1.0, 0.0),
            (both, 0.5, 0.0),
            (custom, 0.1, 2.5),
            (custom, 0.6, 7.5),
            (open, 0.25, -1.0),
            (open, 0.75, -1.0),
        ] {
            let (got, remarks) = quantile(&parsed(text), q);
            let close = got == expected || (got - expected).abs() < 0.02 * expected.abs();
            assert!(close && remarks.is_empty(), "{text} {q}: {got}");
        }
        assert!(quantile(&parsed("{{}}"), 0.5).0.is_nan() && quantile(&parsed(custom), f64::NAN).0.is_nan());
    }

    #[test]
    fn observations_that_are_nan_are_the_highest() {
        let some = parsed("{{schema:0 count:15 sum:NaN buckets:[12]}}");
        assert_eq!(quantile(&some, 0.8), (1.0, Remark::QuantileIsSkewed.into()));
        assert!(quantile(&some, 0.81).0.is_nan());
        assert_eq!(quantile(&some, 0.81).1, Remark::QuantileIsNan.into());
        let infinite = parsed("{{schema:0 count:12 sum:NaN buckets:[12]}}");
        assert_eq!(quantile(&infinite, 1.0), (1.0, Remarks::NONE));
        // The bucket of the rank counts, also where others follow.
        let more = parsed("{{schema:0 count:25 sum:NaN offset:1 buckets:[10 10]}}");
        assert_eq!(quantile(&more, 0.2).0, 1.5_f64.exp2() / 2.0);
    }
}

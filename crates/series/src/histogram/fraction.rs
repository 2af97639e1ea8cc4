//! Fractions of observations between two values.

use aio_types::Histogram;

use super::bucket::{Bucket, bucket_at, slots};
use super::quantile::end_at_zero;
use crate::{Remark, Remarks};

/// The part of the observations that lie between `lower` and `upper`, interpolated inside of buckets as in
/// [`quantile`](super::quantile()). NaN without observations and where a limit is; zero where `lower >= upper`.
/// Observations that are NaN lie between no limits, which the remarks tell.
#[must_use]
pub fn fraction(h: &Histogram, lower: f64, upper: f64) -> (f64, Remarks) {
    if h.count == 0.0 || lower.is_nan() || upper.is_nan() {
        return (f64::NAN, Remarks::NONE);
    }
    if lower >= upper {
        return (0.0, Remarks::NONE);
    }
    let custom = h.uses_custom_buckets();
    let (mut lower, mut upper) = (Limit::at(lower), Limit::at(upper));
    let mut counted = 0.0;
    for (slot, count) in slots(h) {
        let mut bucket = bucket_at(h, slot, count);
        let around_zero = bucket.lower <= 0.0 && bucket.upper >= 0.0;
        if around_zero {
            end_at_zero(&mut bucket, h);
        }
        let linear = custom || around_zero;
        lower.pass(&bucket, counted, |v| rank_inside(&bucket, counted, linear, v));
        upper.pass(&bucket, counted, |v| rank_inside(&bucket, counted, linear, v));
        counted += bucket.count;
    }
    let mut remarks = Remarks::NONE;
    let all = if h.sum.is_nan() {
        remarks.insert_if(counted < h.count, Remark::FractionWithoutNan);
        counted
    } else {
        h.count
    };
    ((upper.rank(all) - lower.rank(all)) / h.count, remarks)
}

/// The rank of `v` inside of `bucket`. Nothing is known of where observations lie in an endless bucket: those of the first
/// one count as lower, those of the last one as higher.
fn rank_inside(bucket: &Bucket, counted: f64, linear: bool, v: f64) -> f64 {
    if linear && bucket.lower == f64::NEG_INFINITY {
        return bucket.count;
    }
    counted + bucket.count * bucket.fraction_below(v, linear)
}

/// How many observations lie below a value.
pub(super) struct Limit {
    value: f64,
    rank: Option<f64>,
}

impl Limit {
    pub(super) fn at(value: f64) -> Self {
        Self { value, rank: None }
    }

    /// Looks at the next bucket, before which `counted` observations lie; `inside` has the rank of a value in it.
    pub(super) fn pass(&mut self, bucket: &Bucket, counted: f64, inside: impl FnOnce(f64) -> f64) {
        if self.rank.is_some() {
            return;
        }
        if bucket.lower >= self.value {
            self.rank = Some(counted);
        } else if bucket.upper > self.value {
            self.rank = Some(inside(self.value));
        }
    }

    /// The rank, at most `all`.
    pub(super) fn rank(&self, all: f64) -> f64 {
        match self.rank {
            Some(rank) if rank > all => all,
            Some(rank) => rank,
            None => all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::notation;

    #[test]
    fn fractions_are_found_inside_of_buckets() {
        const INF: f64 = f64::INFINITY;
        let positive = "{{schema:0 count:12 sum:100 z_bucket:2 z_bucket_w:0.001 buckets:[2 3 0 1 4]}}";
        let negative = "{{schema:0 count:12 sum:-100 z_bucket:2 z_bucket_w:0.001 n_buckets:[2 3 0 1 4]}}";
        let custom = "{{schema:-53 count:5 sum:1 custom_values:[5 10] buckets:[1 4]}}";
        for (text, lower, upper, expected) in [
            (positive, -INF, INF, 1.0),
            (positive, 0.0, 0.2, 2.0 / 12.0),
            (positive, 0.0, 0.0005, 1.0 / 12.0),
            (positive, 1.0, 1.5, 0.146_240_625_180_289_02),
            (positive, 3.0, 1.0, 0.0),
            (negative, -1.5, -1.0, 0.146_240_625_180_289_02),
            (negative, -0.0005, INF, 1.0 / 12.0),
            (negative, -INF, -0.0005, 11.0 / 12.0),
            (custom, -INF, 5.0, 0.2),
            (custom, 5.0, 7.5, 0.4),
            (custom, -INF, 2.0, 0.08),
        ] {
            let (got, remarks) = fraction(&notation::parse(text).expect("valid").0.histogram, lower, upper);
            assert!((got - expected).abs() < 1e-9 && remarks.is_empty(), "{text} {lower} {upper}: {got}");
        }
    }

    #[test]
    fn observations_that_are_nan_lie_nowhere() {
        let h = notation::parse("{{schema:0 count:15 sum:NaN buckets:[12]}}").expect("valid").0.histogram;
        assert_eq!(fraction(&h, f64::NEG_INFINITY, f64::INFINITY), (0.8, Remark::FractionWithoutNan.into()));
        assert!(fraction(&h, f64::NAN, 1.0).0.is_nan() && fraction(&Histogram::default(), 0.0, 1.0).0.is_nan());
    }
}

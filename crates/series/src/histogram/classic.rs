//! Quantiles and fractions of classic histograms: cumulative counts by upper bound.

use std::cmp::Ordering;

use super::bucket::{Bucket, Rule};
use super::fraction::Limit;
use crate::numeric::almost_equal;

/// Differences below this part of counts are taken for float noise.
const NOISE: f64 = 1e-12;

/// A bucket of a classic histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassicBucket {
    /// Its label `le`; never NaN.
    pub upper_bound: f64,
    /// Observations up to there.
    pub count: f64,
}

/// A quantile of a classic histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassicQuantile {
    /// The value; NaN if there is none.
    pub value: f64,
    /// Where counts fell and were held.
    pub straightened: Option<Straightened>,
}

/// Where counts of a classic histogram fell with rising bounds, by more than float noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Straightened {
    /// Lowest bound of a bucket whose count was less than that of one below.
    pub bound_min: f64,
    /// Highest such bound.
    pub bound_max: f64,
    /// By how much a count fell at most.
    pub difference_max: f64,
}

/// The value below which the part `q` of the observations lies: linear inside of a bucket, the first of which begins at
/// zero if it ends beyond; the highest bound but +Inf if it lies beyond that. Buckets may come in any order; those of
/// equal bounds are added. NaN without observations, below two buckets, where the highest one does not end at +Inf and
/// where `q` is NaN; infinite where `q` lies outside of 0..=1.
pub fn classic_quantile(q: f64, buckets: &mut Vec<ClassicBucket>) -> ClassicQuantile {
    let only = |value| ClassicQuantile { value, straightened: None };
    if q.is_nan() {
        return only(f64::NAN);
    }
    if q < 0.0 {
        return only(f64::NEG_INFINITY);
    }
    if q > 1.0 {
        return only(f64::INFINITY);
    }
    if !order(buckets) {
        return only(f64::NAN);
    }
    let straightened = straighten(buckets);
    ClassicQuantile { value: interpolated(q, buckets), straightened }
}

fn interpolated(q: f64, buckets: &[ClassicBucket]) -> f64 {
    let [below @ .., last] = buckets else { return f64::NAN };
    let Some(highest) = below.last().filter(|_| last.count != 0.0) else { return f64::NAN };
    let rank = q * last.count;
    let at = below.partition_point(|b| b.count.partial_cmp(&rank).is_none_or(Ordering::is_lt));
    let Some(bucket) = below.get(at) else { return highest.upper_bound };
    let (start, counted) = match at.checked_sub(1) {
        None if bucket.upper_bound <= 0.0 => return bucket.upper_bound,
        None => (0.0, 0.0),
        Some(before) => (below[before].upper_bound, below[before].count),
    };
    start + (bucket.upper_bound - start) * ((rank - counted) / (bucket.count - counted))
}

/// The part of the observations that lie between `lower` and `upper`, interpolated as in [`classic_quantile`]. NaN
/// without observations, where the highest bucket does not end at +Inf and where a limit is NaN; zero where
/// `lower >= upper`.
pub fn classic_fraction(lower: f64, upper: f64, buckets: &mut Vec<ClassicBucket>) -> f64 {
    let all = if order(buckets) { buckets.last().map_or(0.0, |b| b.count) } else { 0.0 };
    if all == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    let (mut lower, mut upper) = (Limit::at(lower), Limit::at(upper));
    let mut start = if buckets[0].upper_bound <= 0.0 { f64::NEG_INFINITY } else { 0.0 };
    let mut counted = 0.0;
    for &ClassicBucket { upper_bound, count } in buckets.iter() {
        let bucket = Bucket { lower: start, upper: upper_bound, rule: Rule::OpenLeft, count };
        let inside = |v: f64| match start {
            // Nothing is known of where observations lie in there.
            f64::NEG_INFINITY => count,
            _ => counted + (count - counted) * (v - start) / (upper_bound - start),
        };
        lower.pass(&bucket, counted, inside);
        upper.pass(&bucket, counted, inside);
        (start, counted) = (upper_bound, count);
    }
    (upper.rank(all) - lower.rank(all)) / all
}

/// Orders buckets and adds those of equal bounds; says whether the highest one ends at +Inf.
fn order(buckets: &mut Vec<ClassicBucket>) -> bool {
    buckets.sort_by(|a, b| a.upper_bound.partial_cmp(&b.upper_bound).unwrap_or(Ordering::Equal));
    buckets.dedup_by(|later, kept| {
        let same = later.upper_bound == kept.upper_bound;
        if same {
            kept.count += later.count;
        }
        same
    });
    buckets.last().is_some_and(|b| b.upper_bound == f64::INFINITY)
}

/// Holds the count of the bucket before where one differs by noise, or is less.
fn straighten(buckets: &mut [ClassicBucket]) -> Option<Straightened> {
    let mut straightened: Option<Straightened> = None;
    let (first, rest) = buckets.split_first_mut()?;
    let mut previous = first.count;
    for bucket in rest {
        let noise = almost_equal(previous, bucket.count, NOISE);
        if !noise && bucket.count < previous {
            let difference = previous - bucket.count;
            let bound = bucket.upper_bound;
            let held = straightened.get_or_insert(Straightened {
                bound_min: bound,
                bound_max: bound,
                difference_max: difference,
            });
            held.bound_max = bound;
            held.difference_max = held.difference_max.max(difference);
            bucket.count = previous;
        } else if noise {
            bucket.count = previous;
        } else {
            previous = bucket.count;
        }
    }
    straightened
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    fn buckets(of: &[(f64, f64)]) -> Vec<ClassicBucket> {
        of.iter().map(|&(upper_bound, count)| ClassicBucket { upper_bound, count }).collect()
    }

    #[test]
    fn quantiles_of_classic_buckets() {
        let held = |bound, difference_max| Some(Straightened { bound_min: bound, bound_max: bound, difference_max });
        let wide = Some(Straightened { bound_min: 2.0, bound_max: 8.0, difference_max: 3.0 });
        for (q, of, value, straightened) in [
            (0.5, &[(1.0, 5.0), (2.0, 10.0), (INF, 10.0)][..], 1.0, None),
            (0.75, &[(2.0, 10.0), (1.0, 5.0), (INF, 10.0)], 1.5, None),
            (0.9, &[(1.0, 5.0), (INF, 10.0)], 1.0, None),
            (0.1, &[(-1.0, 5.0), (INF, 10.0)], -1.0, None),
            (0.25, &[(1.0, 5.0), (INF, 10.0)], 0.5, None),
            (0.9, &[(1.0, 5.0), (2.0, 4.0), (INF, 10.0)], 2.0, held(2.0, 1.0)),
            (0.5, &[(1.0, 5.0), (1.0, 5.0), (INF, 10.0)], 0.5, None),
            (0.5, &[(1.0, 5.0), (2.0, 5.0 - 1e-14), (INF, 5.0)], 0.5, None),
            (0.5, &[(1.0, 5.0), (2.0, 4.0), (4.0, 9.0), (8.0, 6.0), (INF, 10.0)], 1.0, wide),
            (1.5, &[(1.0, 5.0), (INF, 4.0)], INF, None),
            (-1.0, &[], -INF, None),
        ] {
            let expected = ClassicQuantile { value, straightened };
            assert_eq!(classic_quantile(q, &mut buckets(of)), expected, "{q} {of:?}");
        }
        for of in [&[(INF, 3.0)][..], &[(1.0, 3.0)], &[(1.0, 0.0), (INF, 0.0)], &[]] {
            assert!(classic_quantile(0.5, &mut buckets(of)).value.is_nan(), "{of:?}");
        }
    }

    #[test]
    fn fractions_of_classic_buckets() {
        let positive = &[(1.0, 5.0), (2.0, 10.0), (INF, 20.0)][..];
        let negative = &[(-1.0, 5.0), (1.0, 10.0), (INF, 20.0)][..];
        for (of, lower, upper, expected) in [
            (positive, -INF, INF, 1.0),
            (positive, 0.5, 1.5, 0.25),
            (positive, 0.0, 1.0, 0.25),
            (positive, 1.0, 5.0, 0.25),
            (positive, 2.0, 1.0, 0.0),
            (negative, -INF, -5.0, 0.25),
            (negative, 0.0, INF, 0.625),
        ] {
            assert_eq!(classic_fraction(lower, upper, &mut buckets(of)), expected, "{of:?} {lower} {upper}");
        }
        for of in [&[(1.0, 3.0)][..], &[(1.0, 0.0), (INF, 0.0)], &[]] {
            assert!(classic_fraction(0.0, 1.0, &mut buckets(of)).is_nan(), "{of:?}");
        }
        assert!(classic_fraction(f64::NAN, 1.0, &mut buckets(positive)).is_nan());
    }
}

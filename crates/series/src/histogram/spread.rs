//! Mean, standard deviation and variance as far as buckets tell.

use aio_types::Histogram;

use super::bucket::buckets;
use crate::numeric::Kahan;

/// The mean of the observations.
#[must_use]
pub fn mean(h: &Histogram) -> f64 {
    h.sum / h.count
}

/// The variance of the observations, each of which is taken to lie in the middle of its bucket: the geometric one of
/// exponential buckets, the arithmetic one of custom ones, zero in the zero bucket.
#[must_use]
pub fn standard_variance(h: &Histogram) -> f64 {
    let mean = mean(h);
    let mut squares = Kahan::default();
    for bucket in buckets(h).filter(|bucket| bucket.count != 0.0) {
        let middle = if h.uses_custom_buckets() {
            (bucket.upper + bucket.lower) / 2.0
        } else if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
            0.0
        } else {
            (bucket.upper * bucket.lower).sqrt().copysign(bucket.upper)
        };
        let delta = middle - mean;
        squares.add(bucket.count * delta * delta);
    }
    squares.total() / h.count
}

/// The standard deviation of the observations; see [`standard_variance`].
#[must_use]
pub fn standard_deviation(h: &Histogram) -> f64 {
    standard_variance(h).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::notation;

    #[test]
    fn observations_lie_in_the_middle_of_their_bucket() {
        for (text, expected) in [
            ("{{schema:2 count:4 sum:10 buckets:[1 0 0 0 1 0 0 1 1]}}", 1.163_807_968_526_718),
            ("{{schema:0 count:10 sum:0 z_bucket:10 z_bucket_w:0.5}}", 0.0),
            ("{{schema:-53 count:2 sum:15 custom_values:[5 10 15] offset:1 buckets:[1 1]}}", 12.5),
            ("{{count:2 sum:0 offset:1 buckets:[1] n_offset:1 n_buckets:[1]}}", 2.000_000_000_000_000_4),
        ] {
            let h = notation::parse(text).expect("valid notation").0.histogram;
            let got = standard_variance(&h);
            assert!((got - expected).abs() < 1e-12, "{text} {got}");
            assert_eq!(standard_deviation(&h), got.sqrt());
        }
        assert!(standard_variance(&Histogram::default()).is_nan());
    }
}

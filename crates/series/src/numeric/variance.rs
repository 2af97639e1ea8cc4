//! Population variance in one pass, after Welford.

use super::{Kahan, count};

/// A running variance with compensated sums, as `stdvar_over_time` of Prometheus has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Variance {
    mean: Kahan,
    squares: Kahan,
    n: usize,
}

impl Variance {
    /// Takes in `v`.
    pub fn add(&mut self, v: f64) {
        self.n += 1;
        let delta = v - self.mean.total();
        self.mean.add(delta / count(self.n));
        self.squares.add(delta * (v - self.mean.total()));
    }

    /// The variance; `None` of nothing.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        (self.n > 0).then(|| self.squares.total() / count(self.n))
    }
}

/// The variance of `values` with compensated sums; NaN of none.
pub fn variance(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut variance = Variance::default();
    values.into_iter().for_each(|v| variance.add(v));
    variance.value().unwrap_or(f64::NAN)
}

/// The variance of `values` with plain sums, as the aggregations `stdvar` and `stddev` of Prometheus have it; NaN of
/// none and where the first value is not finite.
pub fn plain_variance(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut n, mut mean, mut squares) = (0, 0.0, 0.0);
    for v in values {
        n += 1;
        if n == 1 {
            (mean, squares) = (v, if v.is_finite() { 0.0 } else { f64::NAN });
            continue;
        }
        let delta = v - mean;
        mean += delta / count(n);
        squares += delta * (v - mean);
    }
    squares / count(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_that_of_the_population() {
        for (values, expected) in
            [(&[7.0][..], 0.0), (&[1.0, 3.0], 1.0), (&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], 4.0)]
        {
            assert_eq!(variance(values.iter().copied()), expected, "{values:?}");
            assert_eq!(plain_variance(values.iter().copied()), expected, "{values:?}");
        }
        for values in [&[][..], &[f64::INFINITY], &[1.0, f64::INFINITY], &[f64::NAN, 1.0]] {
            assert!(plain_variance(values.iter().copied()).is_nan(), "{values:?}");
            assert!(variance(values.iter().copied()).is_nan(), "{values:?}");
        }
    }
}

//! Quantiles of samples.

use std::cmp::Ordering;

use super::count;

/// NaN sorts lowest.
fn order(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

/// The quantile `q` of `values`, which get sorted: linear between ranks; NaN of no values and where `q` is NaN, and
/// infinite where `q` lies outside of 0..=1. NaN counts as the lowest value.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank lies between 0 and the length")]
pub fn quantile_of(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(order);
    let last = values.len() - 1;
    let rank = q * count(last);
    let lower = (rank.floor() as usize).min(last);
    let upper = (lower + 1).min(last);
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}

/// As [`quantile_of`], of values that are given away.
#[must_use]
pub fn quantile(q: f64, mut values: Vec<f64>) -> f64 {
    quantile_of(q, &mut values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_ranks() {
        for (q, values, expected) in [
            (0.5, vec![3.0, 1.0, 2.0], 2.0),
            (0.75, vec![1.0, 2.0], 1.75),
            (1.0, vec![1.0, 2.0], 2.0),
            (-0.1, vec![1.0], f64::NEG_INFINITY),
            (1.1, vec![1.0], f64::INFINITY),
            (1.0, vec![f64::NAN, 5.0], 5.0),
        ] {
            assert_eq!(quantile(q, values.clone()), expected, "{q} {values:?}");
        }
        for (q, values) in [(0.0, vec![1.0, f64::NAN]), (f64::NAN, vec![1.0]), (0.5, vec![])] {
            assert!(quantile(q, values.clone()).is_nan(), "{q} {values:?}");
        }
    }
}

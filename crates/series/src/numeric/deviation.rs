//! Median absolute deviation.

use super::quantile_of;

/// The median of the distances of `values` from their median; NaN if one of them is, or there are none. Overwrites
/// `values`, as `mad_over_time` of Prometheus computes it.
pub fn median_absolute_deviation(values: &mut [f64]) -> f64 {
    if values.iter().any(|v| v.is_nan()) {
        return f64::NAN;
    }
    let median = quantile_of(0.5, values);
    values.iter_mut().for_each(|v| *v = (*v - median).abs());
    quantile_of(0.5, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviation_is_the_median_distance() {
        assert_eq!(median_absolute_deviation(&mut [4.0, 6.0, 2.0, 1.0, 999.0, 1.0, 2.0]), 1.0);
        assert_eq!(median_absolute_deviation(&mut [5.0]), 0.0);
        assert!(median_absolute_deviation(&mut [5.0, f64::NAN]).is_nan());
        assert!(median_absolute_deviation(&mut []).is_nan());
    }
}

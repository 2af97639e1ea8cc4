//! Equality that looks past float noise.

/// Whether two numbers differ by less than `epsilon` times the sum of their magnitudes. NaN equals NaN, but a stale
/// marker only equals another one. Source: `util/almost` of Prometheus.
#[must_use]
pub fn almost_equal(a: f64, b: f64, epsilon: f64) -> bool {
    if aio_types::is_stale(a) || aio_types::is_stale(b) {
        return aio_types::is_stale(a) && aio_types::is_stale(b);
    }
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < epsilon * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < epsilon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_does_not_count() {
        let stale = aio_types::stale_nan();
        for (a, b, expected) in [
            (1.0, 1.0 + 1e-13, true),
            (1.0, 1.0 + 1e-11, false),
            (0.0, 1e-300, false),
            (f64::NAN, f64::NAN, true),
            (f64::NAN, stale, false),
            (stale, stale, true),
            (f64::INFINITY, f64::INFINITY, true),
            (f64::INFINITY, f64::NEG_INFINITY, false),
            (-1.0, 1.0, false),
        ] {
            assert_eq!(almost_equal(a, b, 1e-12), expected, "{a} {b}");
        }
    }
}

//! Double exponential smoothing.

/// What `values` come to when each weighs more than those before it and their trend is followed, as
/// `double_exponential_smoothing` of Prometheus; `None` below two values. Both factors lie between 0 and 1 exclusively,
/// which the caller has checked.
#[must_use]
pub fn double_exponential_smoothing(
    values: impl IntoIterator<Item = f64>,
    smoothing_factor: f64,
    trend_factor: f64,
) -> Option<f64> {
    let mut values = values.into_iter();
    let (first, second) = (values.next()?, values.next()?);
    let mut trend = second - first;
    let (mut before, mut smoothed) = (0.0, first);
    for (i, v) in std::iter::once(second).chain(values).enumerate() {
        if i > 0 {
            trend = trend_factor * (smoothed - before) + (1.0 - trend_factor) * trend;
        }
        let next = smoothing_factor * v + (1.0 - smoothing_factor) * (smoothed + trend);
        (before, smoothed) = (smoothed, next);
    }
    Some(smoothed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_are_followed() {
        let rising = (0..100).map(|i| 10.0 * f64::from(i));
        let got = double_exponential_smoothing(rising, 0.01, 0.1).unwrap_or_default();
        assert!((got - 990.0).abs() < 1e-9, "{got}");
        assert_eq!(double_exponential_smoothing([1.0, 3.0, 2.0], 0.5, 0.5), Some(3.5));
        assert_eq!(double_exponential_smoothing([1.0], 0.5, 0.5), None);
    }
}

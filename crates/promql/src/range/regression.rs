//! Straight lines through a window, by least squares.

use aio_types::{Sample, TimestampMs};

use crate::sum::{count, kahan_sum};

/// Slope per second and value at `origin`. A constant series is flat exactly, an infinite one has no line.
fn line(samples: &[Sample], origin: TimestampMs) -> Option<(f64, f64)> {
    let (first, [_, _, ..]) = (samples.first()?, samples) else { return None };
    if samples.iter().all(|s| s.v == first.v) {
        return Some(if first.v.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first.v) });
    }
    let x = |s: &Sample| TimestampMs(s.t.0.saturating_sub(origin.0)).as_secs_f64();
    let n = count(samples.len());
    let sum_x = kahan_sum(samples.iter().map(x));
    let sum_y = kahan_sum(samples.iter().map(|s| s.v));
    let sum_xy = kahan_sum(samples.iter().map(|s| x(s) * s.v));
    let sum_xx = kahan_sum(samples.iter().map(|s| x(s) * x(s)));
    let slope = (sum_xy - sum_x * sum_y / n) / (sum_xx - sum_x * sum_x / n);
    Some((slope, sum_y / n - slope * sum_x / n))
}

pub(super) fn deriv(samples: &[Sample]) -> Option<f64> {
    // Measured from the first sample, for accuracy.
    line(samples, samples.first()?.t).map(|(slope, _)| slope)
}

/// The value `ahead` seconds after `now`.
pub(super) fn predict(samples: &[Sample], now: TimestampMs, ahead: f64) -> Option<f64> {
    line(samples, now).map(|(slope, value)| slope * ahead + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(points: &[(i64, f64)]) -> Vec<Sample> {
        points.iter().map(|&(s, v)| Sample { t: TimestampMs(s * 1000), v }).collect()
    }

    #[test]
    fn lines_are_followed() {
        let rising = samples(&[(0, 1.0), (10, 6.0), (20, 11.0)]);
        assert_eq!(deriv(&rising), Some(0.5));
        assert_eq!(predict(&rising, TimestampMs(20_000), 60.0), Some(41.0));
        assert_eq!(deriv(&samples(&[(0, 0.1), (7, 0.1), (9, 0.1)])), Some(0.0));
        assert_eq!(deriv(&samples(&[(0, 1.0)])), None);
        assert!(deriv(&samples(&[(0, f64::INFINITY), (7, f64::INFINITY)])).is_some_and(f64::is_nan));
    }
}

//! Straight lines through samples, by least squares.

use aio_types::{Sample, TimestampMs};

use super::{Kahan, count};

/// Slope per second and value at `origin`; `None` below two samples. A constant series is flat exactly, an infinite one
/// has no line.
fn line(samples: &[Sample], origin: TimestampMs) -> Option<(f64, f64)> {
    let [first, _, ..] = samples else { return None };
    if samples.iter().all(|s| s.v == first.v) {
        return Some(if first.v.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first.v) });
    }
    let [mut sum_x, mut sum_y, mut sum_xy, mut sum_xx] = [Kahan::default(); 4];
    for sample in samples {
        let x = TimestampMs(sample.t.0.saturating_sub(origin.0)).as_secs_f64();
        sum_x.add(x);
        sum_y.add(sample.v);
        sum_xy.add(x * sample.v);
        sum_xx.add(x * x);
    }
    let n = count(samples.len());
    let [x, y, xy, xx] = [sum_x, sum_y, sum_xy, sum_xx].map(Kahan::total);
    let slope = (xy - x * y / n) / (xx - x * x / n);
    Some((slope, y / n - slope * x / n))
}

/// Change per second, which Prometheus calls `deriv`; `None` below two samples.
#[must_use]
pub fn derivative(samples: &[Sample]) -> Option<f64> {
    // Measured from the first sample, for accuracy.
    line(samples, samples.first()?.t).map(|(slope, _)| slope)
}

/// The value `ahead` seconds after `now`, which Prometheus calls `predict_linear`; `None` below two samples.
#[must_use]
pub fn predict(samples: &[Sample], now: TimestampMs, ahead: f64) -> Option<f64> {
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
        assert_eq!(derivative(&rising), Some(0.5));
        assert_eq!(predict(&rising, TimestampMs(20_000), 60.0), Some(41.0));
        assert_eq!(derivative(&samples(&[(0, 0.1), (7, 0.1), (9, 0.1)])), Some(0.0));
        assert_eq!(derivative(&samples(&[(0, 1.0)])), None);
        assert!(derivative(&samples(&[(0, f64::INFINITY), (7, f64::INFINITY)])).is_some_and(f64::is_nan));
    }
}

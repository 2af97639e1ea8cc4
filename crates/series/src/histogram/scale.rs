//! Multiples of histograms.

use aio_types::{Histogram, ResetHint};

/// Multiplies all counts and the sum by `factor`. A negative factor makes a gauge of it.
pub fn multiply(h: &mut Histogram, factor: f64) {
    each(h, |v| v * factor);
    if factor < 0.0 {
        h.reset_hint = ResetHint::Gauge;
    }
}

/// Divides all counts and the sum by `divisor`. Division by zero makes them infinite or NaN and leaves no bucket but the
/// zero bucket; a negative divisor makes a gauge of the histogram.
pub fn divide(h: &mut Histogram, divisor: f64) {
    if divisor == 0.0 {
        h.positive_spans.clear();
        h.negative_spans.clear();
        h.positive_buckets.clear();
        h.negative_buckets.clear();
    }
    each(h, |v| v / divisor);
    if divisor < 0.0 {
        h.reset_hint = ResetHint::Gauge;
    }
}

fn each(h: &mut Histogram, f: impl Fn(f64) -> f64) {
    for v in [&mut h.zero_count, &mut h.count, &mut h.sum] {
        *v = f(*v);
    }
    h.positive_buckets.iter_mut().chain(&mut h.negative_buckets).for_each(|v| *v = f(*v));
}

/// Whether a number of it is infinite, as those of too large sums are.
#[must_use]
pub fn has_overflow(h: &Histogram) -> bool {
    let single = [h.zero_count, h.count, h.sum];
    let buckets = h.positive_buckets.iter().chain(&h.negative_buckets).chain(h.custom_bounds.iter());
    single.iter().chain(buckets).any(|v| v.is_infinite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::{notation, text};

    #[test]
    fn histograms_scale() {
        let of = "{{z_bucket:2 z_bucket_w:1 count:5 sum:-3 offset:1 buckets:[2] n_offset:1 n_buckets:[1]}}";
        type Change = fn(&mut Histogram, f64);
        for (change, by, expected, hint) in [
            (multiply as Change, 2.0, "{count:10, sum:-6, [-2,-1):2, [-1,1]:4, (1,2]:4}", ResetHint::Unknown),
            (multiply, -1.0, "{count:-5, sum:3, [-2,-1):-1, [-1,1]:-2, (1,2]:-2}", ResetHint::Gauge),
            (divide, 2.0, "{count:2.5, sum:-1.5, [-2,-1):0.5, [-1,1]:1, (1,2]:1}", ResetHint::Unknown),
            (divide, -1.0, "{count:-5, sum:3, [-2,-1):-1, [-1,1]:-2, (1,2]:-2}", ResetHint::Gauge),
            (divide, 0.0, "{count:+Inf, sum:-Inf, [-1,1]:+Inf}", ResetHint::Unknown),
        ] {
            let mut h = notation::parse(of).expect("valid notation").0.histogram;
            change(&mut h, by);
            assert_eq!((text(&h).as_str(), h.reset_hint), (expected, hint), "by {by}");
            assert_eq!(has_overflow(&h), expected.contains("Inf"));
        }
    }
}

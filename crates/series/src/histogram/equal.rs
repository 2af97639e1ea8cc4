//! Equality.

use aio_types::Histogram;

use super::custom::same_bounds;
use super::spans::same;

/// Whether two histograms hold the same data, as `==` of Prometheus has it: the same buckets with the same bits of their
/// numbers, whatever is known about resets. Empty buckets count, so compare compacted ones.
#[must_use]
pub fn equal(a: &Histogram, b: &Histogram) -> bool {
    let bits = |h: &Histogram| [h.zero_count, h.count, h.sum].map(f64::to_bits);
    let same_counts = |a: &[f64], b: &[f64]| a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits()));
    a.schema == b.schema
        && bits(a) == bits(b)
        && a.zero_threshold == b.zero_threshold
        && (!a.uses_custom_buckets() || same_bounds(&a.custom_bounds, &b.custom_bounds))
        && same(&a.negative_spans, &b.negative_spans)
        && same(&a.positive_spans, &b.positive_spans)
        && same_counts(&a.negative_buckets, &b.negative_buckets)
        && same_counts(&a.positive_buckets, &b.positive_buckets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aio_types::BucketSpan;

    #[test]
    fn equality_sees_through_empty_spans_only() {
        let h = Histogram {
            count: 2.0,
            sum: f64::NAN,
            positive_spans: vec![BucketSpan { offset: 3, length: 2 }],
            positive_buckets: vec![1.0, 1.0],
            ..Histogram::default()
        };
        let shifted = Histogram {
            positive_spans: vec![BucketSpan { offset: 1, length: 0 }, BucketSpan { offset: 2, length: 2 }],
            reset_hint: aio_types::ResetHint::Gauge,
            ..h.clone()
        };
        assert!(equal(&h, &h) && equal(&h, &shifted));
        for other in [
            Histogram { count: 3.0, ..h.clone() },
            Histogram { sum: aio_types::stale_nan(), ..h.clone() },
            Histogram { zero_threshold: 0.5, ..h.clone() },
            Histogram { schema: 1, ..h.clone() },
            Histogram { positive_buckets: vec![1.0, 2.0], ..h.clone() },
            Histogram::default(),
        ] {
            assert!(!equal(&h, &other), "{other:?}");
        }
    }
}

//! Native histograms as classic ones.

use aio_promql::buckets;
use aio_types::{Histogram, HistogramSample};

/// The upper bounds of all buckets that some of the histograms have, ascending, +Inf not among them. Custom ones that
/// hold nothing are among them: they are few, and meant.
pub(super) fn bounds(samples: &[HistogramSample]) -> Vec<f64> {
    let of_one = |sample: &HistogramSample| -> Vec<f64> {
        let uppers = buckets(&sample.h).map(|bucket| bucket.upper);
        uppers.chain(sample.h.custom_bounds.iter().copied()).filter(|bound| bound.is_finite()).collect()
    };
    let mut bounds: Vec<f64> = Vec::new();
    for sample in samples {
        bounds.extend(of_one(sample));
        // Not before there are many: most histograms of a series have the same.
        if bounds.len() > 4096 {
            unique(&mut bounds);
        }
    }
    unique(&mut bounds);
    bounds
}

fn unique(bounds: &mut Vec<f64>) {
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
}

/// How many observations lie at or below each of `bounds`, which ascend. A bucket that a bound cuts through counts from
/// its own upper bound on.
pub(super) fn cumulative(h: &Histogram, bounds: &[f64]) -> Vec<f64> {
    let mut buckets = buckets(h).peekable();
    let mut count = 0.0;
    let at = |bound: &f64| {
        while let Some(bucket) = buckets.next_if(|bucket| bucket.upper <= *bound) {
            count += bucket.count;
        }
        count
    };
    bounds.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aio_types::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, TimestampMs};

    use super::*;

    fn sample(h: Histogram) -> HistogramSample {
        HistogramSample { t: TimestampMs(1), start: TimestampMs(0), h: Arc::new(h) }
    }

    fn exponential(schema: i32, offset: i32, counts: &[f64]) -> Histogram {
        let length = u32::try_from(counts.len()).expect("few");
        Histogram {
            schema,
            zero_threshold: 0.001,
            zero_count: 2.0,
            positive_spans: vec![BucketSpan { offset, length }],
            positive_buckets: counts.to_vec(),
            negative_spans: vec![BucketSpan { offset: 0, length: 1 }],
            negative_buckets: vec![4.0],
            ..Histogram::default()
        }
    }

    #[test]
    fn counts_are_those_at_or_below_the_bounds_of_all() {
        // (1, 2] and (2, 4]; then (2, 4] alone.
        let samples = [sample(exponential(0, 1, &[1.0, 3.0])), sample(exponential(0, 2, &[5.0]))];
        let bounds = bounds(&samples);
        assert_eq!(bounds, [-0.5, 0.001, 2.0, 4.0]);
        assert_eq!(cumulative(&samples[0].h, &bounds), [4.0, 6.0, 7.0, 10.0]);
        assert_eq!(cumulative(&samples[1].h, &bounds), [4.0, 6.0, 6.0, 11.0]);
    }

    #[test]
    fn custom_bounds_are_there_whether_they_hold_something_or_not() {
        let custom = Histogram {
            schema: CUSTOM_BUCKETS_SCHEMA,
            count: 4.0,
            positive_spans: vec![BucketSpan { offset: 1, length: 2 }],
            positive_buckets: vec![1.0, 3.0],
            custom_bounds: Arc::from([0.5, 1.0]),
            ..Histogram::default()
        };
        let bounds = bounds(&[sample(custom.clone())]);
        assert_eq!((&*bounds, &*cumulative(&custom, &bounds)), (&[0.5, 1.0][..], &[0.0, 1.0][..]));
    }
}

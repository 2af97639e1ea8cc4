//! Counter resets between histograms.

use aio_types::{Histogram, ResetHint};

use super::bounds::first_beyond;
use super::custom::{common_bounds, map_onto, same_bounds};
use super::reduce::coarser;
use super::spans::ascending;
use super::zero::widened_of;

/// Whether the counter was reset between `previous` and `current`: if `current` says so, or if it counts less in any
/// bucket, lacks one that was not empty, has a finer layout or a zero bucket that is narrower or does not end where a
/// bucket did. A sum may fall. Gauges are treated as counters.
#[must_use]
pub fn detect_reset(previous: &Histogram, current: &Histogram) -> bool {
    match current.reset_hint {
        ResetHint::Reset => true,
        ResetHint::NotReset => false,
        ResetHint::Unknown | ResetHint::Gauge => counts_less(previous, current),
    }
}

/// As [`detect_reset`], whatever `current` says.
pub(super) fn counts_less(previous: &Histogram, current: &Histogram) -> bool {
    if current.count < previous.count || current.uses_custom_buckets() != previous.uses_custom_buckets() {
        return true;
    }
    if current.uses_custom_buckets() { custom_falls(previous, current) } else { exponential_falls(previous, current) }
}

fn exponential_falls(previous: &Histogram, current: &Histogram) -> bool {
    if current.schema > previous.schema || current.zero_threshold < previous.zero_threshold {
        return true;
    }
    let zero = widened_of(previous, current.zero_threshold);
    if zero.threshold != current.zero_threshold || current.zero_count < zero.count {
        return true;
    }
    let first = first_beyond(current.zero_threshold, current.schema);
    let sides = [
        (&previous.positive_spans, &previous.positive_buckets, &current.positive_spans, &current.positive_buckets),
        (&previous.negative_spans, &previous.negative_buckets, &current.negative_spans, &current.negative_buckets),
    ];
    sides.into_iter().any(|(spans, counts, now_spans, now_counts)| {
        let before = ascending(spans, counts);
        let now = ascending(now_spans, now_counts);
        if previous.schema == current.schema {
            falls(before, now, first)
        } else {
            falls(coarser(before, previous.schema, current.schema).iter(), now, first)
        }
    })
}

fn custom_falls(previous: &Histogram, current: &Histogram) -> bool {
    let before = ascending(&previous.positive_spans, &previous.positive_buckets);
    let now = ascending(&current.positive_spans, &current.positive_buckets);
    if same_bounds(&previous.custom_bounds, &current.custom_bounds) {
        return falls(before, now, i32::MIN);
    }
    let common = common_bounds(&previous.custom_bounds, &current.custom_bounds);
    let mapped = |buckets: &mut dyn Iterator<Item = (i32, f64)>, bounds: &[f64]| {
        let mut sums = vec![0.0; common.len() + 1];
        map_onto(&mut sums, &common, buckets, bounds);
        sums
    };
    let before = mapped(&mut { before }, &previous.custom_bounds);
    let now = mapped(&mut { now }, &current.custom_bounds);
    before.iter().zip(&now).any(|(before, now)| now < before)
}

/// Whether a bucket from the index `first` on counts less now, or is gone although it was not empty.
fn falls(previous: impl Iterator<Item = (i32, f64)>, current: impl Iterator<Item = (i32, f64)>, first: i32) -> bool {
    let mut current = current.skip_while(|(index, _)| *index < first).peekable();
    previous.skip_while(|(index, _)| *index < first).any(|(index, before)| {
        while current.next_if(|(at, _)| *at < index).is_some() {}
        match current.next_if(|(at, _)| *at == index) {
            Some((_, now)) => now < before,
            None => before != 0.0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::notation;

    #[test]
    fn resets_are_falls_and_finer_layouts() {
        for (previous, current, expected) in [
            ("count:3 buckets:[1 2]", "count:3 buckets:[1 2]", false),
            ("count:3 buckets:[1 2]", "count:5 buckets:[1 2 2]", false),
            ("count:3 buckets:[1 2]", "count:2 buckets:[1 1]", true),
            ("count:3 buckets:[1 2]", "count:9 buckets:[0 9]", true),
            ("count:3 buckets:[1 2]", "count:9 offset:1 buckets:[9]", true),
            ("count:2 buckets:[0 2]", "count:9 offset:1 buckets:[9]", false),
            ("count:2 sum:9 buckets:[2]", "count:2 sum:-9 buckets:[2]", false),
            ("count:1 buckets:[1]", "count:9 buckets:[0 9] counter_reset_hint:not_reset", false),
            ("count:1 buckets:[1]", "count:1 buckets:[1] counter_reset_hint:reset", true),
            ("count:3 n_buckets:[1 2]", "count:3 n_buckets:[2 1]", true),
            ("count:3 n_buckets:[1 2]", "count:3", true),
            ("count:3 z_bucket:3", "count:3 z_bucket:2", true),
            // Layouts.
            ("schema:1 count:3 buckets:[1 2]", "count:3 buckets:[1 2]", false),
            ("schema:1 count:3 buckets:[1 2]", "count:3 buckets:[0 3]", true),
            ("count:3 buckets:[1 2]", "schema:1 count:9 buckets:[3 3 3]", true),
            // Zero buckets: (0.5,1] went into one that ends at 1, but a bound of 0.75 lies inside of it.
            ("count:3 z_bucket_w:0.1 buckets:[1 2]", "count:3 z_bucket:1 z_bucket_w:1 offset:1 buckets:[2]", false),
            ("count:3 z_bucket_w:0.1 buckets:[1 2]", "count:3 z_bucket:1 z_bucket_w:0.75 offset:1 buckets:[2]", true),
            ("count:3 z_bucket_w:0.1 buckets:[0 2]", "count:2 z_bucket_w:0.75 offset:1 buckets:[2]", true),
            ("count:2 z_bucket_w:0.1 buckets:[0 2]", "count:2 z_bucket_w:0.75 offset:1 buckets:[2]", false),
            ("count:3 z_bucket_w:1 z_bucket:3", "count:3 z_bucket_w:0.5 z_bucket:3", true),
            // Custom bounds.
            ("schema:-53 custom_values:[1 2] count:3 buckets:[1 2]", "count:3 buckets:[1 2]", true),
            ("count:3 buckets:[1 2]", "schema:-53 custom_values:[1 2] count:3 buckets:[1 2]", true),
            (
                "schema:-53 custom_values:[1 2] count:3 buckets:[1 2]",
                "schema:-53 custom_values:[2 3] count:3 buckets:[3]",
                false,
            ),
            (
                "schema:-53 custom_values:[1 2] count:3 buckets:[1 2]",
                "schema:-53 custom_values:[2 3] count:3 buckets:[2 1]",
                true,
            ),
        ] {
            let parsed = |text: &str| notation::parse(&format!("{{{{{text}}}}}")).expect("valid").0.histogram;
            assert_eq!(detect_reset(&parsed(previous), &parsed(current)), expected, "{previous} -> {current}");
        }
    }
}

//! Sparse buckets: pairs of index and count, and the spans they are stored as.

use aio_types::BucketSpan;

/// So many empty buckets are cheaper kept than a new span.
const GAP_MAX: i64 = 2;

/// Spans and counts of buckets in ascending order. Empty ones at the ends are left out; so are runs of empty ones, if
/// they are long.
pub(super) fn spans(buckets: impl IntoIterator<Item = (i32, f64)>) -> (Vec<BucketSpan>, Vec<f64>) {
    let (mut spans, mut counts): (Vec<BucketSpan>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut next = 0_i64;
    for (index, count) in buckets.into_iter().filter(|(_, count)| *count != 0.0) {
        let gap = i64::from(index) - next;
        match spans.last_mut() {
            Some(span) if gap <= GAP_MAX => {
                let gap = u32::try_from(gap).unwrap_or_default();
                span.length += gap + 1;
                counts.extend((0..gap).map(|_| 0.0));
            }
            _ => spans.push(BucketSpan { offset: i32::try_from(gap).unwrap_or(i32::MAX), length: 1 }),
        }
        counts.push(count);
        next = i64::from(index) + 1;
    }
    (spans, counts)
}

/// The buckets that spans and counts stand for, in ascending order.
pub(super) fn of_spans<'a>(spans: &'a [BucketSpan], counts: &'a [f64]) -> impl Iterator<Item = (i32, f64)> + 'a {
    let mut next = 0_i32;
    let indexes = spans.iter().flat_map(move |span| {
        let first = next.saturating_add(span.offset);
        next = first.saturating_add_unsigned(span.length);
        first..next
    });
    indexes.zip(counts.iter().copied())
}

/// Where a bucket goes when the resolution is halved `times` times. Buckets are counted as native histograms do: the
/// one that ends at 1 is 0.
pub(super) fn halved(index: i64, times: u32) -> i64 {
    ((index - 1) >> times.min(63)) + 1
}

/// Adds up neighbours of the same index.
pub(super) fn merged(buckets: impl IntoIterator<Item = (i32, f64)>) -> Vec<(i32, f64)> {
    let mut out: Vec<(i32, f64)> = Vec::new();
    for (index, count) in buckets {
        match out.last_mut() {
            Some((last, sum)) if *last == index => *sum += count,
            _ => out.push((index, count)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_gaps_are_filled_and_long_ones_are_not() {
        let of = |buckets: &[(i32, f64)]| {
            let (spans, counts) = spans(buckets.iter().copied());
            (spans.iter().map(|s| (s.offset, s.length)).collect::<Vec<_>>(), counts)
        };
        assert_eq!(of(&[]), (vec![], vec![]));
        assert_eq!(of(&[(5, 0.0)]), (vec![], vec![]));
        assert_eq!(of(&[(-3, 1.0), (0, 2.0)]), (vec![(-3, 4)], vec![1.0, 0.0, 0.0, 2.0]));
        assert_eq!(of(&[(-3, 1.0), (1, 2.0), (2, 3.0)]), (vec![(-3, 1), (3, 2)], vec![1.0, 2.0, 3.0]));
    }

    proptest! {
        #[test]
        fn spans_hold_what_they_were_made_of(buckets in proptest::collection::btree_map(-500..500_i32, 0..3_u8, 0..40)) {
            let buckets: Vec<(i32, f64)> = buckets.into_iter().map(|(i, n)| (i, f64::from(n))).collect();
            let (spans, counts) = spans(buckets.iter().copied());
            prop_assert_eq!(spans.iter().map(|s| s.length as usize).sum::<usize>(), counts.len());
            prop_assert!(spans.iter().skip(1).all(|s| s.offset > 2));
            let back: Vec<_> = of_spans(&spans, &counts).filter(|(_, n)| *n > 0.0).collect();
            prop_assert_eq!(back, buckets.into_iter().filter(|(_, n)| *n > 0.0).collect::<Vec<_>>());
        }

        #[test]
        fn a_halved_bucket_holds_what_was_in_it(index in -1000..1000_i64, times in 0..12_u32) {
            // Bucket i ends at i steps; of twice the width the first that does not end before it.
            let wide = halved(index, times);
            prop_assert!(wide << times >= index && (wide - 1) << times < index);
        }
    }
}

//! Histograms without needless buckets.

use aio_types::{BucketSpan, Histogram};

use super::spans::{Builder, ascending};

/// Leaves out empty buckets and joins spans that touch. After this, equal contents have equal layouts.
pub fn compact(h: &mut Histogram) {
    compact_to(h, 0);
}

/// As [`compact`], but keeps spans together over gaps of up to `empty_max` buckets, which are spelled out.
pub fn compact_to(h: &mut Histogram, empty_max: u16) {
    side(&mut h.positive_spans, &mut h.positive_buckets, empty_max);
    side(&mut h.negative_spans, &mut h.negative_buckets, empty_max);
}

fn side(spans: &mut Vec<BucketSpan>, counts: &mut Vec<f64>, empty_max: u16) {
    if is_compact(spans, counts, empty_max) {
        return;
    }
    let mut out = Builder::with_capacity(counts.len());
    let mut next = None;
    for (index, count) in ascending(spans, counts).filter(|(_, count)| *count != 0.0) {
        if let Some(next) = next.filter(|next| index.wrapping_sub(*next) <= i32::from(empty_max)) {
            (next..index).for_each(|gap| out.push(gap, 0.0));
        }
        out.push(index, count);
        next = Some(index.wrapping_add(1));
    }
    (*spans, *counts) = (out.spans, out.counts);
}

/// Whether nothing needs to be done, seen at one glance.
fn is_compact(spans: &[BucketSpan], counts: &[f64], empty_max: u16) -> bool {
    let apart = |(i, span): (usize, &BucketSpan)| span.length > 0 && (i == 0 || span.offset > i32::from(empty_max));
    counts.iter().all(|count| *count != 0.0) && spans.iter().enumerate().all(apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(offset: i32, length: u32) -> BucketSpan {
        BucketSpan { offset, length }
    }

    #[test]
    fn empty_buckets_go_and_small_gaps_may_stay() {
        type Case<'a> = (&'a [BucketSpan], &'a [f64], u16, &'a [BucketSpan], &'a [f64]);
        let cases: [Case<'_>; 7] = [
            (&[span(0, 4)], &[0.0, 1.0, 0.0, 0.0], 0, &[span(1, 1)], &[1.0]),
            (&[span(0, 3)], &[1.0, 0.0, 2.0], 0, &[span(0, 1), span(1, 1)], &[1.0, 2.0]),
            (&[span(0, 3)], &[1.0, 0.0, 2.0], 1, &[span(0, 3)], &[1.0, 0.0, 2.0]),
            (&[span(0, 1), span(2, 1)], &[1.0, 2.0], 2, &[span(0, 4)], &[1.0, 0.0, 0.0, 2.0]),
            (&[span(0, 1), span(2, 1)], &[1.0, 2.0], 1, &[span(0, 1), span(2, 1)], &[1.0, 2.0]),
            (&[span(-2, 1), span(0, 1), span(3, 0)], &[1.0, 2.0], 0, &[span(-2, 2)], &[1.0, 2.0]),
            (&[span(5, 2)], &[0.0, 0.0], 3, &[], &[]),
        ];
        for (spans, counts, empty_max, expected_spans, expected_counts) in cases {
            let mut h = Histogram {
                positive_spans: spans.to_vec(),
                positive_buckets: counts.to_vec(),
                negative_spans: spans.to_vec(),
                negative_buckets: counts.to_vec(),
                ..Histogram::default()
            };
            compact_to(&mut h, empty_max);
            assert_eq!((&*h.positive_spans, &*h.positive_buckets), (expected_spans, expected_counts), "{spans:?}");
            assert_eq!((&*h.negative_spans, &*h.negative_buckets), (expected_spans, expected_counts), "{spans:?}");
        }
    }
}

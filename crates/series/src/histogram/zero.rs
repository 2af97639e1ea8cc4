//! Zero buckets of different widths.

use aio_types::Histogram;

use super::bounds::exponential_bound;
use super::cells::{Cell, Cells, Running};
use super::spans::{Builder, ascending};

/// A zero bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zero<C> {
    pub(super) count: C,
    pub(super) threshold: f64,
}

/// What the zero bucket `zero` becomes when it reaches to `threshold` or, if that lies inside of a bucket that is not
/// empty, to the outer end of that one.
pub(super) fn widened<C: Cell>(
    zero: Zero<C>,
    threshold: f64,
    schema: i32,
    positive: impl Iterator<Item = (i32, C)> + Clone,
    negative: impl Iterator<Item = (i32, C)> + Clone,
) -> Zero<C> {
    let mut threshold = threshold;
    loop {
        let mut count = zero.count;
        threshold = swallow(&mut count, threshold, schema, positive.clone());
        let further = swallow(&mut count, threshold, schema, negative.clone());
        if further.total_cmp(&threshold).is_eq() {
            return Zero { count, threshold };
        }
        // More of the positive side is inside now: once again, from there.
        threshold = further;
    }
}

/// Adds the buckets that begin inside of `threshold` to `count`; returns where the last of them ends, if that is
/// further and the bucket is not empty.
fn swallow<C: Cell>(count: &mut C, threshold: f64, schema: i32, side: impl Iterator<Item = (i32, C)>) -> f64 {
    for (index, cell) in side {
        if exponential_bound(index.wrapping_sub(1), schema) >= threshold {
            break;
        }
        count.absorb(cell);
        let upper = exponential_bound(index, schema);
        if upper > threshold {
            return if cell.sum() == 0.0 { threshold } else { upper };
        }
    }
    threshold
}

/// The zero bucket of `h`, widened to `threshold`.
pub(super) fn widened_of(h: &Histogram, threshold: f64) -> Zero<f64> {
    let zero = Zero { count: h.zero_count, threshold: h.zero_threshold };
    if zero.threshold >= threshold {
        return zero;
    }
    let positive = ascending(&h.positive_spans, &h.positive_buckets);
    widened(zero, threshold, h.schema, positive, ascending(&h.negative_spans, &h.negative_buckets))
}

/// Widens the zero bucket of `running` until it holds that of `other`, and no bucket that is not empty reaches into it
/// in either. Returns what `other` counts in it.
pub(super) fn reconcile<C: Cell>(running: &mut Running<C>, other: &Histogram) -> C {
    let cells = |spans, counts| ascending(spans, counts).map(|(index, count): (i32, f64)| (index, C::of(count)));
    let positive = cells(&other.positive_spans, &other.positive_buckets);
    let negative = cells(&other.negative_spans, &other.negative_buckets);
    let theirs = Zero { count: C::of(other.zero_count), threshold: other.zero_threshold };
    let mut zero = theirs;
    // Thresholds that are NaN never meet.
    while let Some(order) = zero.threshold.partial_cmp(&running.zero_threshold).filter(|order| order.is_ne()) {
        if order.is_lt() {
            zero = widened(theirs, running.zero_threshold, other.schema, positive.clone(), negative.clone());
            continue;
        }
        let ours = Zero { count: running.zero, threshold: running.zero_threshold };
        let wider = widened(ours, zero.threshold, running.schema, running.positive.iter(), running.negative.iter());
        (running.zero, running.zero_threshold) = (wider.count, wider.threshold);
        trim(&mut running.positive, wider.threshold, running.schema);
        trim(&mut running.negative, wider.threshold, running.schema);
    }
    zero.count
}

/// Leaves out what is part of the zero bucket, and what is empty.
fn trim<C: Cell>(side: &mut Cells<C>, threshold: f64, schema: i32) {
    let mut out = Builder::with_capacity(side.cells.len());
    for (index, cell) in side.iter() {
        if exponential_bound(index.wrapping_sub(1), schema) >= threshold && !cell.is_empty() {
            out.push(index, cell);
        }
    }
    *side = Cells { spans: out.spans, cells: out.counts };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::notation;

    #[test]
    fn zero_buckets_grow_to_bucket_ends() {
        let h = notation::parse("{{z_bucket:1 z_bucket_w:0.25 buckets:[0 2 4] n_offset:1 n_buckets:[8]}}");
        let h = h.expect("valid notation").0.histogram;
        // Positive buckets are (0.5,1] empty, (1,2] 2, (2,4] 4; the negative one is [-2,-1) 8.
        for (threshold, expected) in [
            (0.25, (1.0, 0.25)),
            (0.75, (1.0, 0.75)),
            (1.0, (1.0, 1.0)),
            (1.5, (11.0, 2.0)),
            (2.0, (11.0, 2.0)),
            (3.0, (15.0, 4.0)),
            (100.0, (15.0, 100.0)),
        ] {
            let zero = widened_of(&h, threshold);
            assert_eq!((zero.count, zero.threshold), expected, "{threshold}");
        }
    }
}

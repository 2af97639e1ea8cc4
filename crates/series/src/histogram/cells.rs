//! What a bucket is while histograms are added: a plain number, or a sum with compensation.

use std::sync::Arc;

use aio_types::{BucketSpan, Histogram, ResetHint};

use super::spans::ascending;
use crate::numeric::Kahan;

/// A number that is being summed up.
pub(super) trait Cell: Copy + Default + std::fmt::Debug {
    fn of(v: f64) -> Self;
    fn absorb(&mut self, other: Self);
    fn negate(&mut self);
    fn is_empty(self) -> bool;
    /// The plain sum.
    fn sum(self) -> f64;
}

impl Cell for f64 {
    fn of(v: f64) -> Self {
        v
    }

    fn absorb(&mut self, other: Self) {
        *self += other;
    }

    fn negate(&mut self) {
        *self = -*self;
    }

    fn is_empty(self) -> bool {
        self == 0.0
    }

    fn sum(self) -> f64 {
        self
    }
}

impl Cell for Kahan {
    fn of(v: f64) -> Self {
        Self::of(v)
    }

    fn absorb(&mut self, other: Self) {
        self.add(other.sum);
        self.add(other.compensation);
    }

    fn negate(&mut self) {
        self.scale(-1.0);
    }

    fn is_empty(self) -> bool {
        self.sum == 0.0 && self.compensation == 0.0
    }

    fn sum(self) -> f64 {
        self.sum
    }
}

/// The buckets of one side.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells<C> {
    pub(super) spans: Vec<BucketSpan>,
    pub(super) cells: Vec<C>,
}

impl<C: Cell> Cells<C> {
    pub(super) fn iter(&self) -> impl Iterator<Item = (i32, C)> + Clone + '_ {
        ascending(&self.spans, &self.cells)
    }
}

/// A histogram that others are added to.
#[derive(Debug, Clone)]
pub(super) struct Running<C> {
    pub(super) schema: i32,
    pub(super) reset_hint: ResetHint,
    pub(super) zero_threshold: f64,
    pub(super) zero: C,
    pub(super) count: C,
    pub(super) sum: C,
    pub(super) positive: Cells<C>,
    pub(super) negative: Cells<C>,
    pub(super) custom_bounds: Arc<[f64]>,
}

impl<C: Cell> Running<C> {
    pub(super) fn is_custom(&self) -> bool {
        self.schema == aio_types::CUSTOM_BUCKETS_SCHEMA
    }

    /// All numbers, for what is done to each alike.
    pub(super) fn each(&mut self, f: impl Fn(&mut C)) {
        for cell in [&mut self.zero, &mut self.count, &mut self.sum] {
            f(cell);
        }
        self.positive.cells.iter_mut().chain(&mut self.negative.cells).for_each(f);
    }
}

impl Running<Kahan> {
    pub(super) fn of(h: &Histogram) -> Self {
        let cells = |spans: &[BucketSpan], counts: &[f64]| Cells {
            spans: spans.to_vec(),
            cells: counts.iter().map(|count| Kahan::of(*count)).collect(),
        };
        Self {
            schema: h.schema,
            reset_hint: h.reset_hint,
            zero_threshold: h.zero_threshold,
            zero: Kahan::of(h.zero_count),
            count: Kahan::of(h.count),
            sum: Kahan::of(h.sum),
            positive: cells(&h.positive_spans, &h.positive_buckets),
            negative: cells(&h.negative_spans, &h.negative_buckets),
            custom_bounds: Arc::clone(&h.custom_bounds),
        }
    }

    pub(super) fn into_histogram(self, value: impl Fn(Kahan) -> f64) -> Histogram {
        let counts = |cells: Vec<Kahan>| cells.into_iter().map(&value).collect();
        Histogram {
            schema: self.schema,
            reset_hint: self.reset_hint,
            zero_threshold: self.zero_threshold,
            zero_count: value(self.zero),
            count: value(self.count),
            sum: value(self.sum),
            positive_spans: self.positive.spans,
            negative_spans: self.negative.spans,
            positive_buckets: counts(self.positive.cells),
            negative_buckets: counts(self.negative.cells),
            custom_bounds: self.custom_bounds,
        }
    }
}

impl Running<f64> {
    /// Takes the vectors of `h`, which [`Self::give_back`] returns.
    pub(super) fn take(h: &mut Histogram) -> Self {
        let cells = |spans: &mut Vec<BucketSpan>, counts: &mut Vec<f64>| Cells {
            spans: std::mem::take(spans),
            cells: std::mem::take(counts),
        };
        Self {
            schema: h.schema,
            reset_hint: h.reset_hint,
            zero_threshold: h.zero_threshold,
            zero: h.zero_count,
            count: h.count,
            sum: h.sum,
            positive: cells(&mut h.positive_spans, &mut h.positive_buckets),
            negative: cells(&mut h.negative_spans, &mut h.negative_buckets),
            custom_bounds: Arc::clone(&h.custom_bounds),
        }
    }

    pub(super) fn give_back(self, h: &mut Histogram) {
        *h = Histogram {
            schema: self.schema,
            reset_hint: self.reset_hint,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero,
            count: self.count,
            sum: self.sum,
            positive_spans: self.positive.spans,
            negative_spans: self.negative.spans,
            positive_buckets: self.positive.cells,
            negative_buckets: self.negative.cells,
            custom_bounds: self.custom_bounds,
        };
    }
}

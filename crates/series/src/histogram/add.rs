//! Sums and differences of histograms.

use aio_types::{BucketSpan, Histogram};

use super::bounds::first_beyond;
use super::cells::{Cell, Cells, Running};
use super::custom::{common_bounds, same_bounds, sum};
use super::hints::combine;
use super::reduce::coarser;
use super::spans::{Builder, ascending};
use super::zero::reconcile;

/// Exponential buckets and custom ones have no common layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot apply this operation on histograms with a mix of exponential and custom bucket schemas")]
pub struct IncompatibleLayouts;

/// What happened when two histograms were combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Combined {
    /// One says that there was a reset, the other one that there was none.
    pub resets_collide: bool,
    /// Custom bounds differed and were reduced to the common ones.
    pub bounds_reconciled: bool,
}

/// Adds `other` to `h`, in the coarser of both schemas, with the wider of both zero buckets, or in the custom bounds
/// that both have. May leave empty buckets, which [`compact`](super::compact()) removes.
///
/// # Errors
/// If one has custom buckets and the other one has not; `h` stays as it was.
pub fn add(h: &mut Histogram, other: &Histogram) -> Result<Combined, IncompatibleLayouts> {
    combine_into(h, other, 1.0)
}

/// Subtracts `other` from `h`, as [`add`] adds. Counts may become negative.
///
/// # Errors
/// If one has custom buckets and the other one has not; `h` stays as it was.
pub fn subtract(h: &mut Histogram, other: &Histogram) -> Result<Combined, IncompatibleLayouts> {
    combine_into(h, other, -1.0)
}

fn combine_into(h: &mut Histogram, other: &Histogram, sign: f64) -> Result<Combined, IncompatibleLayouts> {
    if h.uses_custom_buckets() != other.uses_custom_buckets() {
        return Err(IncompatibleLayouts);
    }
    let mut running = Running::take(h);
    let combined = running.combine(other, sign);
    running.give_back(h);
    combined
}

impl<C: Cell> Running<C> {
    /// Adds `other` times `sign`, which is 1 or -1.
    pub(super) fn combine(&mut self, other: &Histogram, sign: f64) -> Result<Combined, IncompatibleLayouts> {
        if self.is_custom() != other.uses_custom_buckets() {
            return Err(IncompatibleLayouts);
        }
        let (hint, resets_collide) = combine(self.reset_hint, other.reset_hint);
        self.reset_hint = hint;
        self.count.absorb(C::of(sign * other.count));
        self.sum.absorb(C::of(sign * other.sum));
        let bounds_reconciled = if self.is_custom() {
            self.combine_custom(other, sign)
        } else {
            self.combine_exponential(other, sign);
            false
        };
        Ok(Combined { resets_collide, bounds_reconciled })
    }

    fn combine_custom(&mut self, other: &Histogram, sign: f64) -> bool {
        if same_bounds(&self.custom_bounds, &other.custom_bounds) {
            merge(&mut self.positive, &other.positive_spans, &other.positive_buckets, sign, i32::MIN);
            return false;
        }
        let common = common_bounds(&self.custom_bounds, &other.custom_bounds);
        let theirs = signed(&other.positive_spans, &other.positive_buckets, sign);
        let positive = sum(&common, (&self.positive, &self.custom_bounds), (theirs, &other.custom_bounds));
        (self.positive, self.custom_bounds) = (positive, common);
        true
    }

    fn combine_exponential(&mut self, other: &Histogram, sign: f64) {
        let mut zero: C =
            if other.zero_threshold == self.zero_threshold { C::of(other.zero_count) } else { reconcile(self, other) };
        if sign < 0.0 {
            zero.negate();
        }
        self.zero.absorb(zero);
        if other.schema < self.schema {
            for side in [&mut self.positive, &mut self.negative] {
                *side = coarser(side.iter(), self.schema, other.schema);
            }
            self.schema = other.schema;
        }
        let first = first_beyond(self.zero_threshold, self.schema);
        for (side, spans, counts) in [
            (&mut self.positive, &other.positive_spans, &other.positive_buckets),
            (&mut self.negative, &other.negative_spans, &other.negative_buckets),
        ] {
            if other.schema == self.schema {
                merge(side, spans, counts, sign, first);
            } else {
                let theirs = coarser(signed(spans, counts, sign), other.schema, self.schema);
                merge_cells(side, theirs.iter(), first);
            }
        }
    }
}

fn signed<'a, C: Cell>(
    spans: &'a [BucketSpan],
    counts: &'a [f64],
    sign: f64,
) -> impl Iterator<Item = (i32, C)> + Clone + use<'a, C> {
    ascending(spans, counts).map(move |(index, count): (i32, f64)| (index, C::of(sign * count)))
}

/// Adds buckets of the same layout from the index `first` on: what lies before is part of the zero bucket. Sides whose
/// buckets are the same, which is usual within a series, are added without moving any.
fn merge<C: Cell>(ours: &mut Cells<C>, spans: &[BucketSpan], counts: &[f64], sign: f64, first: i32) {
    let all_outside = spans.first().is_none_or(|span| span.offset >= first);
    if all_outside && ours.spans == spans && ours.cells.len() == counts.len() {
        for (cell, count) in ours.cells.iter_mut().zip(counts) {
            cell.absorb(C::of(sign * count));
        }
        return;
    }
    merge_cells(ours, signed(spans, counts, sign), first);
}

fn merge_cells<C: Cell>(ours: &mut Cells<C>, theirs: impl Iterator<Item = (i32, C)>, first: i32) {
    let mut theirs = theirs.skip_while(|(index, _)| *index < first).peekable();
    if theirs.peek().is_none() {
        return;
    }
    let mut out = Builder::with_capacity(ours.cells.len() + theirs.size_hint().1.unwrap_or_default());
    for (index, mut cell) in ours.iter() {
        while let Some((before, theirs)) = theirs.next_if(|(other, _)| *other < index) {
            out.push(before, theirs);
        }
        if let Some((_, theirs)) = theirs.next_if(|(other, _)| *other == index) {
            cell.absorb(theirs);
        }
        out.push(index, cell);
    }
    theirs.for_each(|(index, cell)| out.push(index, cell));
    *ours = Cells { spans: out.spans, cells: out.counts };
}

#[cfg(test)]
mod tests;

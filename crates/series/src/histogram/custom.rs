//! Custom buckets of different bounds.

use std::sync::Arc;

use super::cells::{Cell, Cells};
use super::spans::Builder;

/// Whether bounds are equal.
pub(super) fn same_bounds(a: &Arc<[f64]>, b: &Arc<[f64]>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// The bounds that both have; both are ascending.
pub(super) fn common_bounds(a: &[f64], b: &[f64]) -> Arc<[f64]> {
    let mut others = b.iter().peekable();
    let common = a.iter().copied().filter(|bound| {
        while others.next_if(|other| **other < *bound).is_some() {}
        others.peek().is_some_and(|other| **other == *bound)
    });
    common.collect()
}

/// Adds buckets of `bounds` to `into`, the buckets of some of these bounds and one more up to +Inf.
pub(super) fn map_onto<C: Cell>(
    into: &mut [C],
    common: &[f64],
    buckets: impl Iterator<Item = (i32, C)>,
    bounds: &[f64],
) {
    let mut target = 0;
    for (index, cell) in buckets {
        let bound = usize::try_from(index).ok().and_then(|i| bounds.get(i));
        target = match bound {
            Some(bound) => target + common[target..].iter().take_while(|at| **at < *bound).count(),
            None => common.len(),
        };
        if let Some(at) = into.get_mut(target) {
            at.absorb(cell);
        }
    }
}

/// The sum of two sides of different bounds in their `common` ones, without empty buckets.
pub(super) fn sum<C: Cell>(
    common: &[f64],
    (ours, our_bounds): (&Cells<C>, &[f64]),
    (theirs, their_bounds): (impl Iterator<Item = (i32, C)>, &[f64]),
) -> Cells<C> {
    let mut sums = vec![C::default(); common.len() + 1];
    map_onto(&mut sums, common, ours.iter(), our_bounds);
    map_onto(&mut sums, common, theirs, their_bounds);
    let mut out = Builder::with_capacity(sums.len());
    for (index, cell) in (0..).zip(sums) {
        if !cell.is_empty() {
            out.push(index, cell);
        }
    }
    Cells { spans: out.spans, cells: out.counts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_common_bounds_stay() {
        assert_eq!(*common_bounds(&[1.0, 2.0, 5.0, 9.0], &[0.5, 2.0, 3.0, 9.0, 10.0]), [2.0, 9.0]);
        assert!(common_bounds(&[1.0], &[2.0]).is_empty() && common_bounds(&[], &[2.0]).is_empty());
    }

    #[test]
    fn buckets_fall_into_the_common_bucket_around_them() {
        let mut sums = [0.0; 3];
        let buckets = [(0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0), (4, 16.0)];
        map_onto(&mut sums, &[2.0, 9.0], buckets.into_iter(), &[1.0, 2.0, 5.0, 9.0]);
        assert_eq!(sums, [3.0, 12.0, 16.0]);
    }
}

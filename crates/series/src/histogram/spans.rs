//! Which buckets spans stand for.

use aio_types::BucketSpan;

fn length(span: &BucketSpan) -> i32 {
    i32::try_from(span.length).unwrap_or(i32::MAX)
}

/// Index and count of each bucket, ascending.
pub(super) fn ascending<'a, T: Copy>(
    spans: &'a [BucketSpan],
    counts: &'a [T],
) -> impl Iterator<Item = (i32, T)> + Clone + use<'a, T> {
    let mut next = 0_i32;
    let indexes = spans.iter().flat_map(move |span| {
        let start = next.wrapping_add(span.offset);
        next = start.wrapping_add(length(span));
        start..next
    });
    indexes.zip(counts.iter().copied())
}

/// Index and count of each bucket, descending.
pub(super) fn descending<'a, T: Copy>(
    spans: &'a [BucketSpan],
    counts: &'a [T],
) -> impl Iterator<Item = (i32, T)> + Clone + use<'a, T> {
    let mut end = spans.iter().fold(0_i32, |end, span| end.wrapping_add(span.offset).wrapping_add(length(span)));
    let indexes = spans.iter().rev().flat_map(move |span| {
        let start = end.wrapping_sub(length(span));
        let indexes = (start..end).rev();
        end = start.wrapping_sub(span.offset);
        indexes
    });
    indexes.zip(counts.iter().rev().copied())
}

/// Appends the bucket `index`, which lies behind all of `spans`; `next` is the index behind the last one.
pub(super) fn push(spans: &mut Vec<BucketSpan>, next: &mut i32, index: i32) {
    match spans.last_mut() {
        Some(last) if index == *next => last.length += 1,
        Some(_) => spans.push(BucketSpan { offset: index.wrapping_sub(*next), length: 1 }),
        None => spans.push(BucketSpan { offset: index, length: 1 }),
    }
    *next = index.wrapping_add(1);
}

/// Spans and what goes with them, built from buckets in ascending order.
#[derive(Debug)]
pub(super) struct Builder<T> {
    pub(super) spans: Vec<BucketSpan>,
    pub(super) counts: Vec<T>,
    next: i32,
}

impl<T> Builder<T> {
    /// With room for `n` buckets.
    pub(super) fn with_capacity(n: usize) -> Self {
        Self { spans: Vec::new(), counts: Vec::with_capacity(n), next: 0 }
    }

    pub(super) fn push(&mut self, index: i32, count: T) {
        push(&mut self.spans, &mut self.next, index);
        self.counts.push(count);
    }

    /// The bucket `index` if it was the last one to be pushed.
    pub(super) fn last_mut(&mut self, index: i32) -> Option<&mut T> {
        if index.wrapping_add(1) == self.next { self.counts.last_mut() } else { None }
    }
}

/// Whether two lists of spans stand for the same buckets, run by run: empty spans only move what follows them.
pub(super) fn same(a: &[BucketSpan], b: &[BucketSpan]) -> bool {
    a == b || runs(a).eq(runs(b))
}

/// Offset and length of the spans that are not empty; offsets of empty ones are added to what follows.
fn runs(spans: &[BucketSpan]) -> impl Iterator<Item = (i32, u32)> {
    let mut skipped = 0_i32;
    spans.iter().filter_map(move |span| {
        skipped = skipped.wrapping_add(span.offset);
        (span.length > 0).then(|| (std::mem::take(&mut skipped), span.length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(offset: i32, length: u32) -> BucketSpan {
        BucketSpan { offset, length }
    }

    #[test]
    fn both_directions_see_the_same_buckets() {
        let spans = [span(-3, 2), span(0, 0), span(2, 1), span(0, 2)];
        let counts = [1.0, 2.0, 3.0, 4.0, 5.0];
        let up: Vec<_> = ascending(&spans, &counts).collect();
        assert_eq!(up, [(-3, 1.0), (-2, 2.0), (1, 3.0), (2, 4.0), (3, 5.0)]);
        let mut down: Vec<_> = descending(&spans, &counts).collect();
        down.reverse();
        assert_eq!(down, up);
    }

    #[test]
    fn built_spans_join_neighbours() {
        let mut builder = Builder::with_capacity(3);
        for index in [-1, 0, 4] {
            builder.push(index, index);
        }
        assert_eq!(builder.spans, [span(-1, 2), span(3, 1)]);
        assert_eq!((builder.last_mut(4).copied(), builder.last_mut(3).copied()), (Some(4), None));
    }

    #[test]
    fn empty_spans_only_shift() {
        assert!(same(&[span(1, 2), span(3, 0), span(1, 1)], &[span(1, 2), span(4, 1), span(9, 0)]));
        assert!(!same(&[span(1, 2)], &[span(1, 1), span(0, 1)]), "runs are compared, as Prometheus does");
        assert!(same(&[], &[span(4, 0)]));
    }

    #[test]
    fn absurd_spans_do_not_panic() {
        let spans = [span(i32::MAX, u32::MAX), span(i32::MAX, 7)];
        assert!(ascending(&spans, &[1.0; 9]).count() <= 9);
        assert!(descending(&spans, &[1.0; 9]).count() <= 9);
    }
}

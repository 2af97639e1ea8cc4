//! Buckets of native histograms by index, and spans by buckets.

use aio_types::BucketSpan;

/// The index of every bucket of `spans`, ascending.
pub(crate) fn indexes(spans: &[BucketSpan]) -> impl Iterator<Item = i64> {
    let mut end = 0_i64;
    spans.iter().flat_map(move |span| {
        let start = end + i64::from(span.offset);
        end = start + i64::from(span.length);
        start..end
    })
}

/// How many buckets there are.
pub(crate) fn len(spans: &[BucketSpan]) -> usize {
    spans.iter().map(|span| span.length as usize).sum()
}

/// Spans under way: no empty ones, none without a gap before it.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    spans: Vec<BucketSpan>,
    /// Behind the last bucket.
    end: i64,
}

impl Builder {
    /// Adds the bucket of this index, which is not below the last one; whether it was not there yet.
    pub(crate) fn push(&mut self, index: i64) -> bool {
        match self.spans.last_mut() {
            Some(_) if index < self.end => return false,
            Some(span) if index == self.end => span.length += 1,
            _ => {
                let offset = i32::try_from(index - self.end).unwrap_or(i32::MAX);
                self.spans.push(BucketSpan { offset, length: 1 });
            }
        }
        self.end = index + 1;
        true
    }

    pub(crate) fn finish(self) -> Vec<BucketSpan> {
        self.spans
    }
}

/// Spans of the buckets that are in either list.
pub(crate) fn union(a: &[BucketSpan], b: &[BucketSpan]) -> Vec<BucketSpan> {
    let (mut a, mut b) = (indexes(a).peekable(), indexes(b).peekable());
    let mut out = Builder::default();
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x <= y => a.next(),
            (Some(_), None) => a.next(),
            _ => b.next(),
        };
        match next {
            Some(index) => out.push(index),
            None => return out.finish(),
        };
    }
}

/// Counts of the buckets of `spans` as those of `layout`, which has all of them; its other buckets are empty.
pub(crate) fn spread<'a>(
    spans: &'a [BucketSpan],
    counts: &'a [f64],
    layout: &'a [BucketSpan],
) -> impl Iterator<Item = f64> + 'a {
    let mut given = indexes(spans).zip(counts.iter().copied()).peekable();
    indexes(layout).map(move |index| given.next_if(|(at, _)| *at == index).map_or(0.0, |(_, count)| count))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn spans_of(indexes: &BTreeSet<i64>) -> Vec<BucketSpan> {
        let mut builder = Builder::default();
        indexes.iter().for_each(|index| assert!(builder.push(*index)));
        builder.finish()
    }

    #[test]
    fn a_bucket_that_is_there_is_not_added_again() {
        let mut builder = Builder::default();
        let added = [-3, -3, -2, 4, 4].map(|index| builder.push(index));
        assert_eq!(added, [true, false, true, true, false]);
        let want = [BucketSpan { offset: -3, length: 2 }, BucketSpan { offset: 5, length: 1 }];
        assert_eq!(builder.finish(), want);
    }

    proptest! {
        #[test]
        fn unions_are_those_of_sets(a: BTreeSet<i8>, b: BTreeSet<i8>) {
            let widen = |set: BTreeSet<i8>| set.into_iter().map(i64::from).collect::<BTreeSet<_>>();
            let (a, b) = (widen(a), widen(b));
            let union = union(&spans_of(&a), &spans_of(&b));
            prop_assert_eq!(indexes(&union).collect::<BTreeSet<_>>(), &a | &b);
            prop_assert_eq!(len(&union), (&a | &b).len());
            let counts: Vec<f64> = a.iter().map(|index| *index as f64 + 0.5).collect();
            for (index, count) in indexes(&union).zip(spread(&spans_of(&a), &counts, &union)) {
                prop_assert_eq!(count, if a.contains(&index) { index as f64 + 0.5 } else { 0.0 });
            }
        }
    }
}

//! Coarser exponential layouts.

use aio_types::{BucketSpan, Histogram};

use super::cells::{Cell, Cells};
use super::spans::{Builder, ascending};

/// The coarsest schema that is computed with.
pub const MIN_SCHEMA: i32 = -4;
/// The finest schema that is computed with.
pub const MAX_SCHEMA: i32 = 8;
/// The coarsest schema that there may ever be.
pub const MIN_KNOWN_SCHEMA: i32 = -9;
/// The finest schema that there may ever be; finer ones than [`MAX_SCHEMA`] are reduced on arrival.
pub const MAX_KNOWN_SCHEMA: i32 = 52;

/// The bucket of the coarser schema that holds the bucket `index` of the finer one.
pub(super) fn coarse_index(index: i32, from: i32, to: i32) -> i32 {
    let shift = from.saturating_sub(to).clamp(0, 63);
    let coarse = ((i64::from(index) - 1) >> shift) + 1;
    i32::try_from(coarse).unwrap_or(index)
}

/// Joins the buckets of `from` that are one in `to`.
pub(super) fn coarser<C: Cell>(buckets: impl Iterator<Item = (i32, C)>, from: i32, to: i32) -> Cells<C> {
    let mut out = Builder::with_capacity(buckets.size_hint().1.unwrap_or_default());
    for (index, cell) in buckets {
        let index = coarse_index(index, from, to);
        match out.last_mut(index) {
            Some(last) => C::absorb(last, cell),
            None => out.push(index, cell),
        }
    }
    Cells { spans: out.spans, cells: out.counts }
}

/// Reduces the resolution of an exponential histogram to `schema`; one that is as coarse already and one of custom
/// buckets stay as they are.
pub fn reduce(h: &mut Histogram, schema: i32) {
    if h.uses_custom_buckets() || h.schema <= schema {
        return;
    }
    let side = |spans: &mut Vec<BucketSpan>, counts: &mut Vec<f64>| {
        let cells = coarser(ascending(spans, counts), h.schema, schema);
        (*spans, *counts) = (cells.spans, cells.cells);
    };
    side(&mut h.positive_spans, &mut h.positive_buckets);
    side(&mut h.negative_spans, &mut h.negative_buckets);
    h.schema = schema;
}

/// Brings a histogram of a schema that is reserved for finer layouts to the finest supported one, as upstream does with
/// what it receives.
pub fn reduce_to_supported(h: &mut Histogram) {
    if (MAX_SCHEMA + 1..=MAX_KNOWN_SCHEMA).contains(&h.schema) {
        reduce(h, MAX_SCHEMA);
    }
}

/// Reduces the resolution until at most `buckets_max` buckets are spelled out; says whether that was possible, which it
/// is not below the coarsest schema and for custom buckets.
pub fn limit_buckets(h: &mut Histogram, buckets_max: usize) -> bool {
    while super::bucket_count(h) > buckets_max {
        if h.uses_custom_buckets() || h.schema <= MIN_SCHEMA {
            return false;
        }
        let schema = h.schema - 1;
        reduce(h, schema);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::{notation, text};

    fn parsed(text: &str) -> Histogram {
        notation::parse(text).expect("valid notation").0.histogram
    }

    #[test]
    fn coarse_buckets_hold_the_fine_ones() {
        let indexes: Vec<_> = (-3..=6).map(|i| coarse_index(i, 1, 0)).collect();
        assert_eq!(indexes, [-1, -1, 0, 0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(coarse_index(17, 2, 0), 5);
    }

    #[test]
    fn reduction_joins_buckets() {
        let fine = "{{schema:1 count:21 sum:3 offset:-1 buckets:[1 2 3 4 5] n_offset:2 n_buckets:[6 0 0 7]}}";
        let mut h = parsed(fine);
        reduce(&mut h, 0);
        assert_eq!(text(&h), "{count:21, sum:3, [-8,-4):7, [-2,-1):6, (0.5,1]:3, (1,2]:7, (2,4]:5}");
        reduce(&mut h, 3);
        assert_eq!(h.schema, 0, "never refined");
    }

    #[test]
    fn reserved_schemas_become_the_finest_one() {
        let mut h = Histogram { schema: 52, ..parsed("{{count:1 buckets:[1]}}") };
        reduce_to_supported(&mut h);
        assert_eq!((h.schema, h.positive_buckets.len()), (8, 1));
        let mut custom = parsed("{{schema:-53 custom_values:[1] buckets:[1 2]}}");
        reduce_to_supported(&mut custom);
        assert_eq!(custom.schema, -53);
    }

    #[test]
    fn buckets_are_limited_by_resolution() {
        let mut h = parsed("{{schema:2 count:8 buckets:[1 1 1 1 1 1 1 1]}}");
        assert!(limit_buckets(&mut h, 3));
        assert_eq!((h.schema, h.positive_buckets.len()), (0, 3));
        assert!(!limit_buckets(&mut parsed("{{schema:-53 custom_values:[1] buckets:[1 2]}}"), 1));
    }
}

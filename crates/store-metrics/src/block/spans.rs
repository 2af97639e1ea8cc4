//! When each series has samples, roughly: two bytes each, so that labels of a moment are found without reading series.
//!
//! ```text
//!   page = per series: first time, last time, in parts of the block's time, rounded outwards; 1 0 where there are none
//! ```

use aio_types::{TimeRange, TimestampMs};
use roaring::RoaringBitmap;

/// Series per page.
pub(super) const PAGE_SERIES: usize = 1 << 16;
const NOTHING: [u8; 2] = [1, 0];
const PARTS: i128 = 255;

/// The bytes of a series that has samples in `own`.
pub(super) fn encode(own: Option<TimeRange>, block: TimeRange) -> [u8; 2] {
    own.map_or(NOTHING, |own| [place(own.start, block, false), place(own.end, block, true)])
}

/// The series of a page that may have samples in `range`, the first of them being `first`.
pub(super) fn touching(page: &[u8], first: u32, range: TimeRange, block: TimeRange) -> RoaringBitmap {
    let (start, end) = (place(range.start, block, false), place(range.end, block, true));
    let touches = |pair: &[u8]| pair[1] >= start && pair[0] <= end && pair != NOTHING;
    let positions = (first..).zip(page.chunks_exact(2)).filter(|(_, pair)| touches(pair)).map(|(id, _)| id);
    positions.collect()
}

/// In which part of the block's time `t` is.
fn place(t: TimestampMs, block: TimeRange, up: bool) -> u8 {
    let length = (i128::from(block.end.0) - i128::from(block.start.0)).max(1);
    let after = (i128::from(t.0) - i128::from(block.start.0)).clamp(0, length);
    let place = (after * PARTS + if up { length - 1 } else { 0 }) / length;
    u8::try_from(place).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_touches_is_always_found(
            series in prop::collection::vec((0_i64..7_200_000, 0_i64..7_200_000), 1..20),
            (a, b) in (0_i64..7_200_000, 0_i64..7_200_000),
        ) {
            let ordered = |(a, b): (i64, i64)| TimeRange::new(a.min(b), a.max(b));
            let (block, range) = (TimeRange::new(0, 7_200_000), ordered((a, b)));
            let series: Vec<_> = series.into_iter().map(ordered).collect();
            let page: Vec<u8> = series.iter().flat_map(|own| encode(Some(*own), block)).chain(NOTHING).collect();
            let found = touching(&page, 100, range, block);
            prop_assert!(!found.contains(100 + u32::try_from(series.len()).expect("few")));
            for (id, own) in (100_u32..).zip(series) {
                prop_assert!(found.contains(id) || !own.overlaps(&range));
                let far = own.end.0 + 60_000 < range.start.0 || own.start.0 > range.end.0 + 60_000;
                prop_assert!(!(far && found.contains(id)));
            }
        }
    }
}

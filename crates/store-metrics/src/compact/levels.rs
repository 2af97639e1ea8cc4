//! Which blocks are to be rewritten: windows of three times the length from level to level.
//!
//! A block belongs to the window its newest sample lies in. A window that is over, and in which there are several
//! blocks none of which is from a higher level, becomes one block; unless nearly all of it is in one block already,
//! as when late samples trickle in: then more of them are waited for.

use aio_types::{TimeRange, TimestampMs};

use crate::block::Block;
use crate::tombstones::Hole;

/// How much longer windows get from level to level.
const FACTOR: i64 = 3;
/// A large block is rewritten for small ones once these have together one part in so many of its size.
const WORTH_PART: u64 = 4;
/// Or once there are so many.
const BLOCKS_MAX: usize = 8;
/// A block is rewritten alone once of every so many series one was deleted.
const HOLES_PART: u64 = 20;
/// Or once there are more deletions than this: reads have to look at each.
const TOMBSTONES_MAX: usize = 100;

/// What there is to know of a block.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) range: TimeRange,
    pub(super) bytes: u64,
    /// Whether it is worth rewriting on its own.
    pub(super) is_holed: bool,
}

impl Candidate {
    pub(super) fn of(block: &Block, holes: &[Hole], tombstones: usize) -> Self {
        let hidden = holes.iter().map(|hole| hole.ids.len()).sum::<u64>();
        let is_holed =
            hidden.saturating_mul(HOLES_PART) > u64::from(block.series_count()) || tombstones > TOMBSTONES_MAX;
        let bytes = std::fs::metadata(&block.path).map_or(0, |file| file.len());
        Self { range: block.range, bytes, is_holed: is_holed && hidden > 0 }
    }

    fn span_ms(&self) -> i64 {
        self.range.end.0.saturating_sub(self.range.start.0)
    }
}

/// The lengths of windows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels {
    pub(super) base_ms: i64,
    pub(super) max_ms: i64,
}

impl Levels {
    /// The positions of blocks that should become one.
    pub(super) fn choose(self, blocks: &[Candidate], now: TimestampMs) -> Option<Vec<usize>> {
        let mut length = self.base_ms;
        loop {
            if let Some(found) = window(blocks, length, now) {
                return Some(found);
            }
            length = length.saturating_mul(FACTOR);
            if length > self.max_ms {
                break;
            }
        }
        blocks.iter().position(|block| block.is_holed).map(|position| vec![position])
    }
}

/// The oldest window of that length that is worth it.
fn window(blocks: &[Candidate], length: i64, now: TimestampMs) -> Option<Vec<usize>> {
    let window_of = |block: &Candidate| block.range.end.0.div_euclid(length);
    let current = now.0.div_euclid(length);
    let of_level = |block: &Candidate| block.span_ms() <= length.saturating_mul(2) && window_of(block) < current;
    let mut windows = std::collections::BTreeMap::<i64, Vec<usize>>::new();
    for (position, block) in blocks.iter().enumerate().filter(|(_, block)| of_level(block)) {
        windows.entry(window_of(block)).or_default().push(position);
    }
    windows.into_values().find(|positions| is_worth_it(blocks, positions))
}

fn is_worth_it(blocks: &[Candidate], positions: &[usize]) -> bool {
    let bytes = || positions.iter().filter_map(|&position| blocks.get(position)).map(|block| block.bytes);
    let (largest, all) = (bytes().max().unwrap_or(0), bytes().sum::<u64>());
    positions.len() > 1 && (positions.len() >= BLOCKS_MAX || (all - largest).saturating_mul(WORTH_PART) >= largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(start: i64, end: i64, bytes: u64) -> Candidate {
        Candidate { range: TimeRange::new(start, end), bytes, is_holed: false }
    }

    #[test]
    fn windows_that_are_over_become_one_block() {
        let levels = Levels { base_ms: 10, max_ms: 90 };
        for (blocks, now, expected) in [
            (vec![], 1000, None),
            // One a window, and none over.
            (vec![block(0, 9, 5), block(10, 19, 5)], 29, None),
            (vec![block(0, 9, 5), block(10, 19, 5), block(20, 29, 5)], 30, Some(vec![0, 1, 2])),
            // Two in the shortest window.
            (vec![block(0, 9, 5), block(1, 8, 5), block(12, 19, 5)], 20, Some(vec![0, 1])),
            // What memory gives out reaches into the window before.
            (vec![block(-8, 5, 5), block(5, 15, 5)], 30, Some(vec![0, 1])),
            // A little that came late waits; so it does not if there is more of it, or if it is in many pieces.
            (vec![block(0, 29, 50), block(1, 25, 5)], 90, None),
            (vec![block(0, 29, 50), block(1, 25, 5), block(1, 25, 8)], 90, Some(vec![0, 1, 2])),
            (
                vec![block(0, 29, 5000); 1].into_iter().chain(vec![block(20, 25, 1); 7]).collect(),
                90,
                Some((1..8).collect()),
            ),
            // No longer than the longest.
            (vec![block(0, 89, 5), block(90, 179, 5), block(180, 269, 5)], 1000, None),
        ] {
            assert_eq!(levels.choose(&blocks, TimestampMs(now)), expected, "{blocks:?} at {now}");
        }
    }

    #[test]
    fn a_block_with_holes_is_rewritten_alone() {
        let holed = Candidate { is_holed: true, ..block(0, 9, 5) };
        let blocks = [block(20, 29, 5), holed];
        assert_eq!(Levels { base_ms: 10, max_ms: 10 }.choose(&blocks, TimestampMs(15)), Some(vec![1]));
    }

    #[test]
    fn merging_comes_to_an_end() {
        let levels = Levels { base_ms: 10, max_ms: 270 };
        let mut blocks: Vec<_> = (0..200).map(|i| block(i * 9 - 3, i * 9 + 9, 10)).collect();
        let mut steps = 0;
        while let Some(chosen) = levels.choose(&blocks, TimestampMs(10_000)) {
            let parents: Vec<_> = chosen.iter().map(|&position| blocks[position].clone()).collect();
            let start = parents.iter().map(|block| block.range.start.0).min().expect("some");
            let end = parents.iter().map(|block| block.range.end.0).max().expect("some");
            let bytes = parents.iter().map(|block| block.bytes).sum();
            let mut position = 0;
            blocks.retain(|_| {
                position += 1;
                !chosen.contains(&(position - 1))
            });
            blocks.push(block(start, end, bytes));
            steps += 1;
            assert!(steps < 200, "no end");
        }
        assert!(blocks.len() <= 200 * 9 / 270 + 1, "{}", blocks.len());
    }
}

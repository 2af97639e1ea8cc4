//! The deleted parts of blocks, worked out once for all reads.

use std::collections::HashMap;
use std::sync::Arc;

use aio_types::TimeRange;
use roaring::RoaringBitmap;

use super::Tombstone;
use crate::block::Block;

/// Series of a block that are deleted for a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hole {
    pub(crate) ids: RoaringBitmap,
    pub(crate) range: TimeRange,
}

/// The holes of all blocks that have some, by sequence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holes(HashMap<u64, Arc<Vec<Hole>>>);

impl Holes {
    pub(crate) fn of(&self, sequence: u64) -> &[Hole] {
        self.0.get(&sequence).map_or(&[], |holes| holes)
    }

    /// Works out what `tombstones` hide of a block; whether that is anything.
    pub(crate) fn add<'a>(&mut self, block: &Block, tombstones: impl IntoIterator<Item = &'a Tombstone>) -> bool {
        let found: Vec<_> = tombstones.into_iter().filter_map(|tombstone| tombstone.hole_in(block)).collect();
        let any = !found.is_empty();
        if any {
            Arc::make_mut(self.0.entry(block.sequence).or_default()).extend(found);
        }
        any
    }

    /// Takes in what was worked out for a block before; whether that is anything.
    pub(crate) fn add_found(&mut self, sequence: u64, hole: Option<Hole>) -> bool {
        let Some(hole) = hole else { return false };
        Arc::make_mut(self.0.entry(sequence).or_default()).push(hole);
        true
    }

    /// Series of a block that are deleted for all of `range`.
    pub(crate) fn gone(&self, sequence: u64, range: TimeRange) -> RoaringBitmap {
        let covers = |hole: &&Hole| hole.range.start <= range.start && range.end <= hole.range.end;
        let holes = self.of(sequence).iter().filter(covers);
        holes.fold(RoaringBitmap::new(), |ids, hole| ids | &hole.ids)
    }

    pub(crate) fn remove(&mut self, sequence: u64) {
        self.0.remove(&sequence);
    }
}

/// What one deletion hides of blocks, by sequence, worked out before anybody has to wait for it.
pub(crate) type Found = HashMap<u64, Option<Hole>>;

/// What of a series is deleted, as far as it matters for `range`.
pub(crate) fn hidden(holes: &[Hole], id: u32, range: TimeRange) -> Vec<TimeRange> {
    let holes = holes.iter().filter(|hole| hole.range.overlaps(&range) && hole.ids.contains(id));
    holes.map(|hole| hole.range).collect()
}

/// What is left of `range`, ascending.
pub(crate) fn pieces(range: TimeRange, hidden: &[TimeRange]) -> Vec<TimeRange> {
    let mut left = vec![range];
    for hole in hidden {
        left = left.into_iter().flat_map(|piece| outside(piece, *hole)).collect();
    }
    left
}

/// What of `piece` lies before and behind `hole`.
fn outside(piece: TimeRange, hole: TimeRange) -> impl Iterator<Item = TimeRange> {
    let end = hole.start.saturating_add(-1).min(piece.end);
    let start = hole.end.saturating_add(1).max(piece.start);
    let before = (hole.start > piece.start).then_some(TimeRange { start: piece.start, end });
    let behind = (hole.end < piece.end).then_some(TimeRange { start, end: piece.end });
    before.into_iter().chain(behind)
}

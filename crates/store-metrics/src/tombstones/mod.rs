//! What was deleted and is still in blocks.
//!
//! A deletion takes what memory holds out of memory at once (`crate::delete`). What lies in blocks stays there until
//! a block is rewritten, and a *tombstone* hides it: selections, a range of time, and the sequence below which blocks
//! are meant. Blocks written later, and so samples that come after the deletion, are not touched by it. A block that
//! is under way when something is deleted has its sequence already, and is meant.

mod file;
mod holes;

use std::sync::Arc;

use aio_types::{Labels, Matcher, TimeRange, TimestampMs};

pub(crate) use self::file::{RECORD, decode_record, encode_record, load, save};
pub(crate) use self::holes::{Found, Hole, Holes, hidden, pieces};
use crate::block::Block;
use crate::plan::Plan;

/// One deletion.
#[derive(Debug, Clone)]
pub(crate) struct Tombstone {
    /// What matches one of these is meant.
    pub(crate) selections: Vec<Vec<Matcher>>,
    pub(crate) range: TimeRange,
    /// Blocks of lower sequences are meant.
    pub(crate) before: u64,
}

impl PartialEq for Tombstone {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &Matcher, b: &Matcher| (&a.name, a.op, &a.value) == (&b.name, b.op, &b.value);
        let same_all =
            |a: &Vec<Matcher>, b: &Vec<Matcher>| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
        self.range == other.range
            && self.before == other.before
            && self.selections.len() == other.selections.len()
            && self.selections.iter().zip(&other.selections).all(|(a, b)| same_all(a, b))
    }
}

impl Tombstone {
    pub(crate) fn plans(&self) -> Vec<Plan<'_>> {
        self.selections.iter().map(|matchers| Plan::new(matchers)).collect()
    }

    /// Whether it is meant to hide a sample of that block.
    pub(crate) fn hides(&self, sequence: u64, labels: &Labels, t: TimestampMs) -> bool {
        let selected = |matchers: &Vec<Matcher>| matchers.iter().all(|m| m.matches_labels(labels));
        sequence < self.before && self.range.contains(t) && self.selections.iter().any(selected)
    }

    /// Whether a block may hold what it hides.
    pub(crate) fn means(&self, block: &Block) -> bool {
        block.sequence < self.before && block.range.overlaps(&self.range)
    }

    /// The part of a block that it hides, if any. Of what cannot be read all is hidden.
    pub(crate) fn hole_in(&self, block: &Block) -> Option<Hole> {
        if !self.means(block) {
            return None;
        }
        let ids = block.select_any(&self.plans()).unwrap_or_else(|error| {
            tracing::error!(%error, "deleting from a block that cannot be read: all of it is hidden");
            block.all()
        });
        (!ids.is_empty()).then_some(Hole { ids, range: self.range })
    }
}

/// All of a tenant's. Replaced as a whole, so that readers and the file's writer keep what they took.
pub(crate) type Tombstones = Arc<Vec<Arc<Tombstone>>>;

#[cfg(test)]
mod tests;

//! One tenant's data.

use std::sync::Arc;

use aio_types::TimestampMs;
use parking_lot::Mutex;

use crate::block::Block;
use crate::changes::Changes;
use crate::head::Head;
use crate::tombstones::{Holes, Tombstones};

/// What belongs together at any one moment.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Takes writes.
    pub(crate) head: Head,
    /// The head before this one, while it is being written to a block.
    pub(crate) sealed: Option<Arc<Head>>,
    /// Oldest first. Replaced as a whole, so that readers keep what they took.
    pub(crate) blocks: Arc<Vec<Arc<Block>>>,
    /// Deletions that some of the blocks still wait for.
    pub(crate) tombstones: Tombstones,
    /// What they hide of the blocks.
    pub(crate) holes: Arc<Holes>,
    /// From when on any of this became different.
    pub(crate) changes: Changes,
    /// The sequence of the next block. Sequences never come back.
    pub(crate) next_sequence: u64,
    /// The sequence of the block that `sealed` becomes.
    pub(crate) sealed_sequence: u64,
    /// When the head was last sealed, in this process' life.
    pub(crate) sealed_at: Option<TimestampMs>,
}

impl Memory {
    /// The sequence of a block that is about to be written: deletions from here on mean it.
    pub(crate) fn reserve_sequence(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.saturating_add(1);
        sequence
    }

    /// A block joins the others, with the deletions that came while it was written.
    pub(crate) fn add_block(&mut self, block: Arc<Block>) {
        // It may hold what was not there before, and what is newer than all there was.
        self.changes.note(block.range.start);
        self.head.forget_history();
        self.add_known(block);
    }

    /// The same of a block all of whose samples were here before, in memory or in other blocks.
    pub(crate) fn add_known(&mut self, block: Arc<Block>) {
        self.next_sequence = self.next_sequence.max(block.sequence.saturating_add(1));
        Arc::make_mut(&mut self.holes).add(&block, self.tombstones.iter().map(|tombstone| &**tombstone));
        let mut all = self.blocks.to_vec();
        all.push(block);
        self.blocks = Arc::new(all);
    }
}

/// One tenant.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    /// Held for the time of one append or of taking a view, never over the writing of a block.
    pub(crate) memory: Mutex<Memory>,
    /// The tombstones in the tenant's file; held while it is written.
    pub(crate) tombstones_on_disk: Mutex<Tombstones>,
}

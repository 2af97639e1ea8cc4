//! Deleting: at once out of memory, by a tombstone out of blocks.
//!
//! Durable like a write: the deletion is a record of the log, in its place among the writes, so that a replay deletes
//! what came before it and keeps what came after. The tenant's file of tombstones is for the time when that part of
//! the log is gone.

use std::sync::Arc;

use aio_types::{Labels, Matcher, TenantId, TimeRange, TimestampMs};

use crate::block::Block;
use crate::error::Error;
use crate::store::MetricsStore;
use crate::tenant::{Memory, Tenant};
use crate::tombstones::{self, Found, Tombstone};

/// Deletions that blocks wait for; past that, a store has to be cleaned first.
const TOMBSTONES_MAX: usize = 10_000;

impl MetricsStore {
    /// Deletes what is there now of the series that match one of `selections`, in `range`. On return that survives
    /// power loss. What is written later is kept.
    ///
    /// # Errors
    /// When the log cannot be written: nothing is deleted then. When only the tombstones' file cannot be written, the
    /// deletion holds, and maintenance tries again. [`Error::TooManyDeletions`].
    pub fn delete(&self, tenant: &TenantId, selections: &[Vec<Matcher>], range: TimeRange) -> Result<(), Error> {
        let Some(data) = self.tenant_there_is(tenant).filter(|_| range.start <= range.end) else { return Ok(()) };
        let mut tombstone = Tombstone { selections: selections.to_vec(), range, before: u64::MAX };
        // Blocks never change: nobody has to wait while they are searched.
        let blocks = Arc::clone(&data.memory.lock().blocks);
        let found = blocks.iter().map(|block| (block.sequence, tombstone.hole_in(block))).collect();
        {
            let _not_during_checkpoint = self.checkpoint.read();
            let mut memory = data.memory.lock();
            if memory.tombstones.len() >= TOMBSTONES_MAX {
                return Err(Error::TooManyDeletions(TOMBSTONES_MAX));
            }
            tombstone.before = memory.next_sequence;
            self.wal.append(&tombstones::encode_record(tenant, &tombstone))?;
            memory.delete(tombstone, found);
            memory.head.forget_empty();
        }
        self.wal.sync()?;
        self.keep_tombstones(tenant, &data)
    }

    /// Brings a tenant's file of tombstones up to date.
    pub(crate) fn keep_tombstones(&self, tenant: &TenantId, data: &Tenant) -> Result<(), Error> {
        let mut on_disk = data.tombstones_on_disk.lock();
        let current = Arc::clone(&data.memory.lock().tombstones);
        if Arc::ptr_eq(&on_disk, &current) {
            return Ok(());
        }
        let dir = self.tenant_dir(tenant);
        if !current.is_empty() {
            aio_kit::fs::create_dir(&dir).map_err(Error::io(&dir))?;
        }
        tombstones::save(&dir, &current)?;
        *on_disk = current;
        Ok(())
    }
}

impl Memory {
    /// Deletes what is here. The second time this changes nothing that was not written in between. Of some blocks it may
    /// be `found` already what that hides.
    pub(crate) fn delete(&mut self, tombstone: Tombstone, mut found: Found) {
        self.next_sequence = self.next_sequence.max(tombstone.before);
        self.changes.note(tombstone.range.start);
        let plans = tombstone.plans();
        self.head.delete(&plans, tombstone.range);
        if let Some(sealed) = &mut self.sealed {
            Arc::make_mut(sealed).delete(&plans, tombstone.range);
        }
        if self.tombstones.iter().any(|known| **known == tombstone) {
            return;
        }
        let holes = Arc::make_mut(&mut self.holes);
        let mut hides_something = false;
        for block in self.blocks.iter() {
            hides_something |= match found.remove(&block.sequence) {
                Some(hole) => holes.add_found(block.sequence, hole),
                None => holes.add(block, [&tombstone]),
            };
        }
        if hides_something || self.comes_back(&tombstone) {
            Arc::make_mut(&mut self.tombstones).push(Arc::new(tombstone));
        }
    }

    /// Whether a sample of a block is deleted.
    pub(crate) fn is_deleted(&self, block: &Block, labels: &Labels, t: TimestampMs) -> bool {
        self.tombstones.iter().any(|tombstone| tombstone.hides(block.sequence, labels, t))
    }

    /// Whether what it deleted may be on its way into a block.
    fn comes_back(&self, tombstone: &Tombstone) -> bool {
        self.sealed.is_some() && self.sealed_sequence < tombstone.before
    }

    /// Forgets tombstones that hide nothing any more.
    pub(crate) fn forget_tombstones(&mut self) {
        let is_of_use = |tombstone: &&Arc<Tombstone>| {
            self.comes_back(tombstone) || self.blocks.iter().any(|block| tombstone.means(block))
        };
        if !self.tombstones.iter().all(|tombstone| is_of_use(&tombstone)) {
            let kept = self.tombstones.iter().filter(is_of_use).cloned().collect();
            self.tombstones = Arc::new(kept);
        }
    }
}

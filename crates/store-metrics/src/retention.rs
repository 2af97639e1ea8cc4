//! Dropping blocks by age and by size.

use std::path::Path;
use std::sync::Arc;

use aio_types::{TenantId, TimestampMs};

use crate::block::Block;
use crate::error::Error;
use crate::store::{MetricsStore, millis};
use crate::tenant::Tenant;

impl MetricsStore {
    /// Drops blocks all of whose samples are past retention, then the oldest ones until what is left fits the size.
    pub(crate) fn retain(&self, now: TimestampMs) -> Result<(), Error> {
        let horizon = now.saturating_add(-millis(*self.retention.read()));
        for (tenant, data) in self.tenants() {
            self.drop_blocks(&tenant, &data, |block| block.range.end < horizon)?;
        }
        self.retain_size()
    }

    /// The newest block stays, whatever its size.
    fn retain_size(&self) -> Result<(), Error> {
        let limit = *self.retention_bytes.read();
        if limit == 0 {
            return Ok(());
        }
        let mut total = self.wal.bytes()?;
        let mut is_first = true;
        for (tenant, data, block) in self.newest_first() {
            // What is gone by now takes no room.
            total = total.saturating_add(std::fs::metadata(&block.path).map_or(0, |file| file.len()));
            if total > limit && !is_first {
                tracing::info!(%tenant, path = %block.path.display(), limit, "block dropped: retention by size");
                self.drop_blocks(&tenant, &data, |other| other.sequence == block.sequence)?;
            }
            is_first = false;
        }
        Ok(())
    }

    fn newest_first(&self) -> Vec<(TenantId, Arc<Tenant>, Arc<Block>)> {
        let mut all = Vec::new();
        for (tenant, data) in self.tenants() {
            let blocks = Arc::clone(&data.memory.lock().blocks);
            all.extend(blocks.iter().map(|block| (tenant.clone(), Arc::clone(&data), Arc::clone(block))));
        }
        all.sort_by_key(|(_, _, block)| std::cmp::Reverse(block.range.end));
        all
    }

    /// Takes blocks out of what is read, then off the disk. Readers that still hold one keep reading the open file.
    pub(crate) fn drop_blocks(
        &self,
        tenant: &TenantId,
        data: &Tenant,
        is_dropped: impl Fn(&Block) -> bool,
    ) -> Result<(), Error> {
        let dropped: Vec<_> = {
            let mut memory = data.memory.lock();
            let (dropped, kept): (Vec<_>, Vec<_>) = memory.blocks.iter().cloned().partition(|b| is_dropped(b));
            if !dropped.is_empty() {
                memory.blocks = Arc::new(kept);
                memory.changes.note(TimestampMs::MIN);
                let holes = Arc::make_mut(&mut memory.holes);
                dropped.iter().for_each(|block| holes.remove(block.sequence));
            }
            dropped
        };
        if dropped.is_empty() { Ok(()) } else { self.remove_files(tenant, data, &dropped) }
    }

    /// Removes the files of blocks that nobody will find any more.
    pub(crate) fn remove_files(&self, tenant: &TenantId, data: &Tenant, blocks: &[Arc<Block>]) -> Result<(), Error> {
        {
            let _no_snapshot = self.removals.lock();
            let removed = blocks.iter().map(|block| remove(&block.path));
            // All are tried: one that resists must not keep the others.
            removed.fold(Ok(()), Result::and)?;
        }
        let dir = self.tenant_dir(tenant);
        aio_kit::fs::sync_dir(&dir).map_err(Error::io(&dir))?;
        // Only now: a block that came back without its tombstones would bring back what was deleted.
        data.memory.lock().forget_tombstones();
        self.keep_tombstones(tenant, data)
    }
}

/// One that is gone already is as good as removed.
fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path)(error)),
        _ => Ok(()),
    }
}

//! Moving history from memory to blocks.
//!
//! Three steps, of which only the first stops writers, and only for the time of changing a few pointers: (1) the log
//! starts a new segment and every head is put aside for an empty one; (2) each head put aside is written to a block and
//! published; (3) the log before that segment goes. Readers see a head put aside until its block stands in its place.
//! A crash in between leaves samples in the log and in a block, which readers and replay see as one.

use std::path::Path;
use std::sync::Arc;

use aio_types::TimestampMs;

use crate::block::Block;
use crate::block_writer::{self, TEMPORARY};
use crate::error::Error;
use crate::record;
use crate::store::{MetricsStore, millis};
use crate::tenant::{Memory, Tenant};

/// A head with more samples than this is cut whatever its age.
const HEAD_SAMPLES_MAX: u64 = 32_000_000;

impl MetricsStore {
    /// Cuts what is old enough into blocks, frees the log behind it, and drops blocks past retention.
    ///
    /// # Errors
    /// When files cannot be written; nothing is lost, the next call tries again.
    pub fn maintain(&self, now: TimestampMs) -> Result<(), Error> {
        let mut log_start = self.log_start.lock();
        if log_start.is_none() && self.tenants().iter().any(|(_, data)| self.is_due(&data.memory.lock(), now)) {
            // Nearly nothing is left to be synced when the segment ends, while writers wait.
            self.wal.sync()?;
            *log_start = Some(self.seal_heads(now)?);
        }
        if let Some(segment) = *log_start {
            self.publish_heads()?;
            self.keep_metadata()?;
            self.wal.truncate_before(segment)?;
            *log_start = None;
        }
        let horizon = now.saturating_add(-millis(*self.retention.read()));
        self.tenants().iter().try_for_each(|(_, data)| drop_expired(data, horizon))
    }

    /// Old samples make a head due, but not more often than four times in a block's range: a sender of old samples
    /// must not yield a block a minute.
    fn is_due(&self, memory: &Memory, now: TimestampMs) -> bool {
        let range_ms = millis(self.config.block_range);
        let is_old = memory.head.oldest().is_some_and(|oldest| oldest <= now.saturating_add(-range_ms));
        let rests = memory.sealed_at.is_some_and(|at| at > now.saturating_add(-range_ms / 4));
        (is_old && !rests) || memory.head.samples() > HEAD_SAMPLES_MAX
    }

    /// Puts every head aside; the log before the segment returned holds nothing else.
    fn seal_heads(&self, now: TimestampMs) -> Result<u64, Error> {
        let _no_appends = self.checkpoint.write();
        let segment = self.wal.rotate()?;
        // The list is taken here: a tenant that appeared before the segment began must be in it.
        for (_, data) in self.tenants() {
            let mut memory = data.memory.lock();
            if !memory.head.is_empty() {
                let next = memory.head.successor();
                memory.sealed = Some(Arc::new(std::mem::replace(&mut memory.head, next)));
                memory.sealed_at = Some(now);
            }
        }
        Ok(segment)
    }

    fn publish_heads(&self) -> Result<(), Error> {
        for (tenant, data) in self.tenants() {
            let (sealed, blocks) = {
                let memory = data.memory.lock();
                (memory.sealed.clone(), Arc::clone(&memory.blocks))
            };
            let Some(sealed) = sealed else { continue };
            let sequence = blocks.iter().map(|b| b.sequence + 1).max().unwrap_or(0);
            let block = block_writer::write(&self.tenant_dir(&tenant), sequence, &sealed.view())?;
            let mut memory = data.memory.lock();
            if let Some(block) = block {
                tracing::info!(%tenant, path = %block.path.display(), series = block.series_count(), "block written");
                let mut all = memory.blocks.to_vec();
                all.push(Arc::new(block));
                memory.blocks = Arc::new(all);
            }
            memory.sealed = None;
        }
        Ok(())
    }

    /// Metadata has no place in blocks: it moves on with the log.
    fn keep_metadata(&self) -> Result<(), Error> {
        for (tenant, data) in self.tenants() {
            let (metadata, epoch) = {
                let head = &data.memory.lock().head;
                (Arc::clone(&head.metadata), head.epoch())
            };
            if !metadata.is_empty() {
                let metadata: Vec<_> = metadata.iter().map(|(n, m)| (n.clone(), m.clone())).collect();
                self.wal.append(&record::encode(&tenant, epoch, &metadata, [].into_iter()))?;
            }
        }
        Ok(self.wal.sync()?)
    }
}

/// The sound blocks of a tenant, oldest first. Damaged ones are set aside.
pub(crate) fn open_blocks(dir: &Path) -> Result<Vec<Arc<Block>>, Error> {
    let mut blocks = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        if path.extension().is_some_and(|e| e == TEMPORARY) {
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
        }
        if path.extension().is_none_or(|e| e != "block") {
            continue;
        }
        match Block::open(&path) {
            Ok(block) => blocks.push(Arc::new(block)),
            Err(error @ Error::Corrupt { .. }) => {
                tracing::error!(%error, "damaged block set aside");
                let aside = path.with_extension("block.corrupt");
                std::fs::rename(&path, &aside).map_err(Error::io(&path))?;
            }
            Err(error) => return Err(error),
        }
    }
    blocks.sort_by_key(|b| b.sequence);
    Ok(blocks)
}

fn drop_expired(data: &Tenant, horizon: TimestampMs) -> Result<(), Error> {
    let expired: Vec<_> = {
        let mut memory = data.memory.lock();
        let (expired, kept): (Vec<_>, Vec<_>) = memory.blocks.iter().cloned().partition(|b| b.range.end < horizon);
        if expired.is_empty() {
            return Ok(());
        }
        memory.blocks = Arc::new(kept);
        expired
    };
    for block in expired {
        // Readers that still hold it keep reading the open file.
        std::fs::remove_file(&block.path).map_err(Error::io(&block.path))?;
    }
    Ok(())
}

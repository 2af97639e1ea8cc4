//! Moving history from memory to blocks.
//!
//! Three steps, of which only the first stops writers, and only for the time of changing a few pointers: (1) the log
//! starts a new segment and every head is put aside for an empty one; (2) each head put aside is written to a block and
//! published; (3) the log before that segment goes. Readers see a head put aside until its block stands in its place.
//! A crash in between leaves samples in the log and in a block, which readers and replay see as one.

use std::path::Path;
use std::sync::Arc;

use aio_types::TimestampMs;

use crate::block::{Block, TEMPORARY};
use crate::block_writer;
use crate::churn;
use crate::compact;
use crate::error::Error;
use crate::import;
use crate::snapshot::records_of_metadata;
use crate::store::{MetricsStore, millis};
use crate::tenant::Tenant;

impl MetricsStore {
    /// Cuts what is old enough into blocks, frees the log behind it, and drops blocks past retention.
    ///
    /// # Errors
    /// When files cannot be written; nothing is lost, the next call tries again.
    pub fn maintain(&self, now: TimestampMs) -> Result<(), Error> {
        let mut log_start = self.log_start.lock();
        if log_start.is_none() && self.tenants().iter().any(|(_, data)| self.is_due(data, now)) {
            // Nearly nothing is left to be synced when the segment ends, while writers wait.
            self.wal.sync()?;
            *log_start = Some(self.seal_heads(now)?);
        }
        let published = log_start.map_or(Ok(()), |segment| self.leave_log_before(segment));
        if published.is_ok() {
            *log_start = None;
        }
        // A disk that is full is what retention helps against.
        published.and(self.retain(now))
    }

    fn leave_log_before(&self, segment: u64) -> Result<(), Error> {
        self.publish_heads()?;
        self.keep_metadata()?;
        // What was deleted is in that part of the log, too.
        self.tenants().iter().try_for_each(|(tenant, data)| self.keep_tombstones(tenant, data))?;
        Ok(self.wal.truncate_before(segment)?)
    }

    /// Old samples make a head due, but not more often than four times in a block's range: a sender of old samples
    /// must not yield a block a minute. A clock that was set back does not hold a head for longer than that.
    fn is_due(&self, data: &Tenant, now: TimestampMs) -> bool {
        let range_ms = millis(self.config.block_range);
        let view = {
            let memory = data.memory.lock();
            let is_old = memory.head.oldest().is_some_and(|oldest| oldest <= now.saturating_add(-range_ms));
            let rests = memory.sealed_at.is_some_and(|at| at.0.abs_diff(now.0) < (range_ms / 4).unsigned_abs());
            if rests || is_old || churn::is_full(&memory.head) {
                return !rests || churn::is_full(&memory.head);
            }
            memory.head.view()
        };
        churn::is_mostly_dead(&view, now)
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
                memory.sealed_sequence = memory.reserve_sequence();
            }
        }
        Ok(segment)
    }

    fn publish_heads(&self) -> Result<(), Error> {
        for (tenant, data) in self.tenants() {
            let (sealed, sequence) = {
                let memory = data.memory.lock();
                (memory.sealed.as_ref().map(|sealed| sealed.view()), memory.sealed_sequence)
            };
            let Some(sealed) = sealed else { continue };
            let block = block_writer::write(&self.tenant_dir(&tenant), sequence, &sealed)?;
            let mut memory = data.memory.lock();
            if let Some(block) = block {
                tracing::info!(%tenant, path = %block.path.display(), series = block.series_count(), "block written");
                memory.add_known(Arc::new(block));
            }
            memory.sealed = None;
        }
        Ok(())
    }

    /// Metadata of all families moves on with the log; blocks have only that of the head they were cut from.
    fn keep_metadata(&self) -> Result<(), Error> {
        for (tenant, data) in self.tenants() {
            let records = records_of_metadata(&tenant, &data.memory.lock().head);
            records.iter().try_for_each(|record| self.wal.append(record))?;
        }
        Ok(self.wal.sync()?)
    }
}

/// The sound blocks of a tenant, oldest first. Damaged ones are set aside.
pub(crate) fn open_blocks(dir: &Path) -> Result<Vec<Arc<Block>>, Error> {
    import::undo_unfinished(dir)?;
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
    blocks.sort_by_key(|b: &Arc<Block>| b.sequence);
    compact::remove_parents(dir, blocks)
}

//! Rewriting blocks: several to one of a longer range, or one without what was deleted of it.
//!
//! Readers and writers go on meanwhile; memory holds one series at a time beside the indexes. The order of steps makes
//! a crash harmless:
//!
//! ```text
//!   1  a sequence is reserved: deletions from here on mean the child as well
//!   2  the child's note is written, which names its parents
//!   3  the child is written and gets its name; from here on a start removes the parents
//!   4  readers see the child in the parents' place
//!   5  the parents go, then the note, then tombstones that hide nothing any more
//! ```

mod joined;
mod levels;
mod lineage;
mod merged;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use aio_types::{Labels, Metadata, TenantId, TimestampMs};

use self::levels::{Candidate, Levels};
#[cfg(test)]
pub(crate) use self::lineage::note_for_tests;
pub(crate) use self::lineage::{remove_parents, without_parents};
use self::merged::{Content, Merged};
use crate::block::{Block, BlockBuilder};
use crate::error::Error;
use crate::store::{MetricsStore, millis};
use crate::tenant::Tenant;
use crate::tombstones::Holes;

/// No block is made to cover more.
const RANGE_MS_MAX: i64 = 31 * 86_400_000;
/// After a failure, the disk being full for one, this long nothing is rewritten.
const REST_MS: i64 = 10 * 60_000;
/// The name of a child under way.
const UNDER_WAY: &str = "compacting";

/// What compaction remembers from one run to the next.
#[derive(Debug, Default)]
pub(crate) struct State {
    rests_until: Option<TimestampMs>,
    /// Files with damage in them, and those that would have been merged with them: they are left as they are.
    damaged: HashSet<PathBuf>,
}

impl MetricsStore {
    /// Merges blocks into longer ones, and rewrites those of which much was deleted. One caller at a time does it; it
    /// may take long, and no other call waits for it. It ends soon once [`Self::stop_compaction`] was called.
    ///
    /// # Errors
    /// When files cannot be read or written: what was there stays as it is.
    pub fn compact(&self, now: TimestampMs) -> Result<(), Error> {
        let mut state = self.compaction.lock();
        let rests = |until: TimestampMs| now < until && until.saturating_add(-REST_MS) <= now;
        if state.rests_until.is_some_and(rests) {
            return Ok(());
        }
        let damaged = &mut state.damaged;
        let done = self.tenants().iter().try_for_each(|(tenant, data)| self.compact_tenant(tenant, data, now, damaged));
        if matches!(done, Err(Error::Stopped)) {
            return Ok(());
        }
        state.rests_until = done.is_err().then(|| now.saturating_add(REST_MS));
        done
    }

    /// Ends the rewriting of blocks, from now on: what is under way leaves nothing behind, and nothing else begins.
    pub fn stop_compaction(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn check_stop(&self) -> Result<(), Error> {
        if self.stopping.load(Ordering::Relaxed) { Err(Error::Stopped) } else { Ok(()) }
    }

    /// Rewrites every block of a tenant of which something was deleted.
    ///
    /// # Errors
    /// As [`Self::compact`]; [`Error::Stopped`].
    pub fn clean_tombstones(&self, tenant: &TenantId) -> Result<(), Error> {
        let _alone = self.compaction.lock();
        let Some(data) = self.tenant_there_is(tenant) else { return Ok(()) };
        let blocks = Arc::clone(&data.memory.lock().blocks);
        for block in blocks.iter() {
            let has_holes = !data.memory.lock().holes.of(block.sequence).is_empty();
            if has_holes {
                self.rewrite(tenant, &data, std::slice::from_ref(block))?;
            }
        }
        data.memory.lock().forget_tombstones();
        self.keep_tombstones(tenant, &data)
    }

    fn compact_tenant(
        &self,
        tenant: &TenantId,
        data: &Tenant,
        now: TimestampMs,
        damaged: &mut HashSet<PathBuf>,
    ) -> Result<(), Error> {
        while let Some(parents) = self.due(data, now, damaged) {
            match self.rewrite(tenant, data, &parents) {
                Err(error @ Error::Corrupt { .. }) => {
                    tracing::error!(%tenant, %error, "blocks with damage in them are not compacted");
                    damaged.extend(parents.iter().map(|parent| parent.path.clone()));
                }
                done => done?,
            }
        }
        Ok(())
    }

    /// What is to be rewritten next.
    fn due(&self, data: &Tenant, now: TimestampMs, damaged: &HashSet<PathBuf>) -> Option<Vec<Arc<Block>>> {
        let (blocks, holes, tombstones) = {
            let memory = data.memory.lock();
            (Arc::clone(&memory.blocks), Arc::clone(&memory.holes), memory.tombstones.len())
        };
        let base_ms = millis(self.config.block_range).max(1);
        let max_ms = RANGE_MS_MAX.min(millis(*self.retention.read()) / 10);
        let sound: Vec<_> = blocks.iter().filter(|block| !damaged.contains(&block.path)).collect();
        let candidate = |block: &&Arc<Block>| Candidate::of(block, holes.of(block.sequence), tombstones);
        let candidates: Vec<_> = sound.iter().map(candidate).collect();
        let chosen = Levels { base_ms, max_ms }.choose(&candidates, now)?;
        Some(chosen.into_iter().filter_map(|position| sound.get(position).map(|block| Arc::clone(block))).collect())
    }

    /// Puts one block in the place of several.
    fn rewrite(&self, tenant: &TenantId, data: &Tenant, parents: &[Arc<Block>]) -> Result<(), Error> {
        let (sequence, holes) = {
            let mut memory = data.memory.lock();
            (memory.reserve_sequence(), Arc::clone(&memory.holes))
        };
        let dir = self.tenant_dir(tenant);
        lineage::note(&dir, sequence, parents)?;
        let written = self.write_child(tenant, sequence, parents, &holes);
        let has_child = written.is_ok();
        let replaced = written.and_then(|child| self.replace(tenant, data, parents, child));
        // Where parents could not be removed it stays: the next start removes them by it. Without a child it means
        // nothing.
        if replaced.is_ok() || !has_child {
            lineage::forget(&dir, sequence);
        }
        replaced
    }

    fn write_child(
        &self,
        tenant: &TenantId,
        sequence: u64,
        parents: &[Arc<Block>],
        holes: &Holes,
    ) -> Result<Option<Block>, Error> {
        let mut builder = BlockBuilder::create(&self.tenant_dir(tenant), UNDER_WAY)?;
        let mut merged = Merged::new(parents, holes)?;
        while let Some((labels, mut series)) = merged.next_series()? {
            self.check_stop()?;
            let content = series.content().ok_or_else(|| damaged(parents, &labels))?;
            match content {
                Content::Chunks(chunks) => builder.add_chunks(&labels, &chunks, series.exemplars().iter())?,
                Content::Samples(samples) => builder.add(&labels, &samples, series.exemplars().iter())?,
            }
        }
        builder.set_metadata(metadata_of(parents)?);
        builder.finish()?.map(|finished| finished.publish(sequence)).transpose()
    }

    fn replace(
        &self,
        tenant: &TenantId,
        data: &Tenant,
        parents: &[Arc<Block>],
        child: Option<Block>,
    ) -> Result<(), Error> {
        let is_parent = |block: &Block| parents.iter().any(|parent| parent.sequence == block.sequence);
        let (path, series) = child.as_ref().map(|child| (child.path.clone(), child.series_count())).unzip();
        let are_there = {
            let mut memory = data.memory.lock();
            let are_there = memory.blocks.iter().filter(|block| is_parent(block)).count() == parents.len();
            if are_there && let Some(child) = child {
                let siblings = memory.blocks.iter().filter(|block| !is_parent(block)).cloned().collect();
                memory.blocks = Arc::new(siblings);
                let holes = Arc::make_mut(&mut memory.holes);
                parents.iter().for_each(|parent| holes.remove(parent.sequence));
                memory.add_known(Arc::new(child));
            }
            are_there
        };
        if !are_there {
            // Retention was faster.
            return path.map_or(Ok(()), |path| std::fs::remove_file(&path).map_err(Error::io(&path)));
        }
        tracing::info!(%tenant, path = ?path, series, parents = parents.len(), "blocks compacted");
        match path {
            Some(_) => self.remove_files(tenant, data, parents),
            // Nothing was left of them.
            None => self.drop_blocks(tenant, data, is_parent),
        }
    }
}

/// The file that may be to blame: chunks passed their checksums.
fn damaged(parents: &[Arc<Block>], labels: &Labels) -> Error {
    let path = parents.first().map(|parent| parent.path.clone()).unwrap_or_default();
    Error::corrupt(&path, 0, format!("a chunk of {labels} here, or in a block merged with it, is malformed"))
}

/// What the parents know of metric families, the newest word of each.
fn metadata_of(parents: &[Arc<Block>]) -> Result<Vec<(String, Metadata)>, Error> {
    let mut known = BTreeMap::new();
    for parent in parents {
        known.extend(parent.metadata()?);
    }
    Ok(known.into_iter().collect())
}

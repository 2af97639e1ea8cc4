//! The store itself: who may write what, and in which order things become durable.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aio_kit::wal::Wal;
use aio_source::MetricsSource;
use aio_types::{LabelsRef, MetricsWrite, TenantId, TimestampMs};
use parking_lot::{Mutex, RwLock};

use crate::block::Block;
use crate::cut::open_blocks;
use crate::error::Error;
use crate::judge::Rules;
use crate::source::Snapshot;
use crate::tenant::{Memory, Tenant};
use crate::{compact, replay, snapshot, tombstones};

pub(crate) const WAL_SEGMENT_BYTES: u64 = 64 << 20;

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct Config {
    /// The product's data directory; the store keeps to `metrics/` below it.
    pub data_dir: PathBuf,
    /// How long samples are kept.
    pub retention: Duration,
    /// How many bytes blocks and log may take before the oldest blocks go; 0 is no limit.
    pub retention_bytes: u64,
    /// How much older than its series' newest a sample may be.
    pub out_of_order: Duration,
    /// The span of time a block covers.
    pub block_range: Duration,
    /// Whether every append waits for the disk.
    pub fsync_always: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("/data"),
            retention: Duration::from_secs(15 * 86_400),
            retention_bytes: 0,
            out_of_order: Duration::from_secs(3600),
            block_range: Duration::from_secs(2 * 3600),
            fsync_always: false,
        }
    }
}

/// What a fault in one sample means for its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFault {
    /// The good part of a write is kept.
    KeepTheRest,
    /// Nothing of a write with a fault is kept.
    KeepNothing,
}

/// What became of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppendReport {
    /// Float samples stored, repeats of stored ones included.
    pub samples: u64,
    /// Native histograms stored, likewise.
    pub histograms: u64,
    /// Exemplars stored.
    pub exemplars: u64,
    /// Samples refused.
    pub rejected: u64,
    /// Positions of the series that had samples refused, ascending, each once.
    pub rejected_series: Vec<u32>,
    /// Why the first one was refused, with its series.
    pub first_rejection: Option<String>,
    /// Why the next ones were, as far as they are told.
    pub more_rejections: Vec<String>,
}

/// Most refused samples that are told in words.
const REJECTIONS_TOLD_MAX: usize = 10;

impl AppendReport {
    pub(crate) fn reject(&mut self, position: u32, labels: LabelsRef<'_>, why: &str, t: TimestampMs) {
        self.rejected += 1;
        if self.rejected_series.last() != Some(&position) {
            self.rejected_series.push(position);
        }
        let told = || format!("{why} (series {labels}, timestamp {} ms)", t.0);
        if self.first_rejection.is_none() {
            self.first_rejection = Some(told());
        } else if self.more_rejections.len() + 1 < REJECTIONS_TOLD_MAX {
            self.more_rejections.push(told());
        }
    }
}

/// The store.
#[derive(Debug)]
pub struct MetricsStore {
    pub(crate) config: Config,
    /// Starts as the configuration's; may change while running.
    pub(crate) retention: RwLock<Duration>,
    pub(crate) retention_bytes: RwLock<u64>,
    pub(crate) wal: Wal,
    tenants: RwLock<HashMap<TenantId, Arc<Tenant>>>,
    /// Held shared by appends and exclusively while heads are put aside, so that no record can fall between the two.
    pub(crate) checkpoint: RwLock<()>,
    /// The first segment of the log that is needed once all heads put aside are in blocks; guards maintenance.
    pub(crate) log_start: Mutex<Option<u64>>,
    /// Held while blocks are rewritten.
    pub(crate) compaction: Mutex<compact::State>,
    /// Whether blocks are not to be rewritten any more.
    pub(crate) stopping: AtomicBool,
    /// Held while files of blocks are removed, and by whoever needs them to stay.
    pub(crate) removals: Mutex<()>,
    /// How many imports have begun in this process' life.
    imports: AtomicU64,
}

impl MetricsStore {
    /// Opens the store and replays its log.
    ///
    /// # Errors
    /// A damaged log (never a torn tail) is refused with file and offset. Damaged blocks are set aside, not refused.
    pub fn open(config: Config) -> Result<Self, Error> {
        let root = config.data_dir.join("metrics");
        let tenants_dir = root.join("tenants");
        aio_kit::fs::create_dir(&tenants_dir).map_err(Error::io(&tenants_dir))?;
        snapshot::remove_unfinished(&config.data_dir)?;
        let (wal, tenants) = replay::open_log(&root.join("wal"), open_tenants(&tenants_dir, open_blocks)?)?;
        Ok(Self {
            retention: RwLock::new(config.retention),
            retention_bytes: RwLock::new(config.retention_bytes),
            config,
            wal,
            tenants: RwLock::new(tenants),
            checkpoint: RwLock::new(()),
            log_start: Mutex::new(None),
            compaction: Mutex::default(),
            stopping: AtomicBool::new(false),
            removals: Mutex::new(()),
            imports: AtomicU64::new(0),
        })
    }

    /// Stores the acceptable part of a write, or nothing of one with faults; on return it is in the log. `now` judges
    /// what is too old or too new.
    ///
    /// # Errors
    /// When the log cannot be written; then nothing was stored. When it cannot be synced, where every append waits for
    /// that: then it may have been, and sending it again is harmless.
    pub fn append(
        &self,
        tenant: &TenantId,
        write: &MetricsWrite,
        now: TimestampMs,
        on_fault: OnFault,
    ) -> Result<AppendReport, Error> {
        let _not_during_checkpoint = self.checkpoint.read();
        let data = self.tenant(tenant);
        let memory = &mut *data.memory.lock();
        let rules = Rules {
            now,
            retention_ms: millis(*self.retention.read()),
            out_of_order_ms: millis(self.config.out_of_order),
        };
        let (accepted, mut report) = rules.judge(memory, write);
        if report.rejected > 0 && on_fault == OnFault::KeepNothing {
            (report.samples, report.histograms, report.exemplars) = (0, 0, 0);
            return Ok(report);
        }
        if accepted.is_empty() {
            return Ok(report);
        }
        self.wal.append(&memory.head.record(tenant, &accepted))?;
        // As the log has it now, whatever becomes of it on the disk: the next start would find it there.
        memory.head.apply(&accepted);
        memory.changes.note(memory.head.take_oldest());
        if self.config.fsync_always {
            self.wal.sync()?;
        }
        Ok(report)
    }

    /// A snapshot of a tenant's metrics. A tenant nobody wrote to has none.
    #[must_use]
    pub fn source(&self, tenant: &TenantId) -> Arc<dyn MetricsSource> {
        let data = self.tenant_there_is(tenant);
        Arc::new(data.map(|data| Snapshot::of(&data)).unwrap_or_default())
    }

    /// Keeps data for this long from the next maintenance on.
    pub fn set_retention(&self, retention: Duration) {
        *self.retention.write() = retention;
    }

    /// Keeps this many bytes from the next maintenance on; 0 is no limit.
    pub fn set_retention_bytes(&self, bytes: u64) {
        *self.retention_bytes.write() = bytes;
    }

    /// The oldest and the newest segment of the log that were replayed when the store was opened.
    #[must_use]
    pub fn replayed(&self) -> (u64, u64) {
        self.wal.replayed()
    }

    /// Makes everything acknowledged so far survive power loss.
    ///
    /// # Errors
    /// When the log cannot be synced.
    pub fn sync(&self) -> Result<(), Error> {
        Ok(self.wal.sync()?)
    }

    /// All tenants there are now.
    pub(crate) fn tenants(&self) -> Vec<(TenantId, Arc<Tenant>)> {
        self.tenants.read().iter().map(|(id, data)| (id.clone(), Arc::clone(data))).collect()
    }

    /// A name for the files of one import.
    pub(crate) fn next_import(&self) -> String {
        format!("import-{}", self.imports.fetch_add(1, Ordering::Relaxed))
    }

    /// Where a tenant's blocks are.
    pub(crate) fn tenant_dir(&self, tenant: &TenantId) -> PathBuf {
        self.config.data_dir.join("metrics/tenants").join(tenant.as_str())
    }

    pub(crate) fn tenant_there_is(&self, tenant: &TenantId) -> Option<Arc<Tenant>> {
        self.tenants.read().get(tenant).cloned()
    }

    pub(crate) fn tenant(&self, tenant: &TenantId) -> Arc<Tenant> {
        if let Some(data) = self.tenant_there_is(tenant) {
            return data;
        }
        Arc::clone(self.tenants.write().entry(tenant.clone()).or_default())
    }
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// All tenants in `dir`, with the blocks that `open_blocks` finds in their directories.
pub(crate) fn open_tenants(
    dir: &Path,
    open_blocks: fn(&Path) -> Result<Vec<Arc<Block>>, Error>,
) -> Result<replay::Tenants, Error> {
    let mut tenants = HashMap::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let entry = entry.map_err(Error::io(dir))?;
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|n| TenantId::new(n).ok()) else { continue };
        tenants.insert(id, Arc::new(open_tenant(&entry.path(), open_blocks)?));
    }
    Ok(tenants)
}

fn open_tenant(dir: &Path, open_blocks: fn(&Path) -> Result<Vec<Arc<Block>>, Error>) -> Result<Tenant, Error> {
    let tombstones = tombstones::load(dir)?;
    let before = tombstones.iter().map(|tombstone| tombstone.before).max();
    let mut memory = Memory {
        tombstones: Arc::clone(&tombstones),
        // A sequence that tombstones mean must not come back.
        next_sequence: before.unwrap_or(0),
        ..Memory::default()
    };
    open_blocks(dir)?.into_iter().for_each(|block| memory.add_block(block));
    memory.forget_tombstones();
    learn_metadata(&mut memory);
    Ok(Tenant { memory: Mutex::new(memory), tombstones_on_disk: Mutex::new(tombstones) })
}

/// Takes in what blocks know of metric families, the newest last. What cannot be read is done without.
fn learn_metadata(memory: &mut Memory) {
    for block in memory.blocks.iter() {
        match block.metadata() {
            Ok(metadata) => memory.head.learn(&metadata),
            Err(error) => tracing::error!(%error, "metadata in a damaged block is passed over"),
        }
    }
}

#[cfg(test)]
mod life_cycle_tests;
#[cfg(test)]
mod tests;

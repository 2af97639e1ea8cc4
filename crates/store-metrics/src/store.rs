//! The store itself: who may write what, in which order things become durable, when memory is cut into blocks.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aio_kit::wal::Wal;
use aio_source::MetricsSource;
use aio_types::{Labels, MetricsWrite, Sample, SeriesWrite, TenantId, TimestampMs};
use parking_lot::{Mutex, RwLock};

use crate::block::{self, Block};
use crate::error::Error;
use crate::head::{Head, HeadSeries};
use crate::record;
use crate::source::TenantSource;

const WAL_SEGMENT_BYTES: u64 = 64 << 20;
/// Samples further in the future than this are refused, as Prometheus does.
const FUTURE_MS_MAX: i64 = 10 * 60 * 1000;
/// Series per record when memory is written back to the log.
const CHECKPOINT_SERIES: usize = 1000;

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct Config {
    /// The product's data directory; the store keeps to `metrics/` below it.
    pub data_dir: PathBuf,
    /// How long samples are kept.
    pub retention: Duration,
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
            out_of_order: Duration::from_secs(3600),
            block_range: Duration::from_secs(2 * 3600),
            fsync_always: false,
        }
    }
}

/// What became of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppendReport {
    /// Samples stored, repeats of stored ones included.
    pub samples: u64,
    /// Exemplars stored.
    pub exemplars: u64,
    /// Samples refused.
    pub rejected: u64,
    /// Why the first one was refused, with its series.
    pub first_rejection: Option<String>,
}

/// One tenant's data.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    /// Guards memory, and the moment at which history moves from memory to a block.
    pub(crate) head: Mutex<Head>,
    /// Oldest first. Replaced as a whole, so that readers keep what they took.
    pub(crate) blocks: RwLock<Arc<Vec<Arc<Block>>>>,
}

/// The store.
#[derive(Debug)]
pub struct MetricsStore {
    config: Config,
    /// Starts as the configuration's; may change while running.
    retention: RwLock<Duration>,
    wal: Wal,
    tenants: RwLock<HashMap<TenantId, Arc<Tenant>>>,
    /// Held shared by appends and exclusively by a checkpoint, so that no record can fall between the two.
    checkpoint: RwLock<()>,
}

impl MetricsStore {
    /// Opens the store and replays its log.
    ///
    /// # Errors
    /// A damaged log (never a torn tail) is refused with file and offset. Damaged blocks are set aside, not refused.
    pub fn open(config: Config) -> Result<Self, Error> {
        let root = config.data_dir.join("metrics");
        let tenants_dir = root.join("tenants");
        std::fs::create_dir_all(&tenants_dir).map_err(Error::io(&tenants_dir))?;
        let mut tenants = open_tenants(&tenants_dir)?;
        let wal = Wal::open(&root.join("wal"), WAL_SEGMENT_BYTES, |bytes| {
            let (tenant, write) = record::decode(bytes).ok_or("record is malformed")?;
            tenants.entry(tenant).or_default().head.lock().apply(&write);
            Ok(())
        })?;
        Ok(Self {
            retention: RwLock::new(config.retention),
            config,
            wal,
            tenants: RwLock::new(tenants),
            checkpoint: RwLock::new(()),
        })
    }

    /// Stores the acceptable part of a write; on return it is in the log. `now` judges what is too old or too new.
    ///
    /// # Errors
    /// When the log cannot be written; then nothing was stored.
    pub fn append(&self, tenant: &TenantId, write: &MetricsWrite, now: TimestampMs) -> Result<AppendReport, Error> {
        let _not_during_checkpoint = self.checkpoint.read();
        let data = self.tenant(tenant);
        let mut head = data.head.lock();
        let mut report = AppendReport::default();
        let accepted = MetricsWrite {
            series: write.series.iter().filter_map(|s| self.judge(&head, s, now, &mut report)).collect(),
            metadata: write.metadata.iter().filter(|(n, m)| head.metadata.get(n) != Some(m)).cloned().collect(),
        };
        if accepted.series.is_empty() && accepted.metadata.is_empty() {
            return Ok(report);
        }
        self.wal.append(&record::encode(tenant, &accepted))?;
        if self.config.fsync_always {
            self.wal.sync()?;
        }
        head.apply(&accepted);
        Ok(report)
    }

    /// A read view of a tenant's metrics. A tenant nobody wrote to has none.
    #[must_use]
    pub fn source(&self, tenant: &TenantId) -> Arc<dyn MetricsSource> {
        Arc::new(TenantSource(self.tenants.read().get(tenant).cloned().unwrap_or_default()))
    }

    /// Keeps data for this long from the next maintenance on.
    pub fn set_retention(&self, retention: Duration) {
        *self.retention.write() = retention;
    }

    /// Makes everything acknowledged so far survive power loss.
    ///
    /// # Errors
    /// When the log cannot be synced.
    pub fn sync(&self) -> Result<(), Error> {
        Ok(self.wal.sync()?)
    }

    /// Cuts what is old enough into blocks, frees the log behind it, and drops blocks past retention.
    ///
    /// # Errors
    /// When files cannot be written; nothing is lost, the next call tries again.
    pub fn maintain(&self, now: TimestampMs) -> Result<(), Error> {
        let tenants: Vec<_> = self.tenants.read().iter().map(|(t, d)| (t.clone(), Arc::clone(d))).collect();
        let range_ms = millis(self.config.block_range).max(1);
        // The current range and half of the one before it stay in memory, for late samples.
        let end = now.saturating_add(-range_ms / 2).0.div_euclid(range_ms).saturating_mul(range_ms).saturating_sub(1);
        let end = TimestampMs(end);
        let due =
            |data: &Tenant| data.head.lock().oldest().is_some_and(|oldest| oldest <= end.saturating_add(-range_ms / 2));
        if tenants.iter().any(|(_, data)| due(data)) {
            self.cut_and_checkpoint(&tenants, end)?;
        }
        let horizon = now.saturating_add(-millis(*self.retention.read()));
        for (_, data) in &tenants {
            drop_expired(data, horizon)?;
        }
        Ok(())
    }

    /// Order matters: blocks are published before memory forgets, memory is in the new segment before old ones go.
    /// A crash in between leaves samples in two places, which readers and replay see as one.
    fn cut_and_checkpoint(&self, tenants: &[(TenantId, Arc<Tenant>)], end: TimestampMs) -> Result<(), Error> {
        let _no_appends = self.checkpoint.write();
        for (tenant, data) in tenants {
            self.cut(tenant, data, end)?;
        }
        let segment = self.wal.rotate()?;
        for (tenant, data) in tenants {
            let rest = data.head.lock().without(TimestampMs::MIN);
            let metadata = rest.metadata.clone().into_iter().collect();
            self.wal.append(&record::encode(tenant, &MetricsWrite { series: Vec::new(), metadata }))?;
            for series in rest.up_to(TimestampMs::MAX).chunks(CHECKPOINT_SERIES) {
                let write = MetricsWrite { series: series.to_vec(), metadata: Vec::new() };
                self.wal.append(&record::encode(tenant, &write))?;
            }
        }
        self.wal.sync()?;
        Ok(self.wal.truncate_before(segment)?)
    }

    fn cut(&self, tenant: &TenantId, data: &Tenant, end: TimestampMs) -> Result<(), Error> {
        let dir = self.config.data_dir.join("metrics/tenants").join(tenant.as_str());
        let mut head = data.head.lock();
        let blocks = Arc::clone(&data.blocks.read());
        let sequence = blocks.iter().map(|b| b.sequence + 1).max().unwrap_or(0);
        let Some(block) = block::write(&dir, sequence, &head.up_to(end))? else { return Ok(()) };
        tracing::info!(%tenant, path = %block.path.display(), series = block.series.len(), "block written");
        let mut all = blocks.to_vec();
        all.push(Arc::new(block));
        *data.blocks.write() = Arc::new(all);
        *head = head.without(end);
        Ok(())
    }

    fn tenant(&self, tenant: &TenantId) -> Arc<Tenant> {
        if let Some(data) = self.tenants.read().get(tenant) {
            return Arc::clone(data);
        }
        Arc::clone(self.tenants.write().entry(tenant.clone()).or_default())
    }

    /// The part of a series' write that is to be stored; counts the rest in `report`.
    fn judge(
        &self,
        head: &Head,
        incoming: &SeriesWrite,
        now: TimestampMs,
        report: &mut AppendReport,
    ) -> Option<SeriesWrite> {
        let known = head.get(&incoming.labels);
        let mut kept: Vec<Sample> = Vec::with_capacity(incoming.samples.len());
        for &sample in &incoming.samples {
            match self.verdict(known, &kept, sample, now) {
                Ok(Verdict::Store) => {
                    report.samples += 1;
                    kept.push(sample);
                }
                Ok(Verdict::Repeat) => report.samples += 1,
                Err(why) => reject(report, &incoming.labels, why, sample.t),
            }
        }
        report.exemplars += incoming.exemplars.len() as u64;
        (!kept.is_empty() || !incoming.exemplars.is_empty()).then(|| SeriesWrite {
            labels: incoming.labels.clone(),
            samples: kept,
            exemplars: incoming.exemplars.clone(),
        })
    }

    fn verdict(
        &self,
        known: Option<&HeadSeries>,
        kept: &[Sample],
        sample: Sample,
        now: TimestampMs,
    ) -> Result<Verdict, &'static str> {
        if sample.t > now.saturating_add(FUTURE_MS_MAX) {
            return Err("out of bounds: more than 10 minutes in the future");
        }
        if sample.t < now.saturating_add(-millis(*self.retention.read())) {
            return Err("too old: before the retention");
        }
        let newest = known.and_then(HeadSeries::newest).max(kept.iter().map(|s| s.t).max());
        let Some(newest) = newest.filter(|&newest| sample.t <= newest) else { return Ok(Verdict::Store) };
        let existing = kept.iter().find(|s| s.t == sample.t).copied().or_else(|| known.and_then(|k| k.at(sample.t)));
        match existing {
            Some(existing) if existing == sample => Ok(Verdict::Repeat),
            Some(_) => Err("duplicate sample for timestamp"),
            None if sample.t < newest.saturating_add(-millis(self.config.out_of_order)) => Err("out of order sample"),
            None => Ok(Verdict::Store),
        }
    }
}

enum Verdict {
    Store,
    Repeat,
}

fn reject(report: &mut AppendReport, labels: &Labels, why: &str, t: TimestampMs) {
    report.rejected += 1;
    report.first_rejection.get_or_insert_with(|| format!("{why} (series {labels}, timestamp {} ms)", t.0));
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn open_tenants(dir: &Path) -> Result<HashMap<TenantId, Arc<Tenant>>, Error> {
    let mut tenants = HashMap::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let entry = entry.map_err(Error::io(dir))?;
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|n| TenantId::new(n).ok()) else { continue };
        let tenant = Tenant { blocks: RwLock::new(Arc::new(open_blocks(&entry.path())?)), ..Tenant::default() };
        tenants.insert(id, Arc::new(tenant));
    }
    Ok(tenants)
}

fn open_blocks(dir: &Path) -> Result<Vec<Arc<Block>>, Error> {
    let mut blocks = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
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
    let blocks = Arc::clone(&data.blocks.read());
    let (expired, kept): (Vec<_>, Vec<_>) = blocks.iter().cloned().partition(|b| b.range.end < horizon);
    if expired.is_empty() {
        return Ok(());
    }
    *data.blocks.write() = Arc::new(kept);
    for block in expired {
        // Readers that still hold it keep reading the open file.
        std::fs::remove_file(&block.path).map_err(Error::io(&block.path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

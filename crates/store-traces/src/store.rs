//! The store itself: who may write what, in which order things become durable, when memory goes to files.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aio_kit::wal::Wal;
use aio_source::TracesSource;
use aio_types::{Span, TenantId, TimestampMs, TracesWrite};
use parking_lot::{Mutex, RwLock};

use crate::block::OpenedCache;
use crate::error::Error;
use crate::head::{Head, Held, day};
use crate::partition::Partition;
use crate::record;
use crate::source::TenantSource;

const WAL_SEGMENT_BYTES: u64 = 64 << 20;
const NS_PER_DAY: i64 = 86_400_000_000_000;

pub use retention::TracesRetention;

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct Config {
    /// The product's data directory; the store keeps to `traces/` below it.
    pub data_dir: PathBuf,
    /// How much is kept.
    pub retention: TracesRetention,
    /// How long a span may stay in memory only (the log of writes holds it as well).
    pub block_age_max: Duration,
    /// How much may stay in memory before it goes to files.
    pub head_bytes: usize,
    /// How much may be in memory at all; past it writes are refused until files are written.
    pub head_bytes_max: usize,
    /// How much of blocks' tables and trace ids may stay in memory.
    pub cache_bytes: usize,
    /// Whether every append waits for the disk.
    pub fsync_always: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("/data"),
            retention: TracesRetention::default(),
            block_age_max: Duration::from_secs(60),
            head_bytes: 32 << 20,
            head_bytes_max: 256 << 20,
            cache_bytes: 32 << 20,
            fsync_always: false,
        }
    }
}

/// Spans on their way from memory to a block.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) head: Head,
}

/// What readers and writers of one tenant share.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) head: Head,
    pub(crate) sealed: Option<Arc<Sealed>>,
    /// Raised whenever spans leave the head, or blocks come or go: a reader's view from before is stale.
    pub(crate) generation: u64,
    /// By day since the epoch.
    pub(crate) partitions: BTreeMap<i64, Arc<Partition>>,
}

/// One tenant's data.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    /// Guards the moment at which spans move from one place to the next.
    pub(crate) state: Mutex<State>,
}

/// A seal whose spans are not all in blocks yet.
#[derive(Debug, Clone, Copy)]
struct Pending {
    /// The last record it covers.
    sequence: u64,
    /// The first segment of the log that holds later records.
    segment: u64,
}

/// The store.
#[derive(Debug)]
pub struct TracesStore {
    config: Config,
    /// Starts as the configuration's; may change while running.
    retention: RwLock<TracesRetention>,
    cache: Arc<OpenedCache>,
    wal: Wal,
    sequence: AtomicU64,
    tenants: RwLock<HashMap<TenantId, Arc<Tenant>>>,
    /// Held shared by appends and exclusively by a seal, so that no record can fall between the two.
    seal: RwLock<()>,
    /// One flush at a time; what the last one left undone.
    flushing: Mutex<Option<Pending>>,
    memory: AtomicU64,
}

impl TracesStore {
    /// Opens the store and replays its log.
    ///
    /// # Errors
    /// A damaged log (never a torn tail) is refused with file and offset. Damaged blocks are set aside.
    pub fn open(config: Config) -> Result<Self, Error> {
        let root = config.data_dir.join("traces");
        let tenants_dir = root.join("tenants");
        std::fs::create_dir_all(&tenants_dir).map_err(Error::io(&tenants_dir))?;
        let cache = Arc::new(OpenedCache::new(config.cache_bytes));
        let mut tenants = open_tenants(&tenants_dir, &cache)?;
        let mut sequence = tenants.values().flat_map(|t: &Arc<Tenant>| newest_marker(t)).max().unwrap_or(0);
        let wal = Wal::open(&root.join("wal"), WAL_SEGMENT_BYTES, |bytes| {
            let record = record::decode(bytes).ok_or("record is malformed")?;
            sequence = sequence.max(record.sequence);
            let tenant = tenants.entry(record.tenant).or_default();
            replay(tenant, record.sequence, record.arrival, record.write);
            Ok(())
        })?;
        let memory = tenants.values().map(|t| t.state.lock().head.bytes as u64).sum();
        Ok(Self {
            retention: RwLock::new(config.retention),
            config,
            cache,
            wal,
            sequence: AtomicU64::new(sequence),
            tenants: RwLock::new(tenants),
            seal: RwLock::new(()),
            flushing: Mutex::new(None),
            memory: AtomicU64::new(memory),
        })
    }

    /// Stores a write; on return it is in the log and can be queried. Exact repeats of stored spans change nothing.
    ///
    /// # Errors
    /// [`Error::Busy`] while memory is full, or when the log cannot be written; then nothing was stored.
    pub fn append(&self, tenant: &TenantId, write: TracesWrite, now: TimestampMs) -> Result<(), Error> {
        if self.memory.load(Ordering::Relaxed) > self.config.head_bytes_max as u64 {
            return Err(Error::Busy);
        }
        let _not_during_seal = self.seal.read();
        let data = self.tenant(tenant);
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        self.wal.append(&record::encode(sequence, tenant, now, &write))?;
        if self.config.fsync_always {
            self.wal.sync()?;
        }
        let mut state = data.state.lock();
        let before = state.head.bytes;
        state.head.insert(held(write, now), now);
        self.memory.fetch_add((state.head.bytes - before) as u64, Ordering::Relaxed);
        Ok(())
    }

    /// A read view of a tenant's traces. A tenant nobody wrote to has none.
    #[must_use]
    pub fn source(&self, tenant: &TenantId) -> Arc<dyn TracesSource> {
        Arc::new(TenantSource(self.tenants.read().get(tenant).cloned().unwrap_or_default()))
    }

    /// Keeps what this says from the next maintenance on.
    pub fn set_retention(&self, retention: TracesRetention) {
        *self.retention.write() = retention;
    }

    /// Makes everything acknowledged so far survive power loss.
    ///
    /// # Errors
    /// When the log cannot be synced.
    pub fn sync(&self) -> Result<(), Error> {
        Ok(self.wal.sync()?)
    }

    /// Writes memory to files where it is due, frees the log behind it, and drops days past retention by time or size.
    ///
    /// # Errors
    /// When files cannot be written; nothing is lost, the next call tries again.
    pub fn maintain(&self, now: TimestampMs) -> Result<(), Error> {
        // First, for it may be what makes room for the others on a full disk.
        self.drop_expired(now)?;
        let age_max = i64::try_from(self.config.block_age_max.as_millis()).unwrap_or(i64::MAX);
        let too_old = |since: Option<TimestampMs>| since.is_some_and(|s| s.saturating_add(age_max) <= now);
        let is_old = self.tenants.read().values().any(|t| too_old(t.state.lock().head.since));
        let is_large = self.memory.load(Ordering::Relaxed) >= self.config.head_bytes as u64;
        if is_old || is_large || self.flushing.lock().is_some() {
            self.flush()?;
        }
        self.merge_small_blocks()
    }

    /// Writes all of memory to files.
    ///
    /// # Errors
    /// When files cannot be written; nothing is lost, the next call tries again.
    pub fn flush(&self) -> Result<(), Error> {
        let mut pending = self.flushing.lock();
        let due = match *pending {
            Some(due) => due,
            None => self.seal()?,
        };
        *pending = Some(due);
        let tenants: Vec<_> = self.tenants.read().iter().map(|(t, d)| (t.clone(), Arc::clone(d))).collect();
        for (tenant, data) in tenants {
            self.write_sealed(&tenant, &data, due.sequence)?;
        }
        self.wal.truncate_before(due.segment)?;
        *pending = None;
        Ok(())
    }

    /// Sets memory aside, to be written while new spans come in.
    fn seal(&self) -> Result<Pending, Error> {
        let _no_appends = self.seal.write();
        let segment = self.wal.rotate()?;
        for data in self.tenants.read().values() {
            let mut state = data.state.lock();
            if !state.head.traces.is_empty() {
                let head = std::mem::take(&mut state.head);
                state.generation += 1;
                state.sealed = Some(Arc::new(Sealed { head }));
            }
        }
        Ok(Pending { sequence: self.sequence.load(Ordering::Relaxed), segment })
    }

    fn write_sealed(&self, tenant: &TenantId, data: &Tenant, sequence: u64) -> Result<(), Error> {
        let Some(sealed) = data.state.lock().sealed.clone() else { return Ok(()) };
        let mut written = Vec::new();
        for (day, spans) in spans_by_day(&sealed.head) {
            let existing = data.state.lock().partitions.get(&day).cloned();
            let partition = match existing {
                Some(partition) => partition,
                None => self.open_partition(tenant, day)?,
            };
            // A retry after a failure half-way.
            let block = if partition.marker() < sequence { Some(partition.write(spans, sequence)?) } else { None };
            written.push((day, partition, block));
        }
        let mut state = data.state.lock();
        for (day, partition, block) in written {
            if let Some(block) = block {
                tracing::info!(%tenant, path = %block.path.display(), spans = block.meta.spans, "block written");
                partition.publish(block);
            }
            state.partitions.insert(day, partition);
        }
        state.sealed = None;
        state.generation += 1;
        self.memory.fetch_sub(sealed.head.bytes as u64, Ordering::Relaxed);
        Ok(())
    }

    fn open_partition(&self, tenant: &TenantId, day: i64) -> Result<Arc<Partition>, Error> {
        let dir = self.config.data_dir.join("traces/tenants").join(tenant.as_str()).join(day.to_string());
        Ok(Arc::new(Partition::open(&dir, &self.cache)?))
    }

    /// A merge holds back flushes, never appends or readers.
    fn merge_small_blocks(&self) -> Result<(), Error> {
        let _one_at_a_time = self.flushing.lock();
        let tenants: Vec<_> = self.tenants.read().values().cloned().collect();
        for data in tenants {
            let partitions: Vec<_> = data.state.lock().partitions.values().cloned().collect();
            for partition in partitions {
                let merged = partition.merge()?;
                if merged > 0 {
                    tracing::debug!(dir = %partition.dir.display(), blocks = merged, "small blocks merged");
                }
            }
        }
        Ok(())
    }

    fn tenant(&self, tenant: &TenantId) -> Arc<Tenant> {
        if let Some(data) = self.tenants.read().get(tenant) {
            return Arc::clone(data);
        }
        Arc::clone(self.tenants.write().entry(tenant.clone()).or_default())
    }
}

fn held(write: TracesWrite, arrival: TimestampMs) -> impl Iterator<Item = Held> {
    write.spans.into_iter().map(move |span| Held { day: day(span.start, arrival), span })
}

/// A block holds spans of one day only, so that a day can be dropped as a whole.
fn spans_by_day(head: &Head) -> BTreeMap<i64, Vec<&Span>> {
    let mut days: BTreeMap<i64, Vec<&Span>> = BTreeMap::new();
    for held in head.traces.values().flat_map(|t| &t.spans) {
        days.entry(held.day).or_default().push(&held.span);
    }
    days
}

fn replay(data: &Tenant, sequence: u64, arrival: TimestampMs, write: TracesWrite) {
    let mut guard = data.state.lock();
    let State { head, partitions, .. } = &mut *guard;
    let is_missing = |h: &Held| partitions.get(&h.day).is_none_or(|p| p.marker() < sequence);
    head.insert(held(write, arrival).filter(is_missing), arrival);
}

fn newest_marker(data: &Tenant) -> Option<u64> {
    data.state.lock().partitions.values().map(|p| p.marker()).max()
}

fn open_tenants(dir: &Path, cache: &Arc<OpenedCache>) -> Result<HashMap<TenantId, Arc<Tenant>>, Error> {
    let mut tenants = HashMap::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let entry = entry.map_err(Error::io(dir))?;
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|n| TenantId::new(n).ok()) else { continue };
        let state = State { partitions: open_partitions(&entry.path(), cache)?, ..State::default() };
        tenants.insert(id, Arc::new(Tenant { state: Mutex::new(state) }));
    }
    Ok(tenants)
}

fn open_partitions(dir: &Path, cache: &Arc<OpenedCache>) -> Result<BTreeMap<i64, Arc<Partition>>, Error> {
    let mut partitions = BTreeMap::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        let day = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse::<i64>().ok());
        let Some(day) = day.filter(|d| d.checked_mul(NS_PER_DAY).is_some()) else { continue };
        partitions.insert(day, Arc::new(Partition::open(&path, cache)?));
    }
    Ok(partitions)
}

mod retention;

#[cfg(test)]
mod tests;

//! The store itself: who may write what, in which order things become durable, when memory goes to files.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aio_kit::wal::Wal;
use aio_source::LogsSource;
use aio_types::{Labels, LogEntry, LogsWrite, TenantId, TimestampMs, TimestampNs};
use parking_lot::{Mutex, RwLock};

use crate::dirs;
use crate::error::Error;
use crate::head::{Head, memory_bytes};
use crate::partition::Partition;
use crate::record;
use crate::source::TenantSource;

const WAL_SEGMENT_BYTES: u64 = 64 << 20;
/// Most text of one chunk.
const CHUNK_BYTES_MAX: usize = 256 << 10;

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct Config {
    /// The product's data directory; the store keeps to `logs/` below it.
    pub data_dir: PathBuf,
    /// How long lines are kept.
    pub retention: Duration,
    /// How long a line may stay in memory only (the log of writes holds it as well).
    pub chunk_age_max: Duration,
    /// How much may stay in memory before it goes to files.
    pub head_bytes: usize,
    /// How much may be in memory at all; past it writes are refused until files are written.
    pub head_bytes_max: usize,
    /// Whether every append waits for the disk.
    pub fsync_always: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("/data"),
            retention: Duration::from_secs(7 * 86_400),
            chunk_age_max: Duration::from_secs(600),
            head_bytes: 32 << 20,
            head_bytes_max: 256 << 20,
            fsync_always: false,
        }
    }
}

/// Lines on their way from memory to files.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) head: Head,
}

/// What readers and writers of one tenant share.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) head: Head,
    pub(crate) sealed: Option<Arc<Sealed>>,
    /// By day since the epoch.
    pub(crate) partitions: BTreeMap<i64, Arc<Partition>>,
}

/// One tenant's data.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    /// Guards the moment at which lines move from one place to the next.
    pub(crate) state: Mutex<State>,
}

/// A seal whose lines are not all in files yet.
#[derive(Debug, Clone, Copy)]
struct Pending {
    /// The last record it covers.
    sequence: u64,
    /// The first segment of the log that holds later records.
    segment: u64,
}

/// The store.
#[derive(Debug)]
pub struct LogsStore {
    config: Config,
    /// Starts as the configuration's; may change while running.
    retention: RwLock<Duration>,
    wal: Wal,
    sequence: AtomicU64,
    tenants: RwLock<HashMap<TenantId, Arc<Tenant>>>,
    /// Held shared by appends and exclusively by a seal, so that no record can fall between the two.
    seal: RwLock<()>,
    /// One flush at a time; what the last one left undone.
    flushing: Mutex<Option<Pending>>,
    memory: AtomicU64,
}

impl LogsStore {
    /// Opens the store and replays its log.
    ///
    /// # Errors
    /// A damaged log (never a torn tail) is refused with file and offset. Damaged partitions are set aside.
    pub fn open(config: Config) -> Result<Self, Error> {
        let root = config.data_dir.join("logs");
        let tenants_dir = root.join("tenants");
        std::fs::create_dir_all(&tenants_dir).map_err(Error::io(&tenants_dir))?;
        let mut tenants = dirs::open_tenants(&tenants_dir)?;
        let mut sequence = tenants.values().flat_map(|t: &Arc<Tenant>| newest_marker(t)).max().unwrap_or(0);
        let wal = Wal::open(&root.join("wal"), WAL_SEGMENT_BYTES, |bytes| {
            let record = record::decode(bytes).ok_or("record is malformed")?;
            sequence = sequence.max(record.sequence);
            replay(tenants.entry(record.tenant).or_default(), record.sequence, &record.write);
            Ok(())
        })?;
        let memory = tenants.values().map(|t| t.state.lock().head.bytes as u64).sum();
        Ok(Self {
            retention: RwLock::new(config.retention),
            config,
            wal,
            sequence: AtomicU64::new(sequence),
            tenants: RwLock::new(tenants),
            seal: RwLock::new(()),
            flushing: Mutex::new(None),
            memory: AtomicU64::new(memory),
        })
    }

    /// Stores a write; on return it is in the log and can be queried. Exact repeats of stored lines change nothing.
    ///
    /// # Errors
    /// [`Error::Busy`] while memory is full, or when the log cannot be written; then nothing was stored.
    pub fn append(&self, tenant: &TenantId, write: &LogsWrite, now: TimestampMs) -> Result<(), Error> {
        if self.memory.load(Ordering::Relaxed) > self.config.head_bytes_max as u64 {
            return Err(Error::Busy);
        }
        let _not_during_seal = self.seal.read();
        let data = self.tenant(tenant);
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        self.wal.append(&record::encode(sequence, tenant, write))?;
        if self.config.fsync_always {
            self.wal.sync()?;
        }
        let mut state = data.state.lock();
        let before = state.head.bytes;
        for stream in &write.streams {
            state.head.insert(&stream.labels, &stream.entries, now);
        }
        self.memory.fetch_add((state.head.bytes - before) as u64, Ordering::Relaxed);
        Ok(())
    }

    /// A read view of a tenant's logs. A tenant nobody wrote to has none.
    #[must_use]
    pub fn source(&self, tenant: &TenantId) -> Arc<dyn LogsSource> {
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

    /// Writes memory to files where it is due, frees the log behind it, and drops days past retention.
    ///
    /// # Errors
    /// When files cannot be written; nothing is lost, the next call tries again.
    pub fn maintain(&self, now: TimestampMs) -> Result<(), Error> {
        let age_max = i64::try_from(self.config.chunk_age_max.as_millis()).unwrap_or(i64::MAX);
        let too_old = |since: Option<TimestampMs>| since.is_some_and(|s| s.saturating_add(age_max) <= now);
        let is_old = self.tenants.read().values().any(|t| too_old(t.state.lock().head.since));
        let is_large = self.memory.load(Ordering::Relaxed) >= self.config.head_bytes as u64;
        if is_old || is_large || self.flushing.lock().is_some() {
            self.flush()?;
        }
        self.drop_expired(now)
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

    /// Sets memory aside, to be written while new lines come in.
    fn seal(&self) -> Result<Pending, Error> {
        let _no_appends = self.seal.write();
        let segment = self.wal.rotate()?;
        for data in self.tenants.read().values() {
            let mut state = data.state.lock();
            if !state.head.streams.is_empty() {
                let head = std::mem::take(&mut state.head);
                state.sealed = Some(Arc::new(Sealed { head }));
            }
        }
        Ok(Pending { sequence: self.sequence.load(Ordering::Relaxed), segment })
    }

    fn write_sealed(&self, tenant: &TenantId, data: &Tenant, sequence: u64) -> Result<(), Error> {
        let Some(sealed) = data.state.lock().sealed.clone() else { return Ok(()) };
        let mut written = Vec::new();
        for (day, chunks) in chunks_by_day(&sealed.head) {
            let existing = data.state.lock().partitions.get(&day).cloned();
            let partition = match existing {
                Some(partition) => partition,
                None => self.create_partition(tenant, day)?,
            };
            // A retry after a failure half-way.
            if partition.marker() < sequence {
                partition.append(&chunks, sequence)?;
            }
            tracing::info!(%tenant, path = %partition.dir.display(), chunks = chunks.len(), "chunks written");
            written.push((day, partition));
        }
        let mut state = data.state.lock();
        for (day, partition) in written {
            partition.refresh()?;
            state.partitions.insert(day, partition);
        }
        state.sealed = None;
        self.memory.fetch_sub(sealed.head.bytes as u64, Ordering::Relaxed);
        Ok(())
    }

    fn create_partition(&self, tenant: &TenantId, day: i64) -> Result<Arc<Partition>, Error> {
        let tenants_dir = self.config.data_dir.join("logs/tenants");
        let tenant_dir = tenants_dir.join(tenant.as_str());
        let dir = tenant_dir.join(day.to_string());
        // Left by a failure half-way: all its lines are still in memory and in the log of writes.
        if dir.exists() {
            std::fs::remove_dir_all(&dir).map_err(Error::io(&dir))?;
        }
        let partition = Partition::create(&dir)?;
        // The log is cut once the lines are in here, so the way here must be on disk as well.
        for parent in [&tenant_dir, &tenants_dir] {
            aio_kit::fs::sync_dir(parent).map_err(Error::io(parent))?;
        }
        Ok(Arc::new(partition))
    }

    fn drop_expired(&self, now: TimestampMs) -> Result<(), Error> {
        // A flush must not write to a day that is being removed.
        let _no_flush = self.flushing.lock();
        let retention = i64::try_from(self.retention.read().as_nanos()).unwrap_or(i64::MAX);
        let horizon = TimestampNs::from_ms(now).saturating_add(retention.saturating_neg()).day();
        let tenants: Vec<_> = self.tenants.read().values().cloned().collect();
        for data in tenants {
            let expired: Vec<_> = {
                let mut state = data.state.lock();
                let kept = state.partitions.split_off(&horizon);
                std::mem::replace(&mut state.partitions, kept).into_values().collect()
            };
            for partition in &expired {
                tracing::info!(path = %partition.dir.display(), "past retention, removed");
                // Readers that still hold it keep their mapped files.
                dirs::remove(&partition.dir)?;
            }
            if let Some(tenant_dir) = expired.first().and_then(|p| p.dir.parent()) {
                dirs::remove_set_aside(tenant_dir, horizon)?;
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

/// Chunks of at most [`CHUNK_BYTES_MAX`], none across midnight.
fn chunks_by_day(head: &Head) -> BTreeMap<i64, Vec<(&Labels, &[LogEntry])>> {
    let mut days: BTreeMap<i64, Vec<(&Labels, &[LogEntry])>> = BTreeMap::new();
    for (labels, stream) in &head.streams {
        let mut rest = &stream.entries[..];
        while let Some(first) = rest.first() {
            let day = first.ts.day();
            let mut bytes = 0;
            let len = rest.iter().position(|entry| {
                let is_full = entry.ts.day() != day || bytes >= CHUNK_BYTES_MAX;
                bytes += memory_bytes(entry);
                is_full
            });
            let (chunk, after) = rest.split_at(len.unwrap_or(rest.len()));
            days.entry(day).or_default().push((labels, chunk));
            rest = after;
        }
    }
    days
}

fn replay(data: &Tenant, sequence: u64, write: &LogsWrite) {
    let mut state = data.state.lock();
    for stream in &write.streams {
        let in_file = |e: &LogEntry| state.partitions.get(&e.ts.day()).is_some_and(|p| p.marker() >= sequence);
        let missing: Vec<LogEntry> = stream.entries.iter().filter(|e| !in_file(e)).cloned().collect();
        if !missing.is_empty() {
            // The true time of arrival is unknown; the next maintenance writes these lines to files.
            state.head.insert(&stream.labels, &missing, TimestampMs(0));
        }
    }
}

fn newest_marker(data: &Tenant) -> Option<u64> {
    data.state.lock().partitions.values().map(|p| p.marker()).max()
}

#[cfg(test)]
mod tests;

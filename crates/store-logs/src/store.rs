//! The store itself: who may write what, in which order things become durable, when memory goes to files.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aio_kit::wal::Wal;
use aio_source::LogsSource;
use aio_types::{LogEntry, LogsWrite, PerTenant, TenantId, TimestampMs};
use parking_lot::{Condvar, Mutex, RwLock};

pub use self::retention::{KeptStreams, LogsRetention};
use crate::dirs;
use crate::error::Error;
use crate::head::Head;
use crate::partition::Partition;
use crate::record;
use crate::source::TenantSource;
use crate::tombstones::{ReadQuery, Requests};

const WAL_SEGMENT_BYTES: u64 = 64 << 20;

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct Config {
    /// The product's data directory; the store keeps to `logs/` below it.
    pub data_dir: PathBuf,
    /// How long and how much is kept, to begin with.
    pub retention: PerTenant<LogsRetention>,
    /// How long a line may stay in memory only (the log of writes holds it as well).
    pub chunk_age_max: Duration,
    /// How much may stay in memory before it goes to files.
    pub head_bytes: usize,
    /// How much may be in memory at all; past it writes are refused until files are written.
    pub head_bytes_max: usize,
    /// Whether every append waits for the disk.
    pub fsync_always: bool,
    /// What the queries of deletions mean.
    pub read_query: ReadQuery,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("/data"),
            retention: PerTenant::default(),
            chunk_age_max: Duration::from_secs(600),
            head_bytes: 32 << 20,
            head_bytes_max: 64 << 20,
            fsync_always: false,
            read_query: |_| Err("there is no language for it".to_owned()),
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
    /// What was deleted, oldest first.
    pub(crate) requests: Requests,
    /// When streams past their own retention were last looked for.
    pub(crate) expired_at: Option<TimestampMs>,
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
    retention: RwLock<PerTenant<LogsRetention>>,
    wal: Wal,
    sequence: AtomicU64,
    tenants: RwLock<HashMap<TenantId, Arc<Tenant>>>,
    /// Held shared by appends and exclusively by a seal, so that no record can fall between the two.
    seal: RwLock<()>,
    /// One flush at a time; what the last one left undone.
    flushing: Mutex<Option<Pending>>,
    memory: AtomicU64,
    /// Wakes writers that wait for memory to go to files.
    room: (Mutex<()>, Condvar),
    /// Whether maintenance is to end early.
    stopped: AtomicBool,
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
        let mut tenants = dirs::open_tenants(&tenants_dir, config.read_query)?;
        let mut sequence = tenants.values().flat_map(|t: &Arc<Tenant>| newest_marker(t)).max().unwrap_or(0);
        let wal = Wal::open(&root.join("wal"), WAL_SEGMENT_BYTES, |bytes| {
            let record = record::decode(bytes).ok_or("record is malformed")?;
            sequence = sequence.max(record.sequence);
            replay(tenants.entry(record.tenant).or_default(), record.sequence, &record.write);
            Ok(())
        })?;
        let memory = tenants.values().map(|t| t.state.lock().head.bytes as u64).sum();
        Ok(Self {
            retention: RwLock::new(config.retention.clone()),
            config,
            wal,
            sequence: AtomicU64::new(sequence),
            tenants: RwLock::new(tenants),
            seal: RwLock::new(()),
            flushing: Mutex::new(None),
            memory: AtomicU64::new(memory),
            room: Default::default(),
            stopped: AtomicBool::new(false),
        })
    }

    /// Stores a write; on return it is in the log and can be queried. Exact repeats of stored lines change nothing.
    ///
    /// # Errors
    /// [`Error::Busy`] while memory is full, or when the log cannot be written; then nothing was stored.
    pub fn append(&self, tenant: &TenantId, write: LogsWrite, now: TimestampMs) -> Result<(), Error> {
        if self.is_full() {
            return Err(Error::Busy);
        }
        let _not_during_seal = self.seal.read();
        let data = self.tenant(tenant);
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        self.wal.append(&record::encode(sequence, tenant, &write))?;
        if self.config.fsync_always {
            self.wal.sync()?;
        }
        let mut state = data.state.lock();
        let before = state.head.bytes;
        let State { head, sealed, .. } = &mut *state;
        for stream in write.streams {
            let sealed = sealed.as_ref().and_then(|s| s.head.streams.get(&stream.labels));
            head.insert(&stream.labels, stream.entries, sealed, now);
        }
        self.memory.fetch_add((state.head.bytes - before) as u64, Ordering::Relaxed);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.memory.load(Ordering::Relaxed) > self.config.head_bytes_max as u64
    }

    /// Waits while memory is full: files are written quickly, and who writes to a store that falls behind is slowed down
    /// before it is refused.
    pub fn wait_for_room(&self, at_most: Duration) {
        let mut guard = self.room.0.lock();
        if self.is_full() {
            let _append_looks_again = self.room.1.wait_while_for(&mut guard, |()| self.is_full(), at_most);
        }
    }

    fn tell_of_room(&self) {
        drop(self.room.0.lock());
        self.room.1.notify_all();
    }

    /// A read view of a tenant's logs. A tenant nobody wrote to has none.
    #[must_use]
    pub fn source(&self, tenant: &TenantId) -> Arc<dyn LogsSource> {
        Arc::new(TenantSource(self.tenants.read().get(tenant).cloned().unwrap_or_default()))
    }

    /// Keeps what this says from the next maintenance on.
    pub fn set_retention(&self, retention: PerTenant<LogsRetention>) {
        *self.retention.write() = retention;
    }

    /// How long and how much of a tenant is kept.
    #[must_use]
    pub fn retention(&self, tenant: &TenantId) -> LogsRetention {
        self.retention.read().of(tenant).clone()
    }

    /// Makes everything acknowledged so far survive power loss.
    ///
    /// # Errors
    /// When the log cannot be synced.
    pub fn sync(&self) -> Result<(), Error> {
        Ok(self.wal.sync()?)
    }

    /// Writes memory to files where there is too much of it.
    ///
    /// # Errors
    /// As [`Self::flush`].
    pub fn relieve(&self) -> Result<(), Error> {
        if self.memory.load(Ordering::Relaxed) >= self.config.head_bytes as u64 {
            self.flush_until_stopped()?;
        }
        Ok(())
    }

    /// Writes memory to files where it is due, frees the log behind it, drops days past retention, takes deleted lines
    /// out of files and makes small chunks large.
    ///
    /// # Errors
    /// When files cannot be written; nothing is lost, the next call tries again.
    pub fn maintain(&self, now: TimestampMs) -> Result<(), Error> {
        let age_max = i64::try_from(self.config.chunk_age_max.as_millis()).unwrap_or(i64::MAX);
        let too_old = |since: Option<TimestampMs>| since.is_some_and(|s| s.saturating_add(age_max) <= now);
        let is_old = self.tenants.read().values().any(|t| too_old(t.state.lock().head.since));
        let is_large = self.memory.load(Ordering::Relaxed) >= self.config.head_bytes as u64;
        if is_old || is_large || self.flushing.lock().is_some() {
            self.flush_until_stopped()?;
        }
        self.drop_expired(now)?;
        self.keep_up()
    }

    fn tenant(&self, tenant: &TenantId) -> Arc<Tenant> {
        if let Some(data) = self.tenants.read().get(tenant) {
            return Arc::clone(data);
        }
        Arc::clone(self.tenants.write().entry(tenant.clone()).or_default())
    }
}

fn replay(data: &Tenant, sequence: u64, write: &LogsWrite) {
    let mut state = data.state.lock();
    for stream in &write.streams {
        let in_file = |e: &LogEntry| state.partitions.get(&e.ts.day()).is_some_and(|p| p.marker() >= sequence);
        let missing: Vec<LogEntry> = stream.entries.iter().filter(|e| !in_file(e)).cloned().collect();
        if !missing.is_empty() {
            // The true time of arrival is unknown; the next maintenance writes these lines to files.
            state.head.insert(&stream.labels, missing, None, TimestampMs(0));
        }
    }
}

fn newest_marker(data: &Tenant) -> Option<u64> {
    data.state.lock().partitions.values().map(|p| p.marker()).max()
}

mod flush;
mod retention;
mod upkeep;

#[cfg(test)]
mod tests;

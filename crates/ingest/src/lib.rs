//! One validated, limited, bounded path from any protocol to the stores.
//!
//! ```text
//!   decoded write ──> admission (bytes in flight) ──> blocking pool ──> store-metrics
//! ```
//!
//! Invariants: an `Ok` means the data is in the write-ahead log; memory held by writes under way never exceeds
//! [`Config::in_flight_bytes_max`]; past it a write is refused at once with a hint when to retry, never queued.
//! Knows nothing of: HTTP, gRPC, queries.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aio_kit::clock::Clock;
use aio_store_metrics::{AppendReport, MetricsStore};
use aio_types::{MetricsWrite, TenantId, TimestampMs};
use tokio::sync::Semaphore;

/// Admission is counted in units of this many bytes, so that a semaphore's `u32` permits suffice.
const ADMISSION_UNIT_BYTES: usize = 1024;

/// Limits of the write path.
#[derive(Debug, Clone)]
pub struct Config {
    /// How many decompressed bytes of writes may be under way at once.
    pub in_flight_bytes_max: usize,
    /// What an overloaded server asks of senders, seconds.
    pub retry_after_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { in_flight_bytes_max: 256 << 20, retry_after_seconds: 1 }
    }
}

/// Why a write was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too much is under way; worth retrying.
    #[error("too many writes in flight, retry in {retry_after_seconds} s")]
    Overloaded {
        /// When to retry.
        retry_after_seconds: u64,
    },
    /// The store failed; worth retrying, nothing was acknowledged.
    #[error("storing metrics: {0}")]
    Store(#[from] aio_store_metrics::Error),
    /// The write's task died.
    #[error("write task failed: {0}")]
    Task(String),
}

/// Counts since start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Samples kept.
    pub samples: AtomicU64,
    /// Exemplars kept.
    pub exemplars: AtomicU64,
    /// Samples refused by the store's rules.
    pub rejected_samples: AtomicU64,
    /// Writes refused for load.
    pub overloaded: AtomicU64,
}

/// The way in. Clone the `Arc` around it.
pub struct Ingest {
    config: Config,
    metrics: Arc<MetricsStore>,
    clock: Arc<dyn Clock>,
    admission: Arc<Semaphore>,
    counters: Arc<Counters>,
}

impl std::fmt::Debug for Ingest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingest").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Ingest {
    /// A write path into `metrics`.
    #[must_use]
    pub fn new(config: Config, metrics: Arc<MetricsStore>, clock: Arc<dyn Clock>) -> Self {
        let units = (config.in_flight_bytes_max / ADMISSION_UNIT_BYTES).min(Semaphore::MAX_PERMITS);
        Self { config, metrics, clock, admission: Arc::new(Semaphore::new(units)), counters: Arc::default() }
    }

    /// Now, by the clock writes are judged by.
    #[must_use]
    pub fn now(&self) -> TimestampMs {
        TimestampMs(self.clock.now_ms())
    }

    /// Counts since start.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Stores one request's metrics; `request_bytes` is its decompressed size.
    ///
    /// # Errors
    /// [`Error::Overloaded`] before anything was stored; [`Error::Store`] when nothing was acknowledged.
    pub async fn write_metrics(
        &self,
        tenant: TenantId,
        write: MetricsWrite,
        request_bytes: usize,
    ) -> Result<AppendReport, Error> {
        let units = request_bytes.div_ceil(ADMISSION_UNIT_BYTES).max(1);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let Ok(permit) = Arc::clone(&self.admission).try_acquire_many_owned(units) else {
            self.counters.overloaded.fetch_add(1, Ordering::Relaxed);
            return Err(Error::Overloaded { retry_after_seconds: self.config.retry_after_seconds });
        };
        let (store, now) = (Arc::clone(&self.metrics), self.now());
        let append = move || {
            let _permit = permit;
            store.append(&tenant, &write, now)
        };
        let report = tokio::task::spawn_blocking(append).await.map_err(|e| Error::Task(e.to_string()))??;
        self.counters.samples.fetch_add(report.samples, Ordering::Relaxed);
        self.counters.exemplars.fetch_add(report.exemplars, Ordering::Relaxed);
        self.counters.rejected_samples.fetch_add(report.rejected, Ordering::Relaxed);
        Ok(report)
    }
}

//! One validated, limited, bounded path from any protocol to the stores.
//!
//! ```text
//!   decoded write ──> admission (bytes in flight) ──> blocking pool ──┬── deltas: added up ──> store-metrics
//!                                                                     ├── lines: limits, service, level ──> store-logs
//!                                                                     └──> store-traces
//! ```
//!
//! Invariants: an `Ok` means the data is in the write-ahead log; memory held by writes under way never exceeds
//! [`Config::in_flight_bytes_max`]; past it a write is refused at once with a hint when to retry, never queued.
//! Knows nothing of: HTTP, gRPC, queries.

mod admin;
mod delta;
mod level;
mod logs;
mod otlp;
mod tails;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aio_kit::clock::Clock;
use aio_store_logs::LogsStore;
use aio_store_metrics::MetricsStore;
use aio_store_traces::TracesStore;
use aio_types::{LogsWrite, Matcher, MetricsWrite, PerTenant, TenantId, TimestampMs, TracesWrite};
use parking_lot::RwLock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use aio_store_logs::{DeleteLines, DeleteRequest, KeptStreams, LogsRetention};
pub use aio_store_metrics::{AppendReport, OnFault};
pub use level::LEVEL_NAMES;
pub use logs::{LogsLimits, LogsReport, duplicate_label};
pub use otlp::OtlpReport;
pub use tails::Tail;

/// Admission is counted in units of this many bytes, so that a semaphore's `u32` permits suffice.
const ADMISSION_UNIT_BYTES: usize = 1024;

/// How long a write of lines waits while memory goes to files, before it is refused.
const ROOM_WAIT_MAX: Duration = Duration::from_secs(1);

/// Limits of the write path.
#[derive(Debug, Clone)]
pub struct Config {
    /// How many decompressed bytes of writes may be under way at once.
    pub in_flight_bytes_max: usize,
    /// What an overloaded server asks of senders, seconds.
    pub retry_after_seconds: u64,
    /// How many streams with delta temporality may be added up at once.
    pub delta_streams_max: usize,
    /// How many bytes they may take.
    pub delta_bytes_max: usize,
    /// What senders of lines may ask, to begin with.
    pub logs: PerTenant<LogsLimits>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            in_flight_bytes_max: 256 << 20,
            retry_after_seconds: 1,
            delta_streams_max: 500_000,
            delta_bytes_max: 512 << 20,
            logs: PerTenant::default(),
        }
    }
}

/// Why a write was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no room now; worth retrying.
    #[error("{what}, retry in {retry_after_seconds} s")]
    Overloaded {
        /// Of what there is too much.
        what: Overload,
        /// When to retry.
        retry_after_seconds: u64,
    },
    /// The store failed; worth retrying, nothing was acknowledged.
    #[error("storing metrics: {0}")]
    Metrics(#[from] aio_store_metrics::Error),
    /// As above.
    #[error("storing logs: {0}")]
    Logs(aio_store_logs::Error),
    /// As above.
    #[error("storing traces: {0}")]
    Traces(aio_store_traces::Error),
    /// What is to be deleted is not said in a way that is understood.
    #[error("invalid query expression: {0}")]
    Query(String),
    /// The write's task died.
    #[error("write task failed: {0}")]
    Task(String),
}

/// Of what there is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Overload {
    /// Bytes of writes under way.
    #[error("too many writes in flight")]
    Writes,
    /// Lines that are only in memory and the log of writes.
    #[error("memory for log lines is full and is being written to files")]
    Lines,
    /// Spans likewise.
    #[error("memory for spans is full and is being written to files")]
    Spans,
}

/// Counts since start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Float samples kept.
    pub samples: AtomicU64,
    /// Native histograms kept.
    pub histograms: AtomicU64,
    /// Exemplars kept.
    pub exemplars: AtomicU64,
    /// Samples refused by the store's rules.
    pub rejected_samples: AtomicU64,
    /// Data points with delta temporality that were not added up: late ones, and those of streams past the limit.
    pub rejected_deltas: AtomicU64,
    /// Log lines kept.
    pub lines: AtomicU64,
    /// Log lines refused by limits.
    pub rejected_lines: AtomicU64,
    /// Spans kept.
    pub spans: AtomicU64,
    /// Writes refused for load.
    pub overloaded: AtomicU64,
}

/// Where writes go.
#[derive(Debug, Clone)]
pub struct Stores {
    /// For metrics.
    pub metrics: Arc<MetricsStore>,
    /// For logs.
    pub logs: Arc<LogsStore>,
    /// For traces.
    pub traces: Arc<TracesStore>,
}

/// The way in. Clone the `Arc` around it.
pub struct Ingest {
    config: Config,
    stores: Stores,
    clock: Arc<dyn Clock>,
    admission: Arc<Semaphore>,
    counters: Arc<Counters>,
    deltas: Arc<delta::Deltas>,
    logs_limits: RwLock<Arc<PerTenant<LogsLimits>>>,
    logs_gate: Arc<logs::Gate>,
    tails: Arc<tails::Tails>,
}

impl std::fmt::Debug for Ingest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingest").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Ingest {
    /// A write path into `stores`.
    #[must_use]
    pub fn new(config: Config, stores: Stores, clock: Arc<dyn Clock>) -> Self {
        let units = (config.in_flight_bytes_max / ADMISSION_UNIT_BYTES).min(Semaphore::MAX_PERMITS);
        let deltas = Arc::new(delta::Deltas::new(config.delta_streams_max, config.delta_bytes_max));
        let admission = Arc::new(Semaphore::new(units));
        Self {
            logs_limits: RwLock::new(Arc::new(config.logs.clone())),
            config,
            stores,
            clock,
            admission,
            counters: Arc::default(),
            deltas,
            logs_gate: Arc::default(),
            tails: Arc::default(),
        }
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

    /// Stores one request's metrics, or nothing of it where `on_fault` says so; `request_bytes` is its decompressed size.
    /// Waits for the disk: whoever has just decoded the request, where that is allowed, goes on with it there.
    ///
    /// # Errors
    /// [`Error::Overloaded`] before anything was stored; [`Error::Metrics`] when nothing was acknowledged.
    pub fn write_metrics(
        &self,
        tenant: &TenantId,
        write: &MetricsWrite,
        request_bytes: usize,
        on_fault: OnFault,
    ) -> Result<AppendReport, Error> {
        let _permit = self.admit(request_bytes)?;
        let report = self.stores.metrics.append(tenant, write, self.now(), on_fault)?;
        self.count(&report);
        Ok(report)
    }

    fn count(&self, report: &AppendReport) {
        self.counters.samples.fetch_add(report.samples, Ordering::Relaxed);
        self.counters.histograms.fetch_add(report.histograms, Ordering::Relaxed);
        self.counters.exemplars.fetch_add(report.exemplars, Ordering::Relaxed);
        self.counters.rejected_samples.fetch_add(report.rejected, Ordering::Relaxed);
    }

    /// Stores the acceptable lines of one request.
    ///
    /// # Errors
    /// [`Error::Overloaded`] before anything was stored; [`Error::Logs`] when nothing was acknowledged.
    pub async fn write_logs(
        &self,
        tenant: TenantId,
        write: LogsWrite,
        request_bytes: usize,
    ) -> Result<LogsReport, Error> {
        let permit = self.admit(request_bytes)?;
        let (store, now) = (Arc::clone(&self.stores.logs), self.now());
        let (limits, gate) = (self.logs_limits(), Arc::clone(&self.logs_gate));
        let tails = Arc::clone(&self.tails);
        let append = move || {
            let _permit = permit;
            store.wait_for_room(ROOM_WAIT_MAX);
            let sender = logs::Sender { limits: limits.of(&tenant), gate: &gate, tenant: &tenant, now };
            let (accepted, report) = logs::accept(write, sender);
            if !accepted.streams.is_empty() {
                tails.publish(&tenant, accepted, |accepted| store.append(&tenant, accepted, now))?;
            }
            Ok(report)
        };
        let report = blocking(append).await?.map_err(|error| match error {
            aio_store_logs::Error::Busy => self.overloaded(Overload::Lines),
            other => Error::Logs(other),
        })?;
        self.counters.lines.fetch_add(report.accepted, Ordering::Relaxed);
        self.counters.rejected_lines.fetch_add(report.rejected, Ordering::Relaxed);
        Ok(report)
    }

    /// What senders of lines may ask.
    #[must_use]
    pub fn logs_limits(&self) -> Arc<PerTenant<LogsLimits>> {
        Arc::clone(&self.logs_limits.read())
    }

    /// Replaces what senders of lines may ask, for writes from now on.
    pub fn set_logs_limits(&self, limits: PerTenant<LogsLimits>) {
        *self.logs_limits.write() = Arc::new(limits);
    }

    /// Lines of some streams from now on, as they are stored; `None` where the tenant has `max` followers already.
    #[must_use]
    pub fn tail_logs(&self, tenant: TenantId, matchers: Vec<Matcher>, max: usize) -> Option<Tail> {
        self.tails.subscribe(tenant, matchers, max)
    }

    /// Ends everyone who follows logs; resolves when all are gone.
    pub async fn stop_tails(&self) {
        self.tails.close().await;
    }

    /// Stores one request's spans.
    ///
    /// # Errors
    /// [`Error::Overloaded`] before anything was stored; [`Error::Traces`] when nothing was acknowledged.
    pub async fn write_traces(&self, tenant: TenantId, write: TracesWrite, request_bytes: usize) -> Result<(), Error> {
        if write.spans.is_empty() {
            return Ok(());
        }
        let permit = self.admit(request_bytes)?;
        let (store, now) = (Arc::clone(&self.stores.traces), self.now());
        let spans = write.spans.len() as u64;
        let append = move || {
            let _permit = permit;
            store.append(&tenant, write, now)
        };
        blocking(append).await?.map_err(|error| match error {
            aio_store_traces::Error::Busy => self.overloaded(Overload::Spans),
            other => Error::Traces(other),
        })?;
        self.counters.spans.fetch_add(spans, Ordering::Relaxed);
        Ok(())
    }

    fn admit(&self, request_bytes: usize) -> Result<OwnedSemaphorePermit, Error> {
        let units = request_bytes.div_ceil(ADMISSION_UNIT_BYTES).max(1);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        Arc::clone(&self.admission).try_acquire_many_owned(units).map_err(|_| self.overloaded(Overload::Writes))
    }

    fn overloaded(&self, what: Overload) -> Error {
        self.counters.overloaded.fetch_add(1, Ordering::Relaxed);
        Error::Overloaded { what, retry_after_seconds: self.config.retry_after_seconds }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Task(e.to_string()))
}

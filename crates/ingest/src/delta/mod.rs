//! Adds up what came as deltas: senders that say what was added since the last time, to readers that ask for totals.
//!
//! ```text
//!   Deltas ── tenant ──> Streams ── begin ──> Batch ── add: delta in, total out ──> commit
//!                                               └── dropped: as if it had not been
//! ```
//!
//! Invariants: what a batch adds is remembered only once it is committed, after the store took the totals; a refused
//! write may be sent again. A stream that rested longer than [`STALE_MS`] starts anew, with a new start time, and so
//! does every stream when the process starts. Streams and the memory they take are bounded over all tenants.
//! Knows nothing of: protocols, the store, the wall clock (time is passed in).

mod batch;
mod held;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aio_types::{Labels, TenantId, TimestampMs};
use aio_wire::otlp::metrics::Value;

use self::held::Held;

pub(crate) use self::batch::{Batch, Refusal, Total};

/// A stream that rests this long is forgotten.
pub(crate) const STALE_MS: i64 = 300_000;
/// How often streams that rest are looked for.
const SWEEP_MS: i64 = 60_000;
/// What a stream takes beside its labels' text and its value.
const STREAM_BYTES: usize = 300;

/// All streams of all tenants.
pub(crate) struct Deltas {
    tenants: Mutex<HashMap<TenantId, Arc<Mutex<Streams>>>>,
    held: Held,
    swept_ms: AtomicI64,
}

/// The streams of one tenant, by the labels of their series.
#[derive(Debug, Default)]
pub(crate) struct Streams(HashMap<Labels, Stream>);

/// The total of one stream.
#[derive(Debug, Clone)]
struct Stream {
    /// Since when it is counted; zero where that is not known.
    start: TimestampMs,
    /// Of the newest delta.
    last: TimestampMs,
    /// Tells the newest delta from another of the same time.
    mark: u64,
    value: Value,
    /// When it was last added to, by the clock.
    touched_ms: i64,
}

impl Deltas {
    /// Remembers at most so many streams, and at most so many bytes of them.
    pub(crate) fn new(streams_max: usize, bytes_max: usize) -> Self {
        Self { tenants: Mutex::default(), held: Held::new(streams_max, bytes_max), swept_ms: AtomicI64::new(0) }
    }

    /// A tenant's streams.
    pub(crate) fn of(&self, tenant: &TenantId) -> Arc<Mutex<Streams>> {
        Arc::clone(lock(&self.tenants).entry(tenant.clone()).or_default())
    }

    /// Begins to add to a tenant's streams, which nobody else does until it is done.
    pub(crate) fn begin<'s>(&'s self, streams: &'s Mutex<Streams>, now: TimestampMs) -> Batch<'s> {
        Batch::new(lock(streams), &self.held, now.0)
    }

    /// How many streams are remembered.
    pub(crate) fn streams(&self) -> usize {
        self.held.streams()
    }

    /// Forgets streams that rested, every now and then. Tenants that are written to have their turn later.
    pub(crate) fn sweep_if_due(&self, now: TimestampMs) {
        let swept = self.swept_ms.load(Ordering::Relaxed);
        let is_due = (now.0 - swept).abs() >= SWEEP_MS;
        if is_due && self.swept_ms.compare_exchange(swept, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            lock(&self.tenants).retain(|_, streams| {
                let is_in_use = Arc::strong_count(streams) > 1;
                let Ok(mut streams) = streams.try_lock() else { return true };
                self.sweep(&mut streams, now.0);
                is_in_use || !streams.0.is_empty()
            });
        }
    }

    fn sweep(&self, streams: &mut Streams, now_ms: i64) {
        streams.0.retain(|labels, stream| {
            let is_live = stream.is_live(now_ms);
            if !is_live {
                self.held.release(1, stream.bytes(labels));
            }
            is_live
        });
    }
}

impl Stream {
    fn is_live(&self, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.touched_ms) <= STALE_MS
    }

    fn bytes(&self, labels: &Labels) -> usize {
        STREAM_BYTES
            + self.value.bytes()
            + labels.iter().map(|(name, value)| name.len() + value.len() + 48).sum::<usize>()
    }
}

/// A panic of a holder leaves nothing half done: batches are put in at once.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

//! Limits that need a memory of what came before: rates, streams, and how far behind a stream's newest line others are.
//!
//! Nothing is remembered for limits that are off. What is remembered of a stream is forgotten an hour after its last
//! line, once there is no room for new ones.

use std::collections::HashMap;

use aio_types::{Labels, TenantId, TimestampMs, TimestampNs};
use parking_lot::Mutex;

use super::limits::LogsLimits;

const ACTIVE_MS: i64 = 3_600_000;
/// Streams remembered at most where their number has no limit of its own.
const STREAMS_MAX: usize = 1 << 20;

/// Bytes that may come at once, refilled with time.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: TimestampMs,
}

impl Bucket {
    fn full(burst: u64, now: TimestampMs) -> Self {
        Self { left: burst as f64, at: now }
    }

    fn take(&mut self, bytes: u64, rate: u64, burst: u64, now: TimestampMs) -> bool {
        let seconds = now.0.saturating_sub(self.at.0).max(0) as f64 / 1000.0;
        self.left = (self.left + seconds * rate as f64).min(burst as f64);
        self.at = now;
        let fits = self.left >= bytes as f64;
        if fits {
            self.left -= bytes as f64;
        }
        fits
    }
}

#[derive(Debug)]
struct Stream {
    newest: TimestampNs,
    seen: TimestampMs,
    bucket: Bucket,
}

#[derive(Debug, Default)]
struct Tenant {
    bucket: Option<Bucket>,
    streams: HashMap<Labels, Stream>,
}

/// What all writes are held against.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<HashMap<TenantId, Tenant>>);

/// Why a stream may not be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Streams,
    Rate,
}

impl Gate {
    /// Whether a tenant may write so many bytes now.
    pub(super) fn admits(&self, limits: &LogsLimits, tenant: &TenantId, bytes: u64, now: TimestampMs) -> bool {
        if limits.rate_bytes == 0 {
            return true;
        }
        let burst = limits.burst_bytes.max(limits.rate_bytes);
        let mut tenants = self.0.lock();
        let bucket = &mut tenants.entry(tenant.clone()).or_default().bucket;
        bucket.get_or_insert_with(|| Bucket::full(burst, now)).take(bytes, limits.rate_bytes, burst, now)
    }

    /// The time of the newest line of a stream before this write, or why it may not be written to.
    pub(super) fn stream(
        &self,
        limits: &LogsLimits,
        tenant: &TenantId,
        labels: &Labels,
        bytes: u64,
        now: TimestampMs,
    ) -> Result<Option<TimestampNs>, Refused> {
        if limits.behind.is_zero() && limits.streams == 0 && limits.stream_rate_bytes == 0 {
            return Ok(None);
        }
        let burst = limits.stream_burst_bytes.max(limits.stream_rate_bytes);
        let mut tenants = self.0.lock();
        let streams = &mut tenants.entry(tenant.clone()).or_default().streams;
        let max = if limits.streams == 0 { STREAMS_MAX } else { limits.streams };
        if !streams.contains_key(labels) && streams.len() >= max {
            streams.retain(|_, stream| stream.seen.0.saturating_add(ACTIVE_MS) > now.0);
            if streams.len() >= max {
                return if limits.streams == 0 { Ok(None) } else { Err(Refused::Streams) };
            }
        }
        let new = || Stream { newest: TimestampNs::MIN, seen: now, bucket: Bucket::full(burst, now) };
        let stream = streams.entry(labels.clone()).or_insert_with(new);
        stream.seen = now;
        if limits.stream_rate_bytes > 0 && !stream.bucket.take(bytes, limits.stream_rate_bytes, burst, now) {
            return Err(Refused::Rate);
        }
        Ok(Some(stream.newest))
    }

    /// Remembers the newest line of a stream.
    pub(super) fn written(&self, limits: &LogsLimits, tenant: &TenantId, labels: &Labels, newest: TimestampNs) {
        if limits.behind.is_zero() {
            return;
        }
        let mut tenants = self.0.lock();
        if let Some(stream) = tenants.get_mut(tenant).and_then(|t| t.streams.get_mut(labels)) {
            stream.newest = stream.newest.max(newest);
        }
    }
}

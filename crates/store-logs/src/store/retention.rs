//! Days go when they are too old, or when all days together take too much; streams with a retention of their own go
//! chunk by chunk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aio_kit::fs::bytes_in;
use aio_kit::retention::first_kept;
use aio_types::{Labels, Matcher, TenantId, TimestampMs, TimestampNs};

use super::upkeep::all_chunks;
use super::{LogsStore, Tenant};
use crate::dirs;
use crate::error::Error;

/// How often streams past their own retention are looked for.
const LOOK_EVERY_MS: i64 = 600_000;

/// How long and how much is kept.
#[derive(Debug, Clone)]
pub struct LogsRetention {
    /// Of streams that none of `streams` is about.
    pub time: Duration,
    /// How many bytes files may take before the oldest days go; zero for no limit. What is set for all tenants is for
    /// all of them together.
    pub bytes: u64,
    /// Streams that are kept for longer or shorter.
    pub streams: Vec<KeptStreams>,
}

/// Streams with a retention of their own. Of several that match the highest priority counts, then the shortest time.
#[derive(Debug, Clone)]
pub struct KeptStreams {
    /// All must pass on the stream's labels.
    pub matchers: Vec<Matcher>,
    /// See the type.
    pub priority: i64,
    /// How long they are kept.
    pub time: Duration,
}

impl Default for LogsRetention {
    fn default() -> Self {
        Self { time: Duration::from_secs(7 * 86_400), bytes: 0, streams: Vec::new() }
    }
}

impl LogsRetention {
    /// How long a stream is kept.
    fn of(&self, labels: &Labels) -> Duration {
        let matching = self.streams.iter().filter(|s| s.matchers.iter().all(|m| m.matches_labels(labels)));
        let first = matching.min_by_key(|s| (std::cmp::Reverse(s.priority), s.time));
        first.map_or(self.time, |streams| streams.time)
    }

    fn shortest(&self) -> Duration {
        self.streams.iter().map(|s| s.time).fold(self.time, Duration::min)
    }

    /// How long anything is kept.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.streams.iter().map(|s| s.time).fold(self.time, Duration::max)
    }
}

impl LogsStore {
    pub(super) fn drop_expired(&self, now: TimestampMs) -> Result<(), Error> {
        // A flush must not write to a day that is being removed.
        let _no_flush = self.flushing.lock();
        let retention = self.retention.read().clone();
        let tenants: Vec<_> = self.tenants.read().iter().map(|(t, d)| (t.clone(), Arc::clone(d))).collect();
        let of_all = self.horizon_of_size(&tenants, retention.common.bytes, self.wal.bytes()?)?;
        for tenant in tenants {
            let kept = retention.of(&tenant.0);
            let mut horizon = of_all.max(before(now, kept.longest()).day());
            if retention.own.contains_key(&tenant.0) {
                horizon = horizon.max(self.horizon_of_size(std::slice::from_ref(&tenant), kept.bytes, 0)?);
            }
            drop_days(&tenant.1, horizon)?;
            if !kept.streams.is_empty() {
                self.drop_streams(&tenant.1, kept, now)?;
            }
        }
        Ok(())
    }

    /// The first day that can stay when files may take so many bytes. The newest day always can.
    fn horizon_of_size(&self, tenants: &[(TenantId, Arc<Tenant>)], bytes_max: u64, of_log: u64) -> Result<i64, Error> {
        if bytes_max == 0 {
            return Ok(i64::MIN);
        }
        let mut days: BTreeMap<i64, u64> = BTreeMap::new();
        for (_, data) in tenants {
            let partitions: Vec<_> = data.state.lock().partitions.iter().map(|(d, p)| (*d, p.dir.clone())).collect();
            for (day, dir) in partitions {
                *days.entry(day).or_default() += bytes_in(&dir).map_err(Error::io(&dir))?;
            }
        }
        Ok(first_kept(&days, of_log, bytes_max))
    }

    /// Takes chunks past their stream's retention out of files; those that only begin before it stay a while longer.
    fn drop_streams(&self, data: &Tenant, kept: &LogsRetention, now: TimestampMs) -> Result<(), Error> {
        let last = data.state.lock().expired_at;
        if last.is_some_and(|last| last.0 <= now.0 && now.0 < last.0.saturating_add(LOOK_EVERY_MS)) {
            return Ok(());
        }
        let last_day = before(now, kept.shortest()).day();
        let partitions: Vec<_> = data.state.lock().partitions.range(..=last_day).map(|(_, p)| Arc::clone(p)).collect();
        for partition in partitions {
            let chunks = all_chunks(&partition.view(Arc::default()))?;
            let is_expired = |labels: &Labels, max: TimestampNs| max < before(now, kept.of(labels));
            let expired: Vec<_> = chunks.iter().filter(|c| is_expired(&c.labels, c.max)).map(|c| c.id).collect();
            if expired.is_empty() {
                continue;
            }
            tracing::info!(path = %partition.dir.display(), chunks = expired.len(), "streams past retention, removed");
            partition.replace(&expired, &[])?;
            let _readers_see_all_or_nothing = data.state.lock();
            partition.refresh()?;
        }
        data.state.lock().expired_at = Some(now);
        Ok(())
    }
}

fn before(now: TimestampMs, time: Duration) -> TimestampNs {
    let time = i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    TimestampNs::from_ms(now).saturating_add(time.saturating_neg())
}

fn drop_days(data: &Tenant, horizon: i64) -> Result<(), Error> {
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
    match expired.first().and_then(|p| p.dir.parent()) {
        Some(tenant_dir) => dirs::remove_set_aside(tenant_dir, horizon),
        None => Ok(()),
    }
}

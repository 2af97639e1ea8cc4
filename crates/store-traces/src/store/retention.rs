//! Days go when they are too old, or when all days together take too much.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aio_kit::fs::bytes_in;
use aio_kit::retention::first_kept;
use aio_types::{TimestampMs, TimestampNs};

use super::{Tenant, TracesStore};
use crate::error::Error;

/// How long and how much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracesRetention {
    /// Counted from the start of a span, or from its arrival where the two are more than a day apart.
    pub time: Duration,
    /// How many bytes all files may take, the log included, before the oldest days go; zero for no limit.
    pub bytes: u64,
}

impl Default for TracesRetention {
    fn default() -> Self {
        Self { time: Duration::from_secs(7 * 86_400), bytes: 0 }
    }
}

impl TracesStore {
    pub(super) fn drop_expired(&self, now: TimestampMs) -> Result<(), Error> {
        // A flush must not write to a day that is being removed.
        let _no_flush = self.flushing.lock();
        let kept = *self.retention.read();
        let tenants: Vec<_> = self.tenants.read().values().cloned().collect();
        let time = i64::try_from(kept.time.as_nanos()).unwrap_or(i64::MAX);
        let by_time = TimestampNs::from_ms(now).saturating_add(time.saturating_neg()).day();
        let horizon = by_time.max(self.horizon_of_size(&tenants, kept.bytes)?);
        tenants.iter().try_for_each(|data| drop_days(data, horizon))
    }

    /// The first day that can stay when files may take so many bytes. The newest day always can.
    fn horizon_of_size(&self, tenants: &[Arc<Tenant>], bytes_max: u64) -> Result<i64, Error> {
        if bytes_max == 0 {
            return Ok(i64::MIN);
        }
        let mut days: BTreeMap<i64, u64> = BTreeMap::new();
        for data in tenants {
            let partitions: Vec<_> = data.state.lock().partitions.iter().map(|(d, p)| (*d, p.dir.clone())).collect();
            for (day, dir) in partitions {
                *days.entry(day).or_default() += bytes_in(&dir).map_err(Error::io(&dir))?;
            }
        }
        Ok(first_kept(&days, self.wal.bytes()?, bytes_max))
    }
}

fn drop_days(data: &Tenant, horizon: i64) -> Result<(), Error> {
    let expired: Vec<_> = {
        let mut state = data.state.lock();
        let kept = state.partitions.split_off(&horizon);
        state.generation += 1;
        std::mem::replace(&mut state.partitions, kept).into_values().collect()
    };
    for partition in expired {
        tracing::info!(path = %partition.dir.display(), "past retention, removed");
        // Readers that still hold it find its files gone, and pass over them.
        std::fs::remove_dir_all(&partition.dir).map_err(Error::io(&partition.dir))?;
    }
    Ok(())
}

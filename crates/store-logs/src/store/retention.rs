//! Days go when they are too old, or when all days together take too much.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aio_types::{TimestampMs, TimestampNs};

use super::{LogsStore, Tenant};
use crate::dirs;
use crate::error::Error;

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retention {
    pub(super) time: Duration,
    /// Zero for all.
    pub(super) bytes: u64,
}

impl LogsStore {
    pub(super) fn drop_expired(&self, now: TimestampMs) -> Result<(), Error> {
        // A flush must not write to a day that is being removed.
        let _no_flush = self.flushing.lock();
        let Retention { time, bytes } = *self.retention.read();
        let retention = i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        let horizon = TimestampNs::from_ms(now).saturating_add(retention.saturating_neg()).day();
        let tenants: Vec<_> = self.tenants.read().values().cloned().collect();
        let horizon = horizon.max(self.horizon_of_size(&tenants, bytes)?);
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

    /// The first day that can stay when files may take so many bytes. The newest day always can.
    fn horizon_of_size(&self, tenants: &[Arc<Tenant>], bytes_max: u64) -> Result<i64, Error> {
        if bytes_max == 0 {
            return Ok(i64::MIN);
        }
        let mut days: BTreeMap<i64, u64> = BTreeMap::new();
        for data in tenants {
            let partitions: Vec<_> = data.state.lock().partitions.iter().map(|(d, p)| (*d, p.dir.clone())).collect();
            for (day, dir) in partitions {
                *days.entry(day).or_default() += bytes_in(&dir)?;
            }
        }
        let mut kept = self.wal.bytes()?;
        for (i, (day, bytes)) in days.iter().rev().enumerate() {
            kept += bytes;
            if kept > bytes_max && i > 0 {
                return Ok(day + 1);
            }
        }
        Ok(i64::MIN)
    }
}

fn bytes_in(dir: &Path) -> Result<u64, Error> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        // A file may go away meanwhile: segments are merged.
        bytes += entry.and_then(|e| e.metadata()).map_or(0, |file| file.len());
    }
    Ok(bytes)
}

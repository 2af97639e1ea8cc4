//! What changes stored data other than by writing more.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use aio_store_logs::{DeleteLines, DeleteRequest, LogsRetention};
use aio_types::{Matcher, TenantId, TimeRange, TimestampMs, TimestampNs};

use crate::{Error, Ingest, blocking};

impl Ingest {
    /// Deletes what is there now of the series that match one of `selections`, in `range`.
    ///
    /// # Errors
    /// [`Error::Metrics`].
    pub async fn delete_metrics(
        &self,
        tenant: TenantId,
        selections: Vec<Vec<Matcher>>,
        range: TimeRange,
    ) -> Result<(), Error> {
        let store = Arc::clone(&self.stores.metrics);
        Ok(blocking(move || store.delete(&tenant, &selections, range)).await??)
    }

    /// Takes what a tenant deleted off the disk.
    ///
    /// # Errors
    /// [`Error::Metrics`].
    pub async fn clean_metrics(&self, tenant: TenantId) -> Result<(), Error> {
        let store = Arc::clone(&self.stores.metrics);
        Ok(blocking(move || store.clean_tombstones(&tenant)).await??)
    }

    /// Puts aside all metrics as of now, below the data directory; the name of the copy.
    ///
    /// # Errors
    /// [`Error::Metrics`].
    pub async fn snapshot_metrics(&self, skip_head: bool) -> Result<String, Error> {
        let (store, name) = (Arc::clone(&self.stores.metrics), snapshot_name(self.now()));
        blocking(move || store.snapshot(&name, skip_head).map(|_| name)).await?.map_err(Error::Metrics)
    }

    /// Writes the lines in memory to files.
    ///
    /// # Errors
    /// [`Error::Logs`].
    pub async fn flush_logs(&self) -> Result<(), Error> {
        let store = Arc::clone(&self.stores.logs);
        blocking(move || store.flush()).await?.map_err(Error::Logs)
    }

    /// Deletes lines that are stored now; the request's id.
    ///
    /// # Errors
    /// [`Error::Query`], [`Error::Logs`].
    pub async fn delete_logs(&self, tenant: TenantId, lines: DeleteLines) -> Result<String, Error> {
        let (store, now) = (Arc::clone(&self.stores.logs), self.now());
        blocking(move || store.delete(&tenant, lines, now)).await?.map_err(|error| match error {
            aio_store_logs::Error::Query(why) => Error::Query(why),
            other => Error::Logs(other),
        })
    }

    /// How long a tenant's lines are kept.
    #[must_use]
    pub fn logs_retention(&self, tenant: &TenantId) -> LogsRetention {
        self.stores.logs.retention(tenant)
    }

    /// A tenant's requests to delete lines, oldest first.
    #[must_use]
    pub fn log_deletions(&self, tenant: &TenantId) -> Vec<DeleteRequest> {
        self.stores.logs.delete_requests(tenant)
    }

    /// Forgets a request whose lines are still in files; whether there was one.
    ///
    /// # Errors
    /// [`Error::Logs`].
    pub async fn cancel_log_deletion(&self, tenant: TenantId, id: String) -> Result<bool, Error> {
        let store = Arc::clone(&self.stores.logs);
        blocking(move || store.cancel_delete(&tenant, &id)).await?.map_err(Error::Logs)
    }

    /// The oldest and the newest segment of the metrics' log that the last start read.
    #[must_use]
    pub fn metrics_replayed(&self) -> (u64, u64) {
        self.stores.metrics.replayed()
    }
}

/// When, and something nobody else has.
fn snapshot_name(now: TimestampMs) -> String {
    let seconds = TimestampNs::from_ms(TimestampMs(now.0.div_euclid(1000) * 1000));
    let when: String = seconds.to_rfc3339().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{when}-{:016x}", RandomState::new().build_hasher().finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_snapshots_say_when() {
        let name = snapshot_name(TimestampMs(1_512_940_344_567));
        assert!(name.starts_with("20171210T211224Z-") && name.len() == 33, "{name}");
    }
}

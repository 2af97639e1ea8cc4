//! Work at a fixed pace: fsync of the write-ahead logs, maintenance of the stores.

use std::sync::Arc;
use std::time::Duration;

use aio_ingest::Stores;
use aio_kit::clock::{Clock, SystemClock};
use aio_types::TimestampMs;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::stores;
use crate::config::Fsync;
use crate::ticker;

/// How often the metrics head is cut and old blocks are dropped.
const METRICS_PERIOD: Duration = Duration::from_secs(60);
/// The same for lines and spans, of which memory holds less time.
const CHUNKS_PERIOD: Duration = Duration::from_secs(5);

/// Starts the tasks; they end at `stop`.
pub(super) fn start(fsync: Fsync, stores: &Stores, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    let mut every = |period: Duration, what: &'static str, work: Arc<dyn Fn() -> anyhow::Result<()> + Send + Sync>| {
        tasks.push(tokio::spawn(ticker::every(period, stop.clone(), move || {
            if let Err(error) = work() {
                tracing::error!(error = format!("{error:#}"), "{what} failed");
            }
        })));
    };
    let now = || TimestampMs(SystemClock.now_ms());
    if let Fsync::Every(period) = fsync {
        let stores = stores.clone();
        every(period, "fsync of the write-ahead logs", Arc::new(move || stores::sync(&stores)));
    }
    let Stores { metrics, logs, traces } = stores.clone();
    every(METRICS_PERIOD, "maintenance of the metrics store", Arc::new(move || Ok(metrics.maintain(now())?)));
    every(CHUNKS_PERIOD, "maintenance of the logs store", Arc::new(move || Ok(logs.maintain(now())?)));
    every(CHUNKS_PERIOD, "maintenance of the traces store", Arc::new(move || Ok(traces.maintain(now())?)));
    tasks
}

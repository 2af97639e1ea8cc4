//! Work at a fixed pace: fsync of the write-ahead logs, maintenance of the stores.

use std::sync::Arc;
use std::time::Duration;

use aio_ingest::Stores;
use aio_kit::clock::{Clock, SystemClock};
use aio_types::TimestampMs;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::stores;
use crate::config::{Fsync, Settings};
use crate::ticker;

/// How many times in a block's range the metrics head is looked at, blocks are merged and old ones are dropped.
const METRICS_LOOKS: u32 = 120;
/// And how often at most and at least.
const METRICS_PERIODS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));
/// The same for lines and spans, of which memory holds less time.
const CHUNKS_PERIOD: Duration = Duration::from_secs(5);
/// How often it is seen that lines take too much memory: a fraction of what one sender fills in that time.
const RELIEF_PERIOD: Duration = Duration::from_millis(200);
/// Looks at memory in the time that lines may stay there, and how often at most.
const LOGS_LOOKS: u32 = 4;
const LOGS_PERIOD_MIN: Duration = Duration::from_millis(50);

/// How long a task may take to finish what it is at.
const FINISH_MAX: Duration = Duration::from_secs(6);

/// Waits for the tasks, which were told to stop; together with the other waits this stays below 30 s.
pub(super) async fn finish(tasks: Vec<JoinHandle<()>>) {
    let finished = async {
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "background task failed");
            }
        }
    };
    if tokio::time::timeout(FINISH_MAX, finished).await.is_err() {
        tracing::warn!("background work was cut off; it goes on after the next start");
    }
}

/// Starts the tasks; they end at `stop`.
pub(super) fn start(settings: &Settings, stores: &Stores, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    let mut every = |period: Duration, what: &'static str, work: Arc<dyn Fn() -> anyhow::Result<()> + Send + Sync>| {
        tasks.push(tokio::spawn(ticker::every(period, stop.clone(), move || {
            if let Err(error) = work() {
                tracing::error!(error = format!("{error:#}"), "{what} failed");
            }
        })));
    };
    let now = || TimestampMs(SystemClock.now_ms());
    if let Fsync::Every(period) = settings.storage.fsync {
        let stores = stores.clone();
        every(period, "fsync of the write-ahead logs", Arc::new(move || stores::sync(&stores)));
    }
    let metrics_period = (settings.metrics.block_range / METRICS_LOOKS).clamp(METRICS_PERIODS.0, METRICS_PERIODS.1);
    let Stores { metrics, logs, traces } = stores.clone();
    let compacted = Arc::clone(&metrics);
    every(metrics_period, "compaction of the metrics store", Arc::new(move || Ok(compacted.compact(now())?)));
    every(metrics_period, "maintenance of the metrics store", Arc::new(move || Ok(metrics.maintain(now())?)));
    let logs_period = (settings.logs.chunk_age / LOGS_LOOKS).clamp(LOGS_PERIOD_MIN, CHUNKS_PERIOD);
    let relieved = Arc::clone(&logs);
    every(RELIEF_PERIOD, "writing lines to files", Arc::new(move || Ok(relieved.relieve()?)));
    every(logs_period, "maintenance of the logs store", Arc::new(move || Ok(logs.maintain(now())?)));
    every(CHUNKS_PERIOD, "maintenance of the traces store", Arc::new(move || Ok(traces.maintain(now())?)));
    tasks
}

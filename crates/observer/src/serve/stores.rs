//! The stores, and the API's core over them.

use std::sync::{Arc, Mutex, PoisonError};

use aio_api::{Core, Engines, Sources};
use aio_ingest::{Ingest, Stores};
use aio_kit::clock::{Clock, SystemClock};
use aio_logql::Follow;
use aio_promql::Engine;
use aio_store_logs::{LineQuery, LineTest, LogsStore};
use aio_store_metrics::MetricsStore;
use aio_store_traces::TracesStore;
use aio_types::{Labels, TimestampMs, TimestampNs};
use anyhow::Context;

use crate::config::{Fsync, Logs, Settings};

/// Opens all three at once: replay is bound by one core each.
pub(super) async fn open(settings: &Settings) -> anyhow::Result<Stores> {
    let (data_dir, fsync_always) = (settings.storage.data_dir.clone(), settings.storage.fsync == Fsync::Always);
    let metrics = metrics_config(settings);
    let logs = logs_config(settings);
    let traces = aio_store_traces::Config {
        data_dir,
        retention: settings.traces.kept(),
        fsync_always,
        ..aio_store_traces::Config::default()
    };
    let (metrics, logs, traces) = tokio::join!(
        tokio::task::spawn_blocking(move || MetricsStore::open(metrics)),
        tokio::task::spawn_blocking(move || LogsStore::open(logs)),
        tokio::task::spawn_blocking(move || TracesStore::open(traces)),
    );
    Ok(Stores {
        metrics: Arc::new(metrics?.context("opening the metrics store")?),
        logs: Arc::new(logs?.context("opening the logs store")?),
        traces: Arc::new(traces?.context("opening the traces store")?),
    })
}

/// What the settings mean to the logs store.
pub(crate) fn logs_config(settings: &Settings) -> aio_store_logs::Config {
    aio_store_logs::Config {
        data_dir: settings.storage.data_dir.clone(),
        retention: settings.logs_per_tenant(Logs::kept),
        fsync_always: settings.storage.fsync == Fsync::Always,
        chunk_age_max: settings.logs.chunk_age,
        read_query: line_query,
        ..aio_store_logs::Config::default()
    }
}

fn now() -> TimestampNs {
    TimestampNs::from_ms(TimestampMs(SystemClock.now_ms()))
}

/// Deletions are asked for in LogQL.
fn line_query(text: &str) -> Result<LineQuery, String> {
    let expr = aio_logql::parse(text).map_err(|error| error.to_string())?;
    let follow = Follow::new(&expr, &aio_logql::Config { now, ..aio_logql::Config::default() })
        .map_err(|error| error.to_string())?;
    let matchers = follow.matchers().to_vec();
    if !follow.has_stages() {
        return Ok(LineQuery { matchers, test: None });
    }
    let follow = Mutex::new(follow);
    let passes: LineTest =
        Box::new(move |stream, entry| follow.lock().unwrap_or_else(PoisonError::into_inner).passes(stream, entry));
    Ok(LineQuery { matchers, test: Some(passes) })
}

/// What the settings mean to the metrics store.
pub(crate) fn metrics_config(settings: &Settings) -> aio_store_metrics::Config {
    aio_store_metrics::Config {
        data_dir: settings.storage.data_dir.clone(),
        retention: settings.metrics.retention.time,
        retention_bytes: settings.metrics.retention.size_bytes as u64,
        out_of_order: settings.metrics.out_of_order,
        block_range: settings.metrics.block_range,
        fsync_always: settings.storage.fsync == Fsync::Always,
    }
}

/// The one write path. It outlives reloads: its counters and its admission are the process'.
pub(super) fn ingest(settings: &Settings, stores: &Stores) -> Arc<Ingest> {
    let config = aio_ingest::Config {
        in_flight_bytes_max: settings.limits.writes_in_flight_bytes,
        delta_streams_max: settings.limits.delta_streams,
        logs: settings.logs_per_tenant(Logs::writes),
        ..aio_ingest::Config::default()
    };
    Arc::new(Ingest::new(config, stores.clone(), Arc::new(SystemClock)))
}

/// What answers requests; a reload makes a new one.
pub(super) fn core(settings: &Settings, external_labels: Labels, stores: &Stores, ingest: Arc<Ingest>) -> Core {
    let config = limited(aio_api::Config { external_labels, ..aio_api::Config::default() }, settings);
    let Stores { metrics, logs, traces } = stores.clone();
    let sources = Sources {
        metrics: Arc::new(move |tenant| metrics.source(tenant)),
        logs: Arc::new(move |tenant| logs.source(tenant)),
        traces: Arc::new(move |tenant| traces.source(tenant)),
    };
    let engines = Engines {
        promql: Engine::new(settings.metrics.promql.engine()),
        logql: settings.logs_per_tenant(|logs| aio_logql::Config { now, ..logs.engine() }),
    };
    Core::new(config, ingest, engines, sources)
}

fn limited(mut config: aio_api::Config, settings: &Settings) -> aio_api::Config {
    config.body_bytes_max = settings.limits.body_bytes;
    // One body of the largest size must find room.
    config.bodies_bytes_max = config.bodies_bytes_max.max(settings.limits.body_bytes);
    config.decompressed_bytes_max = settings.limits.decompressed_bytes;
    config.query_concurrency = settings.limits.query_concurrency;
    config.query_queue_max = settings.limits.query_queue;
    config.query_timeout_seconds = settings.metrics.promql.timeout.as_secs().max(1);
    config.otlp = Arc::new(translation(settings));
    config.lookback_ms = settings.metrics.promql.engine().lookback_ms;
    config
}

/// `target_info` is there for every query's lookback.
fn translation(settings: &Settings) -> aio_api::Translation {
    let lookback_ms = i64::try_from(settings.metrics.promql.lookback.as_millis()).unwrap_or(i64::MAX);
    aio_api::Translation { lookback_ms, ..settings.otlp.clone() }
}

/// Makes everything acknowledged survive power loss.
pub(super) fn sync(stores: &Stores) -> anyhow::Result<()> {
    stores.metrics.sync()?;
    stores.logs.sync()?;
    Ok(stores.traces.sync()?)
}

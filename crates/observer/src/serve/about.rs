//! What the status routes show of this process.

use std::collections::BTreeMap;

use aio_api::{About, Runtime};
use aio_kit::clock::{Clock, SystemClock};
use aio_types::{TimestampMs, duration_text};

use super::reload::Reloader;
use crate::config::Settings;

impl About for Reloader {
    fn config_yaml(&self) -> String {
        self.shown()
    }

    fn flags(&self) -> BTreeMap<String, String> {
        let mut flags = flags(&self.settings());
        let config = self.config_path().map(|path| path.display().to_string()).unwrap_or_default();
        flags.insert("config.file".to_owned(), config);
        flags
    }

    fn runtime(&self) -> Runtime {
        let (config_read, config_is_good) = self.last_reading();
        let retention = self.settings().metrics.retention;
        Runtime {
            now: now(),
            started: self.started_at(),
            working_directory: std::env::current_dir().map(|dir| dir.display().to_string()).unwrap_or_default(),
            hostname: hostname(),
            config_is_good,
            config_read,
            retention: format!("{} or {}B", duration_text(retention.time), retention.size_bytes),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            log_level: tracing::level_filters::LevelFilter::current().to_string(),
        }
    }
}

pub(super) fn now() -> TimestampMs {
    TimestampMs(SystemClock.now_ms())
}

fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// Settings under the names of the original's flags, as clients look for them.
fn flags(settings: &Settings) -> BTreeMap<String, String> {
    let (server, metrics, limits) = (&settings.server, &settings.metrics, &settings.limits);
    let promql = &metrics.promql;
    let rows = [
        ("query.lookback-delta", duration_text(promql.lookback)),
        ("query.max-concurrency", limits.query_concurrency.to_string()),
        ("query.max-samples", promql.max_samples.to_string()),
        ("query.timeout", duration_text(promql.timeout)),
        ("storage.tsdb.path", settings.storage.data_dir.display().to_string()),
        ("storage.tsdb.retention.size", format!("{}B", metrics.retention.size_bytes)),
        ("storage.tsdb.retention.time", duration_text(metrics.retention.time)),
        ("web.enable-lifecycle", server.reload.to_string()),
        ("web.enable-otlp-receiver", true.to_string()),
        ("web.enable-remote-write-receiver", true.to_string()),
        ("web.external-url", server.external_url.clone().unwrap_or_default()),
        ("web.listen-address", server.listen.to_string()),
    ];
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

//! What the status routes show of this process.

use std::collections::BTreeMap;
use std::time::Duration;

use aio_api::{About, Runtime};
use aio_kit::clock::{Clock, SystemClock};
use aio_types::TimestampMs;

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
            retention: format!("{} or {}B", duration(retention.time), retention.size_bytes),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
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
        ("query.lookback-delta", duration(promql.lookback)),
        ("query.max-concurrency", limits.query_concurrency.to_string()),
        ("query.max-samples", promql.max_samples.to_string()),
        ("query.timeout", duration(promql.timeout)),
        ("storage.tsdb.path", settings.storage.data_dir.display().to_string()),
        ("storage.tsdb.retention.size", format!("{}B", metrics.retention.size_bytes)),
        ("storage.tsdb.retention.time", duration(metrics.retention.time)),
        ("web.enable-lifecycle", server.reload.to_string()),
        ("web.enable-otlp-receiver", true.to_string()),
        ("web.enable-remote-write-receiver", true.to_string()),
        ("web.external-url", server.external_url.clone().unwrap_or_default()),
        ("web.listen-address", server.listen.to_string()),
    ];
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// In the units of the original: `15d`, `2m`, `1h30m`.
fn duration(duration: Duration) -> String {
    const UNITS: [(u128, &str); 6] =
        [(604_800_000, "w"), (86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    let mut rest = duration.as_millis();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    for (unit, name) in UNITS {
        // Weeks only where nothing is left of them: 15d is no 2w1d.
        let count = if unit == 604_800_000 && !rest.is_multiple_of(unit) { 0 } else { rest / unit };
        if count > 0 {
            out.push_str(&format!("{count}{name}"));
            rest -= count * unit;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_the_original_writes_them() {
        for (seconds, expected) in [(0, "0s"), (1_296_000, "15d"), (1_209_600, "2w"), (120, "2m"), (5400, "1h30m")] {
            assert_eq!(duration(Duration::from_secs(seconds)), expected);
        }
    }
}

//! What differs between two settings, and whether it takes effect without a restart.

use super::settings::Settings;

/// The keys that differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// In effect at once.
    pub(crate) now: Vec<&'static str>,
    /// In effect after a restart.
    pub(crate) restart: Vec<&'static str>,
}

type Show = fn(&Settings) -> String;

macro_rules! keys {
    ($($name:literal => $($field:ident).+),+ $(,)?) => {
        &[$(($name, |settings: &Settings| format!("{:?}", settings.$($field).+))),+]
    };
}

const NOW: &[(&str, Show)] = keys! {
    "metrics.retention" => metrics.retention,
    "metrics.promql" => metrics.promql,
    "logs.retention" => logs.retention,
    "logs.retention_stream" => logs.retention_stream,
    "logs.limits" => logs.limits,
    "logs.out_of_order" => logs.out_of_order,
    "logs.trace_ids" => logs.trace_ids_shown,
    "tenants" => logs_of,
    "traces.retention" => traces.retention,
    "limits.body_size" => limits.body_bytes,
    "limits.decompressed_size" => limits.decompressed_bytes,
    "limits.query_concurrency" => limits.query_concurrency,
    "limits.query_queue" => limits.query_queue,
    "otlp" => otlp,
};

const RESTART: &[(&str, Show)] = keys! {
    "server.listen" => server.listen,
    "server.otlp_grpc" => server.otlp_grpc,
    "server.otlp_http" => server.otlp_http,
    "server.prometheus" => server.prometheus,
    "server.loki" => server.loki,
    "server.tempo" => server.tempo,
    "server.alertmanager" => server.alertmanager,
    "server.external_url" => server.external_url,
    "server.reload" => server.reload,
    "server.admin_api" => server.admin_api,
    "storage.data_dir" => storage.data_dir,
    "storage.fsync" => storage.fsync,
    "metrics.out_of_order" => metrics.out_of_order,
    "metrics.block_range" => metrics.block_range,
    "logs.chunk_age" => logs.chunk_age,
    "limits.writes_in_flight" => limits.writes_in_flight_bytes,
    "limits.delta_streams" => limits.delta_streams,
};

/// What of `wanted` differs from what runs (`current`), and from what the process was started with (`started`) where
/// only a start reads it.
pub(crate) fn changes(started: &Settings, current: &Settings, wanted: &Settings) -> Changes {
    let differing = |keys: &[(&'static str, Show)], from: &Settings| {
        keys.iter().filter(|(_, show)| show(from) != show(wanted)).map(|(name, _)| *name).collect()
    };
    Changes { now: differing(NOW, current), restart: differing(RESTART, started) }
}

impl std::fmt::Display for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |keys: &[&str]| if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
        write!(f, "reloaded: {} changed", list(&self.now))?;
        if !self.restart.is_empty() {
            write!(f, "; a restart is needed for {}", self.restart.join(", "))?;
        }
        Ok(())
    }
}

//! The configuration file: a superset of `prometheus.yml`. Unknown keys are errors that name key, file and line.

mod units;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_norway::Value;

use crate::cli::ServeArgs;

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    server: Server,
    storage: Storage,
    metrics: Metrics,
    logs: Logs,
    traces: Traces,
    // Sections of prometheus.yml and of parts that are not served yet: kept, so that they can be reported.
    global: Option<Value>,
    runtime: Option<Value>,
    scrape_configs: Option<Vec<ScrapeConfig>>,
    scrape_config_files: Option<Vec<String>>,
    rule_files: Option<Vec<String>>,
    alerting: Option<Value>,
    remote_write: Option<Vec<Value>>,
    remote_read: Option<Vec<Value>>,
    otlp: Option<Value>,
    tracing: Option<Value>,
    alertmanager: Option<Value>,
    auth: Option<Value>,
    limits: Option<Value>,
    tenants: Option<Value>,
    self_monitoring: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Server {
    listen: Option<String>,
    otlp_grpc: Option<String>,
    otlp_http: Option<String>,
    prometheus: Option<String>,
    loki: Option<String>,
    tempo: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Storage {
    data_dir: Option<PathBuf>,
    fsync: Option<String>,
    // prometheus.yml's own members of this section.
    tsdb: Option<Value>,
    exemplars: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Metrics {
    retention: Retention,
    out_of_order: Option<String>,
    promql: Promql,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Logs {
    retention: Retention,
    // Not served yet.
    rule_files: Option<Vec<String>>,
    trace_ids: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Traces {
    retention: Retention,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Retention {
    time: Option<String>,
    // Not served yet.
    size: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Promql {
    lookback: Option<String>,
    subquery_step: Option<String>,
    timeout: Option<String>,
    max_samples: Option<usize>,
}

/// Only what is checked today; the other fields belong to the scraper.
#[derive(Debug, Deserialize)]
struct ScrapeConfig {
    job_name: String,
}

/// When the write-ahead log reaches the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fsync {
    Always,
    Every(Duration),
    Never,
}

/// What the server runs with: flags over file over defaults.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) otlp_grpc: Option<SocketAddr>,
    pub(crate) otlp_http: Option<SocketAddr>,
    pub(crate) prometheus: Option<SocketAddr>,
    pub(crate) loki: Option<SocketAddr>,
    pub(crate) tempo: Option<SocketAddr>,
    pub(crate) data_dir: PathBuf,
    pub(crate) fsync: Fsync,
    pub(crate) retention: Duration,
    pub(crate) logs_retention: Duration,
    pub(crate) traces_retention: Duration,
    pub(crate) out_of_order: Duration,
    pub(crate) promql: aio_promql::Config,
    pub(crate) query_timeout: Duration,
    /// Sections that were given but do nothing yet.
    pub(crate) inactive: Vec<&'static str>,
}

/// Reads and checks one file. Errors read `FILE:LINE: what`.
pub(crate) fn load(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    if text.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#')) {
        return Ok(File::default());
    }
    let file: File = serde_norway::from_str(&text).map_err(|e| {
        let line = e.location().map_or(1, |l| l.line());
        anyhow::anyhow!("{}:{line}: {e}", path.display())
    })?;
    file.validate().with_context(|| path.display().to_string())?;
    Ok(file)
}

impl File {
    fn validate(&self) -> anyhow::Result<()> {
        let mut seen = std::collections::BTreeSet::new();
        for scrape in self.scrape_configs.iter().flatten() {
            if !seen.insert(&scrape.job_name) {
                bail!("found multiple scrape configs with job name {:?} in `scrape_configs`", scrape.job_name);
            }
        }
        Settings::resolve(self, &ServeArgs { data_dir: Some("unused".into()), ..ServeArgs::default() }).map(|_| ())
    }

    fn inactive(&self) -> Vec<&'static str> {
        [
            ("global", self.global.is_some()),
            ("runtime", self.runtime.is_some()),
            ("scrape_configs", self.scrape_configs.is_some()),
            ("scrape_config_files", self.scrape_config_files.is_some()),
            ("rule_files", self.rule_files.is_some()),
            ("alerting", self.alerting.is_some()),
            ("remote_write", self.remote_write.is_some()),
            ("remote_read", self.remote_read.is_some()),
            ("otlp", self.otlp.is_some()),
            ("tracing", self.tracing.is_some()),
            ("storage.tsdb", self.storage.tsdb.is_some()),
            ("storage.exemplars", self.storage.exemplars.is_some()),
            ("metrics.retention.size", self.metrics.retention.size.is_some()),
            ("logs.retention.size", self.logs.retention.size.is_some()),
            ("logs.rule_files", self.logs.rule_files.is_some()),
            ("logs.trace_ids", self.logs.trace_ids.is_some()),
            ("traces.retention.size", self.traces.retention.size.is_some()),
            ("alertmanager", self.alertmanager.is_some()),
            ("auth", self.auth.is_some()),
            ("limits", self.limits.is_some()),
            ("tenants", self.tenants.is_some()),
            ("self_monitoring", self.self_monitoring.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }
}

impl Settings {
    /// Joins flags, file and defaults.
    ///
    /// # Errors
    /// Names the key whose value does not parse.
    pub(crate) fn resolve(file: &File, args: &ServeArgs) -> anyhow::Result<Self> {
        let host = if args.dev { "127.0.0.1" } else { "0.0.0.0" };
        let pick = |flag: &Option<String>, key: &Option<String>, default: String| {
            flag.clone().or_else(|| key.clone()).unwrap_or(default)
        };
        let listen = pick(&args.listen, &file.server.listen, format!("{host}:4320"));
        let otlp_grpc = pick(&args.otlp_grpc_listen, &file.server.otlp_grpc, format!("{host}:4317"));
        let otlp_http = pick(&args.otlp_http_listen, &file.server.otlp_http, format!("{host}:4318"));
        let off_or = |key: &Option<String>| key.clone().unwrap_or_else(|| "off".to_owned());
        let week = Duration::from_secs(7 * 86_400);
        let duration = |key: &str, value: &Option<String>, default: Duration| match value {
            None => Ok(default),
            Some(text) => units::duration(text).with_context(|| format!("`{key}`")),
        };
        let millis = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        let defaults = aio_promql::Config::default();
        let (m, p) = (&file.metrics, &file.metrics.promql);
        let default_ms = |ms: i64| Duration::from_millis(ms.unsigned_abs());
        Ok(Self {
            listen: address("server.listen", &listen)?.context("`server.listen` cannot be off")?,
            otlp_grpc: address("server.otlp_grpc", &otlp_grpc)?,
            otlp_http: address("server.otlp_http", &otlp_http)?,
            prometheus: address("server.prometheus", &off_or(&file.server.prometheus))?,
            loki: address("server.loki", &off_or(&file.server.loki))?,
            tempo: address("server.tempo", &off_or(&file.server.tempo))?,
            data_dir: data_dir(file, args)?,
            fsync: fsync(file.storage.fsync.as_deref()).context("`storage.fsync`")?,
            retention: duration("metrics.retention.time", &m.retention.time, Duration::from_secs(15 * 86_400))?,
            logs_retention: duration("logs.retention.time", &file.logs.retention.time, week)?,
            traces_retention: duration("traces.retention.time", &file.traces.retention.time, week)?,
            out_of_order: duration("metrics.out_of_order", &m.out_of_order, Duration::from_secs(3600))?,
            promql: aio_promql::Config {
                lookback_ms: millis(duration(
                    "metrics.promql.lookback",
                    &p.lookback,
                    default_ms(defaults.lookback_ms),
                )?),
                subquery_step_ms: millis(duration(
                    "metrics.promql.subquery_step",
                    &p.subquery_step,
                    default_ms(defaults.subquery_step_ms),
                )?),
                max_samples: p.max_samples.unwrap_or(defaults.max_samples),
            },
            query_timeout: duration("metrics.promql.timeout", &p.timeout, Duration::from_secs(120))?,
            inactive: file.inactive(),
        })
    }
}

fn address(key: &str, text: &str) -> anyhow::Result<Option<SocketAddr>> {
    // YAML 1.1 readers turn a bare `off` into false; ours keeps text, so both are taken.
    if text == "off" || text == "false" {
        return Ok(None);
    }
    text.parse().map(Some).with_context(|| format!("`{key}`: {text:?} is no HOST:PORT address with a numeric host"))
}

fn fsync(text: Option<&str>) -> anyhow::Result<Fsync> {
    Ok(match text {
        None => Fsync::Every(Duration::from_secs(1)),
        Some("always") => Fsync::Always,
        Some("never") => Fsync::Never,
        Some(text) => Fsync::Every(units::duration(text)?),
    })
}

fn data_dir(file: &File, args: &ServeArgs) -> anyhow::Result<PathBuf> {
    if let Some(dir) = args.data_dir.clone().or_else(|| file.storage.data_dir.clone()) {
        return Ok(dir);
    }
    if !args.dev {
        return Ok(PathBuf::from("/data"));
    }
    let base = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")))
        .context("neither XDG_DATA_HOME nor HOME is set; give --data-dir")?;
    Ok(base.join("observer-aio"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> anyhow::Result<Settings> {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("c.yml");
        std::fs::write(&path, text).expect("written");
        Settings::resolve(&load(&path)?, &ServeArgs { dev: true, ..ServeArgs::default() })
    }

    #[test]
    fn a_prometheus_yml_is_taken_and_its_idle_sections_are_named() {
        let settings = check(
            "global:\n  scrape_interval: 15s\nscrape_configs:\n  - job_name: a\n    static_configs: []\nrule_files: [x.yml]\n",
        )
        .expect("valid");
        assert_eq!(settings.inactive, ["global", "scrape_configs", "rule_files"]);
    }

    #[test]
    fn an_unknown_key_is_named_with_file_and_line() {
        let error = format!("{:#}", check("server:\n  listen: 127.0.0.1:1\n  lisen: x\n").expect_err("must fail"));
        assert!(error.contains("c.yml:3") && error.contains("lisen"), "{error}");
    }

    #[test]
    fn values_are_checked_by_key() {
        for (text, key) in [
            ("server: { listen: nowhere }", "server.listen"),
            ("storage: { fsync: sometimes }", "storage.fsync"),
            ("metrics: { retention: { time: 15 parsecs } }", "metrics.retention.time"),
            ("scrape_configs: [{ job_name: a }, { job_name: a }]", "scrape_configs"),
        ] {
            let error = format!("{:#}", check(text).expect_err("must fail"));
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn flags_win_over_the_file() {
        let args = ServeArgs { listen: Some("127.0.0.1:1".into()), data_dir: Some("d".into()), ..ServeArgs::default() };
        let file =
            File { server: Server { listen: Some("127.0.0.1:2".into()), ..Server::default() }, ..File::default() };
        assert_eq!(Settings::resolve(&file, &args).expect("valid").listen.port(), 1);
    }
}

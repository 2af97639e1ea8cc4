//! The servers: how each is started, and where each keeps what.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::http::Client;
use crate::server::{Server, free_address};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    ObserverAio,
    /// As it is without the answers it keeps.
    ObserverAioUncached,
    Prometheus,
    VictoriaMetrics,
    /// As it is without its cache of answers: what a question costs that nobody has asked before.
    VictoriaMetricsUncached,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ObserverAio => "observer-aio",
            Self::ObserverAioUncached => "aio-uncached",
            Self::Prometheus => "prometheus",
            Self::VictoriaMetrics => "victoria-metrics",
            Self::VictoriaMetricsUncached => "vm-uncached",
        }
    }

    /// Starts it on `data` and waits until it is ready.
    pub(crate) fn start(self, binary: &Path, data: &Path) -> anyhow::Result<Server> {
        std::fs::create_dir_all(data)?;
        let address = free_address()?;
        Server::start(&mut self.command(binary, data, &address)?, address, self.ready_path())
    }

    fn command(self, binary: &Path, data: &Path, address: &str) -> anyhow::Result<Command> {
        let mut command = match self {
            Self::ObserverAio | Self::ObserverAioUncached => Command::new(binary),
            Self::Prometheus => Command::new("prometheus"),
            Self::VictoriaMetrics | Self::VictoriaMetricsUncached => Command::new("victoria-metrics"),
        };
        match self {
            Self::ObserverAio | Self::ObserverAioUncached => {
                if self == Self::ObserverAioUncached {
                    let config = data.join("observer-aio.yml");
                    std::fs::write(&config, "metrics: { promql: { cache: 0 } }\n")?;
                    command.arg("--config").arg(config);
                }
                command.arg("--dev").arg("--data-dir").arg(data).args(["--listen", address]);
                command.args(["--otlp-grpc-listen", "off", "--otlp-http-listen", "off"]);
            }
            Self::Prometheus => {
                let config = data.join("prometheus.yml");
                std::fs::write(&config, "global: {}\n")?;
                command.arg("--config.file").arg(config).arg("--storage.tsdb.path").arg(data.join("tsdb"));
                command.arg(format!("--web.listen-address={address}"));
                command.args(["--web.enable-remote-write-receiver", "--web.enable-admin-api"]);
                command.arg("--storage.tsdb.retention.time=15d");
            }
            Self::VictoriaMetrics | Self::VictoriaMetricsUncached => {
                command.arg(format!("-storageDataPath={}", data.display()));
                command.arg(format!("-httpListenAddr={address}"));
                command.args(["-retentionPeriod=15d", "-search.latencyOffset=0s"]);
                if self == Self::VictoriaMetricsUncached {
                    command.arg("-search.disableCache");
                }
            }
        }
        Ok(command)
    }

    fn ready_path(self) -> &'static str {
        match self {
            Self::ObserverAio | Self::ObserverAioUncached => "/ready",
            Self::Prometheus => "/-/ready",
            Self::VictoriaMetrics | Self::VictoriaMetricsUncached => "/health",
        }
    }

    /// Asks for everything to be in files that can be counted; the folder they are in.
    pub(crate) fn flush(self, client: &mut Client, data: &Path) -> anyhow::Result<PathBuf> {
        let (path, dir) = match self {
            Self::ObserverAio | Self::ObserverAioUncached => {
                ("/api/v1/admin/tsdb/snapshot", data.join("metrics/snapshots"))
            }
            Self::Prometheus => ("/api/v1/admin/tsdb/snapshot", data.join("tsdb/snapshots")),
            Self::VictoriaMetrics | Self::VictoriaMetricsUncached => ("/internal/force_flush", data.join("data")),
        };
        let (status, answer) = client.ask("POST", path, "", &[])?;
        anyhow::ensure!(status < 300, "{path}: {status} {}", String::from_utf8_lossy(&answer));
        Ok(dir)
    }

    /// Whether a file is part of a write-ahead log.
    pub(crate) fn is_log(self, path: &str) -> bool {
        match self {
            Self::ObserverAio | Self::ObserverAioUncached => path.starts_with("metrics/wal"),
            Self::Prometheus => path.starts_with("tsdb/wal") || path.starts_with("tsdb/chunks_head"),
            Self::VictoriaMetrics | Self::VictoriaMetricsUncached => false,
        }
    }
}

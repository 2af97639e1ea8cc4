//! The servers: how each is started, and where each keeps what.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use clap::ValueEnum;

use crate::http::Client;
use crate::server::{Server, free_address};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    ObserverAio,
    Loki,
}

/// Where the binaries are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Servers<'a> {
    pub(crate) ours: &'a Path,
    pub(crate) loki: &'a Path,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ObserverAio => "observer-aio",
            Self::Loki => "loki",
        }
    }

    /// Starts it on `data` and waits until it is ready.
    pub(crate) fn start(self, servers: Servers<'_>, data: &Path) -> anyhow::Result<Server> {
        std::fs::create_dir_all(data)?;
        let address = free_address()?;
        let mut command = match self {
            Self::ObserverAio => {
                let mut command = Command::new(servers.ours);
                command.arg("--dev").arg("--data-dir").arg(data).args(["--listen", &address]);
                command.args(["--otlp-grpc-listen", "off", "--otlp-http-listen", "off"]);
                command
            }
            Self::Loki => {
                let config = data.join("loki.yml");
                std::fs::write(&config, loki_config(&data.canonicalize()?, &address, &free_address()?)?)?;
                let mut command = Command::new(servers.loki);
                command.current_dir(data).arg("-config.file=loki.yml");
                command
            }
        };
        Server::start(&mut command, address, "/ready")
    }

    /// Asks for everything to be in files that can be counted.
    pub(crate) fn flush(self, client: &mut Client) -> anyhow::Result<()> {
        let path = match self {
            Self::ObserverAio => "/loki/flush",
            Self::Loki => "/flush",
        };
        let (status, answer) = client.ask("POST", path, "", &[])?;
        anyhow::ensure!(status < 300, "{path}: {status} {}", String::from_utf8_lossy(&answer));
        Ok(())
    }

    /// Whether a file is part of a write-ahead log.
    pub(crate) fn is_log(self, path: &str) -> bool {
        match self {
            Self::ObserverAio => path.starts_with("logs/wal"),
            Self::Loki => path.starts_with("loki/wal"),
        }
    }
}

/// As a single binary on the file system, with nothing limited that a load from one client would meet.
fn loki_config(data: &Path, http: &str, grpc: &str) -> anyhow::Result<String> {
    let port = |address: &str| address.rsplit(':').next().map(str::to_owned).context("a port");
    let root = data.join("loki");
    let root = root.display();
    Ok(format!(
        "auth_enabled: false
server:
  http_listen_address: 127.0.0.1
  http_listen_port: {}
  grpc_listen_address: 127.0.0.1
  grpc_listen_port: {}
  log_level: error
common:
  instance_addr: 127.0.0.1
  path_prefix: {root}
  storage: {{ filesystem: {{ chunks_directory: {root}/chunks, rules_directory: {root}/rules }} }}
  replication_factor: 1
  ring: {{ kvstore: {{ store: inmemory }} }}
schema_config:
  configs:
    - {{ from: 2020-10-24, store: tsdb, object_store: filesystem, schema: v13, index: {{ prefix: index_, period: 24h }} }}
limits_config:
  ingestion_rate_mb: 1000
  ingestion_burst_size_mb: 1000
  per_stream_rate_limit: 1GB
  per_stream_rate_limit_burst: 1GB
query_range: {{ cache_results: false }}
analytics: {{ reporting_enabled: false }}
",
        port(http)?,
        port(grpc)?
    ))
}

//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::export::ExportCommand;

/// One binary for metrics, logs, traces and alerts.
#[derive(Debug, Parser)]
#[command(name = "observer-aio", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server (what happens without a command, too).
    Serve(ServeArgs),
    /// Send the telemetry of a small shop that does not exist, over OTLP/gRPC, until interrupted.
    Demo {
        /// Where to: http://HOST:PORT of any OTLP/gRPC receiver.
        #[arg(long, value_name = "URL")]
        endpoint: String,
    },
    /// Take in history from elsewhere. The server must not be running on the data directory.
    Import {
        #[command(subcommand)]
        from: ImportFrom,
    },
    /// Check configuration files: exit 1 and `file:line: what` on each fault.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write what is stored in a format that other products take in.
    #[command(subcommand)]
    Export(ExportCommand),
}

#[derive(Debug, Clone, Args, Default)]
pub(crate) struct ServeArgs {
    /// On a laptop: loopback only, data in a per-user directory.
    #[arg(long)]
    pub(crate) dev: bool,
    /// Fill the server with the telemetry of a small shop that does not exist.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Configuration file, a superset of prometheus.yml.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Serve although the configuration has `auth`: this version has no login, everybody may do everything.
    #[arg(long)]
    pub(crate) no_auth: bool,
    /// Where data is kept.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Main port: everything.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// OTLP/gRPC port, or `off`.
    #[arg(long, value_name = "ADDR|off")]
    pub(crate) otlp_grpc_listen: Option<String>,
    /// OTLP/HTTP port, or `off`.
    #[arg(long, value_name = "ADDR|off")]
    pub(crate) otlp_http_listen: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportFrom {
    /// From a data directory of Prometheus 2 or 3, or a snapshot of one: blocks, then what was in memory. Run again, it
    /// goes on where it was.
    Prometheus(ImportPrometheusArgs),
    /// From a Loki that keeps its chunks in a file system. Loki may go on running meanwhile. Run again, it goes on where it
    /// was, and takes in what is new.
    Loki(ImportLokiArgs),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ImportPrometheusArgs {
    /// What Prometheus has as --storage.tsdb.path, or a directory in its snapshots/.
    pub(crate) dir: PathBuf,
    /// Whose metrics these become.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) tenant: String,
    #[command(flatten)]
    pub(crate) into: ImportInto,
    #[command(flatten)]
    pub(crate) time: WantedTime,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ImportLokiArgs {
    /// What Loki has as common.path_prefix, or its directory of chunks.
    pub(crate) dir: PathBuf,
    /// Whose lines those become that have no tenant in Loki. Other tenants keep their names.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) tenant: String,
    #[command(flatten)]
    pub(crate) into: ImportInto,
    #[command(flatten)]
    pub(crate) time: WantedTime,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ImportInto {
    /// Our data directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The server's configuration file, for its data directory and retention.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct WantedTime {
    /// Nothing older: RFC 3339 or seconds since 1970. Unless given, what the server's retention would keep.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) start: Option<String>,
    /// Nothing newer.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) end: Option<String>,
}

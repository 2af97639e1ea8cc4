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

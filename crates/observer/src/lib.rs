//! The `observer-aio` binary as a library, so that what it reads can be fuzzed: command line, configuration, wiring,
//! shutdown order. Nothing else depends on it.

mod check;
mod cli;
mod config;
mod demo;
mod export;
#[doc(hidden)]
pub mod fuzz;
mod import;
mod schema;
mod serve;
mod ticker;
mod ui;
mod yaml;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser;

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("OBSERVER_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match cli.command {
        Some(cli::Command::Check { files }) => check::run(&files),
        Some(cli::Command::Export(command)) => exit_code(export::run(&command)),
        Some(cli::Command::Serve(args)) => exit_code(serve::run(&args)),
        Some(cli::Command::Import { from }) => import::run(&from),
        Some(cli::Command::Demo { endpoint }) => exit_code(demo::alone(&endpoint)),
        None => exit_code(serve::run(&cli.serve)),
    }
}

fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

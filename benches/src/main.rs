//! Measures observer-aio beside what it replaces: the same load, the same questions, the same machine, one server after
//! the other. Counts CPU seconds of the whole server process, background work included, not wall time alone.
//!
//! ```text
//!   Load ──write──> server ──┬── CPU, memory, disk
//!                            ├── queries, each many times
//!                            └── SIGKILL, start, ready?
//! ```
//!
//! Prints a table with ratios and, with `--json`, writes the figures to a file.

mod ask;
mod http;
mod logs;
mod metrics;
mod process;
mod protobuf;
mod server;
mod table;

use clap::{Parser, Subcommand};

/// Measures observer-aio beside what it replaces.
#[derive(Debug, Parser)]
#[command(name = "aio-bench")]
struct Arguments {
    #[command(subcommand)]
    signal: Signal,
}

#[derive(Debug, Subcommand)]
enum Signal {
    /// Remote write and PromQL.
    Metrics(metrics::Arguments),
    /// Loki push and LogQL.
    Logs(logs::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().signal {
        Signal::Metrics(arguments) => metrics::run(&arguments),
        Signal::Logs(arguments) => logs::run(&arguments),
    }
}

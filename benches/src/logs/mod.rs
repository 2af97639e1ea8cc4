//! The logs side end to end.

#[path = "../../../crates/store-logs/benches/corpus/mod.rs"]
mod corpus;
mod load;
mod measure;
mod queries;
mod report;
mod servers;

use std::path::PathBuf;

use clap::Args;

use self::load::Load;
use self::servers::{Kind, Servers};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Which servers, in this order.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "observer-aio")]
    servers: Vec<Kind>,
    /// The binary of observer-aio; build it with --release.
    #[arg(long, default_value = "target/release/observer-aio")]
    binary: PathBuf,
    /// The binary of Loki, where it is one of the servers.
    #[arg(long, default_value = "loki")]
    loki: PathBuf,
    /// Megabytes of lines.
    #[arg(long, default_value_t = 500)]
    megabytes: u64,
    /// How often each query is asked.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// Where the servers keep their data while they run; a temporary folder by default.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Where to write the figures.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let load = Load::new(arguments.megabytes);
    let holder = tempfile::tempdir()?;
    let dir = arguments.dir.clone().unwrap_or_else(|| holder.path().to_owned());
    let servers = Servers { ours: &arguments.binary, loki: &arguments.loki };
    let mut all = Vec::new();
    for kind in &arguments.servers {
        eprintln!("{}: {} MB of lines", kind.name(), arguments.megabytes);
        all.push(measure::measure(*kind, servers, &dir, &load, arguments.repeat)?);
    }
    report::print(&all);
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

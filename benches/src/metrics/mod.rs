//! The metrics side end to end.

mod load;
mod measure;
mod queries;
mod report;
mod servers;

use std::path::PathBuf;

use clap::Args;

use self::load::Load;
use self::servers::Kind;

const SERVERS: &str = "observer-aio,observer-aio-uncached,prometheus,victoria-metrics,victoria-metrics-uncached";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Which servers, in this order.
    #[arg(long, value_enum, value_delimiter = ',', default_value = SERVERS)]
    servers: Vec<Kind>,
    /// The binary of observer-aio; build it with --release.
    #[arg(long, default_value = "target/release/observer-aio")]
    binary: PathBuf,
    /// Active series.
    #[arg(long, default_value_t = 10_000)]
    series: usize,
    /// Hours of samples.
    #[arg(long, default_value_t = 6.5)]
    hours: f64,
    /// Seconds between two samples of a series.
    #[arg(long, default_value_t = 15)]
    interval: u64,
    /// Round what otherwise are readings of full entropy, one in twenty series, to so many decimals. VictoriaMetrics
    /// keeps twelve digits of a number: what has more takes less there than it can take without loss.
    #[arg(long)]
    decimals: Option<i32>,
    /// How often each query is asked.
    #[arg(long, default_value_t = 10)]
    repeat: usize,
    /// Where the servers keep their data while they run; a temporary folder by default.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Where to write the figures.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let load = Load::new(arguments.series, arguments.hours, arguments.interval, arguments.decimals);
    let holder = tempfile::tempdir()?;
    let dir = arguments.dir.clone().unwrap_or_else(|| holder.path().to_owned());
    let mut all = Vec::new();
    for kind in &arguments.servers {
        eprintln!("{}: {} samples of {} series", kind.name(), load.samples(), load.series());
        all.push(measure::measure(*kind, &arguments.binary, &dir, &load, arguments.repeat)?);
    }
    report::print(&load, &all);
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

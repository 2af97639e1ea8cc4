//! `observer-aio import prometheus DIR`: the history of a Prometheus becomes that of a tenant.
//!
//! ```text
//!   DIR ─ blocks, oldest first ─┐  unit   series by series: cut to the time wanted, counted
//!       └ memory                ┘    └──> Import ─ read back, compared ─ published with a note (`note`) of what was done
//! ```
//!
//! A unit is there as a whole or not at all; one that was done is not done again. One that fails does not keep the
//! others: the summary tells, and so does the exit code.

mod bounds;
mod note;
mod progress;
mod size;
mod source;
mod summary;
mod tally;
mod unit;

use std::process::ExitCode;

use aio_kit::clock::{Clock, SystemClock};
use aio_prometheus_tsdb::DataDir;
use aio_store_metrics::MetricsStore;
use aio_types::{TenantId, TimestampMs};
use anyhow::Context;

use self::bounds::Bounds;
use self::note::Notes;
use self::progress::Progress;
use self::summary::Summary;
use self::unit::{Outcome, Unit};
use crate::cli::{ImportArgs, ServeArgs};
use crate::config::{self, Settings};
use crate::serve;

/// Imports; fails where not all of what was wanted is in, and verified.
pub(crate) fn run(args: &ImportArgs) -> ExitCode {
    match import(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything is in, and verified.
fn import(args: &ImportArgs) -> anyhow::Result<bool> {
    let file = args.config.as_deref().map_or_else(|| Ok(config::File::empty()), config::File::load)?;
    let flags = ServeArgs { data_dir: args.data_dir.clone(), config: args.config.clone(), ..ServeArgs::default() };
    let settings = Settings::resolve(&file, &flags)?;
    let tenant = TenantId::new(&args.tenant).context("--tenant")?;
    let now = TimestampMs(SystemClock.now_ms());
    let bounds = Bounds::of(args, settings.metrics.retention.time, now)?;
    let dir = DataDir::open(&args.dir)?;
    let _lock = serve::lock_data_dir(&settings.storage.data_dir).context("an import needs the data directory alone")?;
    let store = MetricsStore::open(serve::metrics_config(&settings)).context("opening the metrics store")?;
    let mut units = Unit::all(&dir)?;
    let mut notes = Notes::load(&store, &tenant)?;
    let mut progress = Progress::new(units.iter().map(|unit| unit.samples).sum());
    let mut summary = Summary::new(&bounds, &dir);
    for unit in &mut units {
        progress.begin(&unit.name);
        let outcome = match notes.find(unit, bounds.range) {
            Some(done) => done,
            None => unit.import(&store, &tenant, &bounds, &mut progress),
        };
        if let Outcome::Imported(tally) = &outcome {
            notes.add(unit, bounds.range, tally.clone());
        }
        progress.end(unit, &outcome);
        summary.add(unit, outcome);
    }
    progress.finish();
    store.sync().context("syncing the metrics store")?;
    summary.remark(size::remark(&settings));
    Ok(summary.print())
}

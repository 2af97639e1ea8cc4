//! `observer-aio import prometheus DIR`: the history of a Prometheus becomes that of a tenant.
//!
//! ```text
//!   DIR ─ blocks, oldest first ─┐  unit   series by series: cut to the time wanted, counted
//!       └ memory                ┘    └──> Import ─ read back, compared ─ published with a note (`note`) of what was done
//! ```
//!
//! A unit is there as a whole or not at all; one that was done is not done again. One that fails does not keep the
//! others: the summary tells, and so does the exit code.

mod note;
mod size;
mod source;
mod summary;
mod tally;
mod unit;

use aio_kit::clock::{Clock, SystemClock};
use aio_prometheus_tsdb::DataDir;
use aio_store_metrics::MetricsStore;
use aio_types::{TenantId, TimestampMs};
use anyhow::Context;

use self::note::Notes;
use self::summary::Summary;
use self::unit::{Outcome, Unit};
use super::bounds::Bounds;
use super::progress::Progress;
use crate::cli::ImportPrometheusArgs;
use crate::serve;

/// Whether everything is in, and verified.
pub(super) fn import(args: &ImportPrometheusArgs) -> anyhow::Result<bool> {
    let settings = super::settings(&args.into)?;
    let tenant = TenantId::new(&args.tenant).context("--tenant")?;
    let now = TimestampMs(SystemClock.now_ms());
    let bounds = Bounds::of(&args.time, settings.metrics.retention.time, now)?;
    let dir = DataDir::open(&args.dir)?;
    let _lock = serve::lock_data_dir(&settings.storage.data_dir).context("an import needs the data directory alone")?;
    let store = MetricsStore::open(serve::metrics_config(&settings)).context("opening the metrics store")?;
    let mut units = Unit::all(&dir)?;
    let mut notes = Notes::load(&store, &tenant)?;
    let mut progress = Progress::new("samples", units.iter().map(|unit| unit.samples).sum());
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
        progress.end(&unit.name, unit.samples, &outcome.to_string());
        summary.add(unit, outcome);
    }
    progress.finish();
    store.sync().context("syncing the metrics store")?;
    summary.remark(size::remark(&settings));
    Ok(summary.print())
}

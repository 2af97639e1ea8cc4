//! `observer-aio import loki DIR`: the lines in Loki's chunks become those of our tenants.
//!
//! ```text
//!   DIR ─ chunks, oldest first ── as many as fit a batch ──> store ─ flushed ─ read back, compared ─ noted (`notes`)
//! ```
//!
//! A chunk that is noted is not read again. One that cannot be read does not keep the others: the summary tells, and so
//! does the exit code. A batch that was cut off is stored again, and the store keeps no line twice.

mod batch;
mod notes;
mod summary;

use aio_kit::clock::{Clock, SystemClock};
use aio_loki_chunks::{ChunkFile, ChunksDir};
use aio_store_logs::{LogsRetention, LogsStore};
use aio_types::{TenantId, TimeRange, TimestampMs};
use anyhow::Context;

use self::batch::Batch;
use self::notes::Notes;
use self::summary::Summary;
use super::bounds::Bounds;
use super::progress::Progress;
use crate::cli::ImportLokiArgs;
use crate::config::{Logs, Settings};
use crate::serve;

/// How Loki calls those who have no tenant.
const NOBODY: &str = "fake";

/// Whether everything is in, and verified.
pub(super) fn import(args: &ImportLokiArgs) -> anyhow::Result<bool> {
    let settings = super::settings(&args.into)?;
    let nobody = TenantId::new(&args.tenant).context("--tenant")?;
    let bounds = Bounds::of(&args.time, longest(&settings), TimestampMs(SystemClock.now_ms()))?;
    let dir = ChunksDir::open(&args.dir)?;
    let _lock = serve::lock_data_dir(&settings.storage.data_dir).context("an import needs the data directory alone")?;
    // A batch bounds what is in memory, and is written to files as a whole.
    let config = aio_store_logs::Config { head_bytes_max: usize::MAX, ..serve::logs_config(&settings) };
    let store = LogsStore::open(config).context("opening the logs store")?;
    let mut notes = Notes::open(&settings.storage.data_dir)?;
    let mut summary = Summary::new(&bounds, &dir);
    let (wanted, unwanted): (Vec<_>, Vec<_>) = dir.files.iter().partition(|file| bounds.clip(file.range).is_some());
    summary.unwanted(unwanted.len());
    let mut progress = Progress::new("bytes of chunks", wanted.iter().map(|file| file.bytes).sum());
    let mut batch = Batch::default();
    for file in wanted {
        progress.begin(&format!("tenant {}", file.tenant));
        let tenant = if file.tenant == NOBODY { Ok(nobody.clone()) } else { TenantId::new(&file.tenant) };
        match tenant {
            Ok(tenant) => one(file, &tenant, &bounds, &notes, &mut batch, &mut summary),
            Err(error) => summary.failed(&file.path, &error.into()),
        }
        progress.advance(file.bytes);
        if batch.is_full() {
            batch.store(&store, &mut notes, &mut summary)?;
        }
    }
    batch.store(&store, &mut notes, &mut summary)?;
    progress.finish();
    Ok(summary.print())
}

/// How long anything of anybody is kept.
fn longest(settings: &Settings) -> std::time::Duration {
    let kept = settings.logs_per_tenant(Logs::kept);
    kept.own.values().map(LogsRetention::longest).fold(kept.common.longest(), Ord::max)
}

/// Reads one chunk into the batch, unless that was done before.
fn one(file: &ChunkFile, tenant: &TenantId, bounds: &Bounds, notes: &Notes, batch: &mut Batch, summary: &mut Summary) {
    let wanted = bounds.clip(file.range).unwrap_or(TimeRange::ALL);
    if notes.has(tenant, &file.key, wanted) {
        return summary.was_in(tenant);
    }
    match file.read() {
        Ok(chunk) => {
            let read = chunk.entries.len();
            let mut entries = chunk.entries;
            entries.retain(|entry| (wanted.start..=wanted.end).contains(&entry.ts.to_ms()));
            summary.read(tenant, read, read - entries.len());
            batch.add(tenant, &file.key, wanted, chunk.labels, entries);
        }
        Err(error) => summary.failed(&file.path, &error.into()),
    }
}

//! Reading the log at start.
//!
//! ```text
//!   log ──read, check, decode──> records, bounded ──place──> heads
//!              ^                                    │
//!              └───────── emptied entries ──────────┘
//! ```
//!
//! One thread decodes, another puts in place. What is between them is bounded, so that memory holds little more than what
//! the log describes, and goes back, so that millions of samples do not each take a piece of memory on the way.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use aio_kit::wal::{self, Wal};
use aio_types::TenantId;

use crate::error::Error;
use crate::head::Replay;
use crate::record::{self, OwnedEntry, Record};
use crate::store::WAL_SEGMENT_BYTES;
use crate::tenant::Tenant;
use crate::tombstones::{self, Found, Tombstone};

/// Decoded records that wait to be put in place.
const WAITING_MAX: usize = 16;
/// Of a larger record the memory is not kept.
const SPARE_MAX: usize = 1 << 15;

/// All tenants by name.
pub(crate) type Tenants = HashMap<TenantId, Arc<Tenant>>;

enum Step {
    Write(Record),
    Delete(TenantId, Tombstone),
}

/// Opens the log in `dir` and gives the tenants what is in it.
///
/// # Errors
/// As [`Wal::open`]; [`Error::Corrupt`] where a record means nothing.
pub(crate) fn open_log(dir: &Path, tenants: Tenants) -> Result<(Wal, Tenants), Error> {
    replay(dir, tenants, |place| Wal::open(dir, WAL_SEGMENT_BYTES, place))
}

/// As [`open_log`], and leaves the files as they are. There may be none.
pub(crate) fn read_log(dir: &Path, tenants: Tenants) -> Result<Tenants, Error> {
    if !dir.exists() {
        return Ok(tenants);
    }
    replay(dir, tenants, |place| Wal::read(dir, place)).map(|((), tenants)| tenants)
}

type Place<'a> = dyn FnMut(&[u8]) -> Result<(), String> + 'a;

/// `read` hands over the records of the log in `dir`.
fn replay<T>(
    dir: &Path,
    tenants: Tenants,
    read: impl FnOnce(&mut Place<'_>) -> Result<T, wal::Error>,
) -> Result<(T, Tenants), Error> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING_MAX);
        let (give_back, spare) = sync_channel(WAITING_MAX);
        let placed = scope.spawn(move || place_all(&receiver, &give_back, tenants));
        let read = read(&mut |bytes| {
            let ended_early = |_| "what it says cannot be put in place".to_owned();
            decode(bytes, &spare).and_then(|step| sender.send(step).map_err(ended_early))
        });
        drop(sender);
        match placed.join() {
            Ok(Ok(tenants)) => Ok((read?, tenants)),
            Ok(Err(reason)) => Err(Error::corrupt(dir, 0, reason)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn decode(bytes: &[u8], spare: &Receiver<Vec<OwnedEntry>>) -> Result<Step, String> {
    if bytes.first() == Some(&tombstones::RECORD) {
        let (tenant, tombstone) = tombstones::decode_record(bytes).ok_or("deletion is malformed")?;
        return Ok(Step::Delete(tenant, tombstone));
    }
    let spare = spare.try_recv().unwrap_or_default();
    let record = record::decode_with(bytes, spare).ok_or("record is malformed, or of another version")?;
    Ok(Step::Write(record))
}

/// In the order of the log: a deletion means what comes before it.
fn place_all(
    steps: &Receiver<Step>,
    give_back: &SyncSender<Vec<OwnedEntry>>,
    mut tenants: Tenants,
) -> Result<Tenants, String> {
    let mut replays: HashMap<TenantId, Replay> = HashMap::new();
    for step in steps {
        match step {
            Step::Delete(tenant, tombstone) => {
                let known = replays.entry(tenant.clone()).or_default();
                let mut memory = tenants.entry(tenant).or_default().memory.lock();
                memory.head.index_replayed(known);
                memory.delete(tombstone, Found::new());
            }
            Step::Write(record) => {
                let known = match replays.get_mut(&record.tenant) {
                    Some(known) => known,
                    None => replays.entry(record.tenant.clone()).or_default(),
                };
                let data = match tenants.get(&record.tenant) {
                    Some(data) => data,
                    None => tenants.entry(record.tenant.clone()).or_default(),
                };
                data.memory.lock().head.replay(&record, known)?;
                if record.series.len() <= SPARE_MAX {
                    let _or_nobody_needs_them = give_back.try_send(record.series);
                }
            }
        }
    }
    for (tenant, known) in &mut replays {
        if let Some(data) = tenants.get(tenant) {
            data.memory.lock().head.finish_replay(known);
        }
    }
    Ok(tenants)
}

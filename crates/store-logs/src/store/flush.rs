//! Memory goes to files.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use aio_source::LogsRead;
use aio_types::{Labels, LogEntry, TenantId};

use super::{LogsStore, Pending, Sealed, Tenant};
use crate::error::Error;
use crate::head::Head;
use crate::partition::{ChunkRef, Partition, Wanted};
use crate::plan::Lookup;
use crate::repeats::stored_already;
use crate::tombstones::Requests;

/// Most text of one chunk.
const CHUNK_BYTES_MAX: usize = 256 << 10;
/// Most lines of one chunk.
const CHUNK_LINES_MAX: usize = 16 << 10;

impl LogsStore {
    /// Writes all of memory to files.
    ///
    /// # Errors
    /// When files cannot be written; nothing is lost, the next call tries again.
    pub fn flush(&self) -> Result<(), Error> {
        self.flush_while(|| true)
    }

    /// The same, as far as it gets until the store is stopped.
    pub(super) fn flush_until_stopped(&self) -> Result<(), Error> {
        self.flush_while(|| !self.stopped.load(Ordering::Relaxed))
    }

    fn flush_while(&self, goes_on: impl Fn() -> bool) -> Result<(), Error> {
        let mut pending = self.flushing.lock();
        let due = match *pending {
            Some(due) => due,
            None => self.seal()?,
        };
        *pending = Some(due);
        let tenants: Vec<_> = self.tenants.read().iter().map(|(t, d)| (t.clone(), Arc::clone(d))).collect();
        for (tenant, data) in tenants {
            // The log has what is left, and the next start takes it up.
            if !goes_on() {
                return Ok(());
            }
            self.write_sealed(&tenant, &data, due.sequence)?;
        }
        self.wal.truncate_before(due.segment)?;
        *pending = None;
        Ok(())
    }

    /// Sets memory aside, to be written while new lines come in.
    fn seal(&self) -> Result<Pending, Error> {
        let _no_appends = self.seal.write();
        let segment = self.wal.rotate()?;
        for data in self.tenants.read().values() {
            let mut state = data.state.lock();
            if !state.head.streams.is_empty() {
                let head = std::mem::take(&mut state.head);
                state.sealed = Some(Arc::new(Sealed { head }));
            }
        }
        Ok(Pending { sequence: self.sequence.load(Ordering::Relaxed), segment })
    }

    fn write_sealed(&self, tenant: &TenantId, data: &Tenant, sequence: u64) -> Result<(), Error> {
        let Some(sealed) = data.state.lock().sealed.clone() else { return Ok(()) };
        let requests = Arc::clone(&data.state.lock().requests);
        let mut written = Vec::new();
        for (day, streams) in streams_by_day(&sealed.head) {
            let existing = data.state.lock().partitions.get(&day).cloned();
            let partition = match existing {
                Some(partition) => partition,
                None => self.create_partition(tenant, day)?,
            };
            // A retry after a failure half-way.
            if partition.marker() < sequence {
                let fresh = without_stored(&partition, &requests, streams)?;
                let chunks: Vec<_> =
                    fresh.iter().flat_map(|(labels, entries)| chunks(entries).map(move |c| (*labels, c))).collect();
                partition.append(&chunks, sequence)?;
                tracing::info!(%tenant, path = %partition.dir.display(), chunks = chunks.len(), "chunks written");
            }
            written.push((day, partition));
        }
        let mut state = data.state.lock();
        for (day, partition) in written {
            partition.refresh()?;
            state.partitions.insert(day, partition);
        }
        state.sealed = None;
        self.memory.fetch_sub(sealed.head.bytes as u64, Ordering::Relaxed);
        self.tell_of_room();
        Ok(())
    }

    fn create_partition(&self, tenant: &TenantId, day: i64) -> Result<Arc<Partition>, Error> {
        let tenants_dir = self.config.data_dir.join("logs/tenants");
        let tenant_dir = tenants_dir.join(tenant.as_str());
        let dir = tenant_dir.join(day.to_string());
        // Left by a failure half-way: all its lines are still in memory and in the log of writes.
        if dir.exists() {
            std::fs::remove_dir_all(&dir).map_err(Error::io(&dir))?;
        }
        let partition = Partition::create(&dir)?;
        // The log is cut once the lines are in here, so the way here must be on disk as well.
        for parent in [&tenant_dir, &tenants_dir] {
            aio_kit::fs::sync_dir(parent).map_err(Error::io(parent))?;
        }
        Ok(Arc::new(partition))
    }
}

/// Lines of one stream.
type Stream<'a> = (&'a Labels, Cow<'a, [LogEntry]>);

fn streams_by_day(head: &Head) -> BTreeMap<i64, Vec<Stream<'_>>> {
    let mut days: BTreeMap<i64, Vec<Stream<'_>>> = BTreeMap::new();
    for (labels, stream) in &head.streams {
        for day in stream.entries.chunk_by(|a, b| a.ts.day() == b.ts.day()) {
            let Some(first) = day.first() else { continue };
            days.entry(first.ts.day()).or_default().push((labels, Cow::Borrowed(day)));
        }
    }
    days
}

/// The same without lines that the partition has already, so that files hold none twice.
fn without_stored<'a>(
    partition: &Arc<Partition>,
    requests: &Requests,
    mut streams: Vec<Stream<'a>>,
) -> Result<Vec<Stream<'a>>, Error> {
    let start = streams.iter().filter_map(|(_, entries)| entries.first()).map(|e| e.ts).min();
    let end = streams.iter().filter_map(|(_, entries)| entries.last()).map(|e| e.ts).max();
    let (Some(start), Some(end)) = (start, end) else { return Ok(streams) };
    let mut read = LogsRead::default();
    let wanted = Wanted { matchers: &[], start, end: end.saturating_add(1), lookup: &Lookup::Any };
    let view = partition.view(Arc::clone(requests));
    let mut stored: HashMap<Labels, Vec<ChunkRef>> = HashMap::new();
    for chunk in view.chunks(&wanted, &mut read)? {
        stored.entry(chunk.labels.clone()).or_default().push(chunk);
    }
    for (labels, entries) in &mut streams {
        let Some(chunks) = stored.get(labels) else { continue };
        let repeats = stored_already(chunks.iter().map(|chunk| (&view, chunk)), entries, &mut read);
        if repeats.contains(&true) {
            let fresh = entries.iter().zip(&repeats).filter(|(_, is_stored)| !**is_stored);
            *entries = Cow::Owned(fresh.map(|(entry, _)| entry.clone()).collect());
        }
    }
    streams.retain(|(_, entries)| !entries.is_empty());
    Ok(streams)
}

/// Parts of at most [`CHUNK_BYTES_MAX`] and [`CHUNK_LINES_MAX`].
pub(super) fn chunks(entries: &[LogEntry]) -> impl Iterator<Item = &[LogEntry]> {
    let mut rest = entries;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let len = rest.iter().take(CHUNK_LINES_MAX).position(|entry| {
            let is_full = bytes >= CHUNK_BYTES_MAX;
            bytes += entry.line.len();
            is_full
        });
        let (chunk, after) = rest.split_at(len.unwrap_or(rest.len().min(CHUNK_LINES_MAX)));
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

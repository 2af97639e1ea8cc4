//! Files are written anew without what was deleted, and with small chunks made large.
//!
//! Both happen a few chunks at a time, one commit each, so that they can be stopped between two and what they hold is
//! bounded. A commit takes chunks out and puts others in at once: no reader sees a line twice or misses one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use aio_source::LogsRead;
use aio_types::{Labels, LogEntry, TenantId, TimestampMs, TimestampNs};

use super::flush::chunks;
use super::{LogsStore, Tenant};
use crate::error::Error;
use crate::line_filter::LineFilter;
use crate::partition::{ChunkRef, Partition, Replacement, View, Wanted};
use crate::plan::Lookup;
use crate::tombstones::{self, DeleteLines, DeleteRequest};

/// Text of the chunks that one commit takes out.
const STEP_BYTES_MAX: u64 = 16 << 20;
/// Chunks with less text are small.
const SMALL_BYTES: u64 = 64 << 10;
/// A stream's small chunks of a day are made one when there are so many.
const SMALL_CHUNKS: usize = 8;
/// How many requests that are done are remembered.
const DONE_MAX: usize = 1_000;

impl LogsStore {
    /// Deletes lines that are stored now. On return they are in no answer, and will not be after a restart; files are
    /// written anew by a later [`LogsStore::maintain`]. Returns the request's id.
    ///
    /// # Errors
    /// [`Error::Query`]; or when memory cannot be written to files, or the request cannot be. Nothing is deleted then.
    pub fn delete(&self, tenant: &TenantId, lines: DeleteLines, now: TimestampMs) -> Result<String, Error> {
        let selects = (self.config.read_query)(&lines.query).map_err(Error::Query)?;
        // What is deleted is in files, what comes later is not among it.
        self.flush()?;
        let data = self.tenant(tenant);
        let _no_flush = self.flushing.lock();
        let sequence = data.state.lock().partitions.values().map(|p| p.marker()).max().unwrap_or(0);
        let mut requests = data.state.lock().requests.to_vec();
        let number = requests.iter().filter_map(|r| r.id.parse::<u64>().ok()).max().unwrap_or(0);
        let id = number.max(u64::try_from(now.0).unwrap_or(0)).saturating_add(1).to_string();
        let (id_, selects) = (id.clone(), Some(Arc::new(selects)));
        requests.push(DeleteRequest { id: id_, created: now, lines, is_processed: false, sequence, selects });
        self.set_requests(tenant, &data, requests)?;
        Ok(id)
    }

    /// All requests of a tenant to delete lines, oldest first.
    #[must_use]
    pub fn delete_requests(&self, tenant: &TenantId) -> Vec<DeleteRequest> {
        self.tenants.read().get(tenant).map(|data| data.state.lock().requests.to_vec()).unwrap_or_default()
    }

    /// Forgets a request that is not processed; its lines are seen again. Returns whether there was one.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn cancel_delete(&self, tenant: &TenantId, id: &str) -> Result<bool, Error> {
        let data = self.tenant(tenant);
        let _no_flush = self.flushing.lock();
        let mut requests = data.state.lock().requests.to_vec();
        let before = requests.len();
        requests.retain(|r| r.is_processed || r.id != id);
        let is_found = requests.len() < before;
        if is_found {
            self.set_requests(tenant, &data, requests)?;
        }
        Ok(is_found)
    }

    /// Makes maintenance end early, at the next step; what is undone is done after a restart.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn set_requests(&self, tenant: &TenantId, data: &Tenant, requests: Vec<DeleteRequest>) -> Result<(), Error> {
        let dir = self.config.data_dir.join("logs/tenants").join(tenant.as_str());
        std::fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
        tombstones::save(&dir.join(tombstones::FILE), &requests)?;
        data.state.lock().requests = Arc::new(requests);
        Ok(())
    }

    /// Takes what was deleted out of files, then makes small chunks large.
    pub(super) fn keep_up(&self) -> Result<(), Error> {
        let tenants: Vec<_> = self.tenants.read().iter().map(|(t, d)| (t.clone(), Arc::clone(d))).collect();
        for (tenant, data) in tenants {
            let _no_flush = self.flushing.lock();
            self.take_out_deleted(&tenant, &data)?;
            let partitions: Vec<_> = data.state.lock().partitions.values().cloned().collect();
            for partition in partitions {
                if self.stopped.load(Ordering::Relaxed) {
                    return Ok(());
                }
                if partition.is_due_for_merging(SMALL_CHUNKS) {
                    self.merge_small(&data, &partition)?;
                }
                partition.remove_garbage()?;
            }
        }
        Ok(())
    }

    fn take_out_deleted(&self, tenant: &TenantId, data: &Tenant) -> Result<(), Error> {
        let (requests, partitions): (_, Vec<_>) = {
            let state = data.state.lock();
            (Arc::clone(&state.requests), state.partitions.values().cloned().collect())
        };
        if requests.iter().all(|r| r.is_processed) {
            return Ok(());
        }
        for partition in partitions {
            let view = partition.view(Arc::clone(&requests));
            // Chunks that are deleted as a whole are in no view with requests.
            let all = all_chunks(&partition.view(Arc::default()))?;
            let touched = all.into_iter().filter(|c| requests.iter().any(|r| r.touches(c)));
            for step in steps(touched.map(|chunk| vec![chunk]).collect()) {
                if self.stopped.load(Ordering::Relaxed) {
                    return Ok(());
                }
                rewrite(data, &partition, &view, &step)?;
            }
        }
        let mut done: Vec<DeleteRequest> =
            requests.iter().map(|r| DeleteRequest { is_processed: true, selects: None, ..r.clone() }).collect();
        done.drain(..done.len().saturating_sub(DONE_MAX));
        self.set_requests(tenant, data, done)
    }

    fn merge_small(&self, data: &Tenant, partition: &Arc<Partition>) -> Result<(), Error> {
        // A merged chunk is as new as its newest part, which a request must not take for older.
        if data.state.lock().requests.iter().any(|r| !r.is_processed) {
            return Ok(());
        }
        let view = partition.view(Arc::default());
        let mut streams: BTreeMap<Labels, Vec<ChunkRef>> = BTreeMap::new();
        for chunk in all_chunks(&view)?.into_iter().filter(|c| c.line_bytes < SMALL_BYTES) {
            streams.entry(chunk.labels.clone()).or_default().push(chunk);
        }
        streams.retain(|_, chunks| chunks.len() >= SMALL_CHUNKS);
        for step in steps(streams.into_values().collect()) {
            if self.stopped.load(Ordering::Relaxed) {
                return Ok(());
            }
            rewrite(data, partition, &view, &step)?;
        }
        partition.is_merged();
        Ok(())
    }
}

pub(super) fn all_chunks(view: &View) -> Result<Vec<ChunkRef>, Error> {
    let wanted = Wanted { matchers: &[], start: TimestampNs::MIN, end: TimestampNs::MAX, lookup: &Lookup::Any };
    view.chunks(&wanted, &mut LogsRead::default())
}

/// Groups that are small enough to be held in memory together.
fn steps(groups: Vec<Vec<ChunkRef>>) -> Vec<Vec<Vec<ChunkRef>>> {
    let mut steps: Vec<Vec<Vec<ChunkRef>>> = Vec::new();
    let mut bytes = u64::MAX;
    for group in groups {
        let size: u64 = group.iter().map(ChunkRef::bytes).sum();
        if bytes.saturating_add(size) > STEP_BYTES_MAX {
            steps.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(step) = steps.last_mut() {
            step.push(group);
        }
    }
    steps
}

/// Writes the lines of each group, all of one stream, as new chunks in place of the old ones. A damaged chunk stays.
fn rewrite(data: &Tenant, partition: &Arc<Partition>, view: &View, groups: &[Vec<ChunkRef>]) -> Result<(), Error> {
    let (mut old, mut new) = (Vec::new(), Vec::<(Labels, Vec<LogEntry>, u64)>::new());
    for group in groups {
        let (mut entries, mut sequence) = (Vec::new(), 0);
        for chunk in group {
            match view.read(chunk, &LineFilter::default(), &mut LogsRead::default()) {
                Ok(lines) => {
                    entries.extend(lines);
                    old.push(chunk.id);
                    sequence = sequence.max(chunk.sequence);
                }
                Err(error) => tracing::error!(%error, "damaged chunk stays as it is"),
            }
        }
        if let Some(chunk) = group.first() {
            entries.sort_by_key(|e: &LogEntry| e.ts);
            new.push((chunk.labels.clone(), entries, sequence));
        }
    }
    let parts = new.iter().flat_map(|(labels, entries, sequence)| {
        chunks(entries).map(move |entries| Replacement { labels, entries, sequence: *sequence })
    });
    partition.replace(&old, &parts.collect::<Vec<_>>())?;
    let _readers_see_all_or_nothing = data.state.lock();
    partition.refresh()
}

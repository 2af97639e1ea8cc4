//! Copies of the store as it is at one moment, made of hard links.
//!
//! ```text
//!   <data>/metrics/snapshots/NAME/metrics/     a data directory a server can be started on
//!       tenants/TENANT/*.block                 links to the blocks there are, and what memory held as a block
//!       tenants/TENANT/tombstones
//!       wal/                                   metadata
//! ```
//!
//! Built under another name and renamed when it is whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aio_kit::wal::Wal;
use aio_types::TenantId;

use crate::block::Block;
use crate::block_writer;
use crate::error::Error;
use crate::head::{Head, HeadView};
use crate::record;
use crate::store::{MetricsStore, WAL_SEGMENT_BYTES};
use crate::tenant::Tenant;
use crate::tombstones::{self, Tombstones};

const BUILDING: &str = "tmp";

/// One tenant at the moment of the snapshot.
struct Part {
    tenant: TenantId,
    blocks: Arc<Vec<Arc<Block>>>,
    tombstones: Tombstones,
    /// With the sequences of the blocks they become.
    heads: Vec<(u64, HeadView)>,
    /// As a record of the log.
    metadata: Vec<Vec<u8>>,
}

impl Part {
    fn of(tenant: TenantId, data: &Tenant) -> Self {
        let memory = data.memory.lock();
        let sealed = memory.sealed.iter().map(|sealed| (memory.next_sequence, sealed.view()));
        let heads = sealed.chain([(memory.next_sequence.saturating_add(1), memory.head.view())]).collect();
        let metadata = records_of_metadata(&tenant, &memory.head);
        let (blocks, tombstones) = (Arc::clone(&memory.blocks), Arc::clone(&memory.tombstones));
        Self { tenant, blocks, tombstones, heads, metadata }
    }
}

/// What a head knows of metric families, as it goes into a log: in records of about this many bytes.
pub(crate) fn records_of_metadata(tenant: &TenantId, head: &Head) -> Vec<Vec<u8>> {
    const RECORD_BYTES: usize = 16 << 20;
    let (mut records, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (name, metadata) in head.metadata().iter() {
        bytes += name.len() + metadata.help.len() + metadata.unit.len();
        part.push((name.clone(), metadata.clone()));
        if bytes >= RECORD_BYTES {
            records.push(record::encode(tenant, head.epoch(), &std::mem::take(&mut part), [].into_iter()));
            bytes = 0;
        }
    }
    if !part.is_empty() {
        records.push(record::encode(tenant, head.epoch(), &part, [].into_iter()));
    }
    records
}

impl MetricsStore {
    /// Puts aside all tenants' data as of now, without what is in memory only where `skip_head` says so. Returns the
    /// directory, which a server takes as its data directory.
    ///
    /// # Errors
    /// [`Error::SnapshotName`]; when files cannot be written, and then nothing is left of it.
    pub fn snapshot(&self, name: &str, skip_head: bool) -> Result<PathBuf, Error> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let root = snapshots_dir(&self.config.data_dir);
        let finished = root.join(name);
        if name.is_empty() || name.len() > 200 || !name.chars().all(is_plain) || finished.exists() {
            return Err(Error::SnapshotName(name.to_owned()));
        }
        let building = finished.with_extension(BUILDING);
        let built = self.build_snapshot(&building, skip_head).and_then(|()| {
            std::fs::rename(&building, &finished).map_err(Error::io(&finished))?;
            sync_dir(&root)
        });
        if built.is_err() {
            let _best_effort = std::fs::remove_dir_all(&building);
        }
        built.map(|()| finished)
    }

    fn build_snapshot(&self, dir: &Path, skip_head: bool) -> Result<(), Error> {
        let dir = dir.join("metrics");
        let tenants_dir = dir.join("tenants");
        std::fs::create_dir_all(&tenants_dir).map_err(Error::io(&tenants_dir))?;
        let parts = {
            let _files_stay = self.removals.lock();
            let parts: Vec<_> = {
                let _no_appends = self.checkpoint.write();
                self.tenants().into_iter().map(|(tenant, data)| Part::of(tenant, &data)).collect()
            };
            parts.iter().try_for_each(|part| link_blocks(&tenants_dir, part))?;
            parts
        };
        let wal = Wal::open(&dir.join("wal"), WAL_SEGMENT_BYTES, |_| Err("a new log is empty".to_owned()))?;
        for part in &parts {
            let dir = tenants_dir.join(part.tenant.as_str());
            for (sequence, head) in part.heads.iter().filter(|_| !skip_head) {
                block_writer::write(&dir, *sequence, head)?;
            }
            sync_dir(&dir)?;
            part.metadata.iter().try_for_each(|record| wal.append(record))?;
        }
        wal.sync()?;
        sync_dir(&tenants_dir)?;
        sync_dir(&dir)
    }
}

fn link_blocks(tenants_dir: &Path, part: &Part) -> Result<(), Error> {
    let dir = tenants_dir.join(part.tenant.as_str());
    std::fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
    for block in part.blocks.iter() {
        let link = dir.join(block.path.file_name().unwrap_or_default());
        // Not every file system has links.
        let linked = std::fs::hard_link(&block.path, &link).or_else(|_| copy(&block.path, &link));
        linked.map_err(Error::io(&link))?;
    }
    tombstones::save(&dir, &part.tombstones)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::copy(from, to)?;
    std::fs::File::open(to)?.sync_all()
}

fn sync_dir(dir: &Path) -> Result<(), Error> {
    aio_kit::fs::sync_dir(dir).map_err(Error::io(dir))
}

fn snapshots_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("metrics/snapshots")
}

/// Removes what a crash left half built.
pub(crate) fn remove_unfinished(data_dir: &Path) -> Result<(), Error> {
    let root = snapshots_dir(data_dir);
    let Ok(entries) = std::fs::read_dir(&root) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(Error::io(&root))?.path();
        if path.extension().is_some_and(|extension| extension == BUILDING) {
            std::fs::remove_dir_all(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

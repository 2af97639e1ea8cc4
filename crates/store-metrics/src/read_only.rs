//! What a data directory or a snapshot holds, read without changing a byte of it.
//!
//! ```text
//!   <data>/metrics/tenants/TENANT/*.block   as a start would leave them, had it removed what is left over
//!   <data>/metrics/wal/                     replayed into memory
//! ```
//!
//! What a start would repair is passed over: half-written files, parents of merged blocks, half an import, the torn tail of
//! the log. Damage that a start would set aside is an error here: a copy that silently lacks something is worse than
//! none.

use std::path::Path;
use std::sync::Arc;

use aio_source::MetricsSource;
use aio_types::TenantId;

use crate::block::Block;
use crate::compact;
use crate::error::Error;
use crate::import;
use crate::replay::{self, Tenants};
use crate::source::Snapshot;
use crate::store::open_tenants;

/// The metrics of a directory that nobody writes to.
#[derive(Debug)]
pub struct ReadOnly {
    tenants: Tenants,
}

impl ReadOnly {
    /// Reads `metrics/` below `data_dir`; samples in blocks are read when they are wanted.
    ///
    /// # Errors
    /// [`Error::Io`], also where there is no such directory; [`Error::Corrupt`] for a damaged block, log or file of
    /// tombstones.
    pub fn open(data_dir: &Path) -> Result<Self, Error> {
        let root = data_dir.join("metrics");
        let tenants = open_tenants(&root.join("tenants"), sound_blocks)?;
        Ok(Self { tenants: replay::read_log(&root.join("wal"), tenants)? })
    }

    /// Whose data there is, sorted.
    #[must_use]
    pub fn tenants(&self) -> Vec<&TenantId> {
        let mut all: Vec<_> = self.tenants.keys().collect();
        all.sort();
        all
    }

    /// A tenant's metrics; `None` of one that is not there.
    #[must_use]
    pub fn source(&self, tenant: &TenantId) -> Option<Arc<dyn MetricsSource>> {
        let tenant = self.tenants.get(tenant)?;
        Some(Arc::new(Snapshot::of(tenant)))
    }
}

/// Oldest first.
fn sound_blocks(dir: &Path) -> Result<Vec<Arc<Block>>, Error> {
    let mut blocks = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        if path.extension().is_some_and(|extension| extension == "block") {
            blocks.push(Arc::new(Block::open(&path)?));
        }
    }
    let unfinished = import::unfinished(dir)?;
    blocks.retain(|block: &Arc<Block>| !unfinished.contains(&block.sequence));
    blocks.sort_by_key(|block: &Arc<Block>| block.sequence);
    compact::without_parents(dir, blocks)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::time::Duration;

    use aio_types::{Labels, MatchOp, Matcher, MetricsWrite, Sample, Samples, SeriesWrite, TimeRange, TimestampMs};

    use super::*;
    use crate::{Config, MetricsStore, OnFault};

    const HOUR: i64 = 3_600_000;

    fn open(dir: &Path) -> MetricsStore {
        let out_of_order = Duration::from_secs(100 * 3600);
        let config = Config { data_dir: dir.to_owned(), out_of_order, ..Config::default() };
        MetricsStore::open(config).expect("opens")
    }

    fn append(store: &MetricsStore, name: &str, t: i64) {
        let labels = Labels::from_pairs([("__name__", name)]);
        let samples = vec![Sample { t: TimestampMs(t), v: 1.5 }].into();
        let write = MetricsWrite::from_iter([SeriesWrite { labels, samples, exemplars: Vec::new() }]);
        store.append(&TenantId::default(), &write, TimestampMs(t), OnFault::KeepTheRest).expect("appends");
    }

    fn held(source: &dyn MetricsSource) -> Vec<(String, Vec<i64>)> {
        let any = Matcher::new("__name__", MatchOp::Regex, ".+").expect("valid");
        let mut held = Vec::new();
        for series in source.select(&[any], TimeRange::ALL).expect("selects") {
            let mut samples = Samples::default();
            series.read(TimeRange::ALL, &mut samples).expect("reads");
            held.push((series.labels().to_string(), samples.times().map(|t| t.0).collect()));
        }
        held
    }

    fn files(dir: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).expect("lists") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                files(&path, found);
            } else {
                found.insert(path.clone(), std::fs::read(&path).expect("reads"));
            }
        }
    }

    /// Blocks, a deletion, a head, and what a crash leaves.
    fn left_by_a_crash(dir: &Path) -> Vec<(String, Vec<i64>)> {
        let store = open(dir);
        for hour in 0..6 {
            append(&store, "a", hour * HOUR);
            append(&store, "b", hour * HOUR);
            store.maintain(TimestampMs(hour * HOUR)).expect("maintains");
        }
        let b = vec![vec![Matcher::new("__name__", MatchOp::Equal, "b").expect("valid")]];
        store.delete(&TenantId::default(), &b, TimeRange::new(0, 3 * HOUR)).expect("deletes");
        let held = held(&*store.source(&TenantId::default()));
        drop(store);
        let tenant = dir.join("metrics/tenants/default");
        std::fs::write(tenant.join("compacting.tmp"), b"half").expect("writes");
        let parents: Vec<u64> = (0..90).collect();
        compact::note_for_tests(&tenant, 99, &parents);
        let wal = std::fs::read_dir(dir.join("metrics/wal")).expect("lists").map(|e| e.expect("entry").path()).max();
        let wal = wal.expect("a segment");
        let mut bytes = std::fs::read(&wal).expect("reads");
        bytes.extend_from_slice(&[9; 5]);
        std::fs::write(wal, bytes).expect("writes");
        held
    }

    #[test]
    fn everything_is_read_and_nothing_is_changed() {
        let dir = tempfile::tempdir().expect("temp dir");
        let expected = left_by_a_crash(dir.path());
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
        files(dir.path(), &mut before);
        let read = ReadOnly::open(dir.path()).expect("opens");
        assert_eq!(read.tenants(), [&TenantId::default()]);
        assert_eq!(held(&*read.source(&TenantId::default()).expect("is there")), expected);
        assert!(read.source(&TenantId::new("nobody").expect("valid")).is_none());
        files(dir.path(), &mut after);
        assert!(before == after, "files have changed");
        // A start finds the same.
        assert_eq!(held(&*open(dir.path()).source(&TenantId::default())), expected);
    }

    #[test]
    fn snapshots_are_read_alike() {
        let dir = tempfile::tempdir().expect("temp dir");
        let expected = left_by_a_crash(dir.path());
        let snapshot = open(dir.path()).snapshot("copy", false).expect("is taken");
        let read = ReadOnly::open(&snapshot).expect("opens");
        assert_eq!(held(&*read.source(&TenantId::default()).expect("is there")), expected);
    }

    #[test]
    fn damage_and_absence_are_errors() {
        let dir = tempfile::tempdir().expect("temp dir");
        assert!(matches!(ReadOnly::open(dir.path()), Err(Error::Io { .. })), "no store");
        left_by_a_crash(dir.path());
        let tenant = dir.path().join("metrics/tenants/default");
        std::fs::write(tenant.join("0-1-77.block"), b"damaged").expect("writes");
        assert!(matches!(ReadOnly::open(dir.path()), Err(Error::Corrupt { .. })), "a damaged block");
    }
}

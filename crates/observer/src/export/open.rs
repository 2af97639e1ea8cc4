//! Where an export reads from.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use aio_source::MetricsSource;
use aio_store_metrics::ReadOnly;
use aio_types::TenantId;
use anyhow::{Context, bail};

use super::args::SourceArgs;

/// A directory that is read and not changed.
pub(super) struct Opened {
    store: ReadOnly,
    /// Keeps servers away while it is read.
    _lock: Option<File>,
}

impl Opened {
    pub(super) fn open(args: &SourceArgs) -> anyhow::Result<Self> {
        let (dir, is_snapshot) = match (&args.data_dir, &args.snapshot) {
            (Some(dir), _) => (dir, false),
            (None, Some(dir)) => (dir, true),
            (None, None) => bail!("neither --data-dir nor --snapshot is given"),
        };
        if !dir.join("metrics/tenants").is_dir() {
            bail!("{} holds no metrics: {}", dir.display(), expected(is_snapshot));
        }
        let lock = lock(dir, is_snapshot)?;
        let store = ReadOnly::open(dir).with_context(|| format!("reading {}", dir.display()))?;
        Ok(Self { store, _lock: lock })
    }

    pub(super) fn source(&self, tenant: &TenantId) -> anyhow::Result<Arc<dyn MetricsSource>> {
        let there = || {
            let tenants: Vec<_> = self.store.tenants().into_iter().map(TenantId::as_str).collect();
            if tenants.is_empty() { "there is none".to_owned() } else { format!("there are: {}", tenants.join(", ")) }
        };
        self.store.source(tenant).with_context(|| format!("no metrics of tenant {tenant}; {}", there()))
    }
}

fn expected(is_snapshot: bool) -> &'static str {
    if is_snapshot {
        "a snapshot is a directory <data>/metrics/snapshots/NAME"
    } else {
        "expected is what a server was given as --data-dir"
    }
}

/// Shared with other readers, never with a server. A snapshot has a lock only if a server was started on it, and gets
/// none from here; neither does a directory that cannot be written to.
fn lock(dir: &Path, is_snapshot: bool) -> anyhow::Result<Option<File>> {
    let path = dir.join("lock");
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_snapshot => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match File::create(&path) {
            Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => return Ok(None),
            created => created,
        },
        opened => opened,
    };
    let file = file.with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => bail!(
            "{} is in use by a running server: stop it, or take a snapshot (POST /api/v1/admin/tsdb/snapshot) and \
             export that with --snapshot",
            dir.display()
        ),
        Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

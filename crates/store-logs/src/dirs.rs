//! The directories of the store: `tenants/TENANT/DAY`, beside them `deletes`, `DAY.corrupt-N` and `DAY.expired`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use aio_types::TenantId;
use parking_lot::Mutex;

use crate::error::Error;
use crate::partition::Partition;
use crate::store::{State, Tenant};
use crate::tombstones::{self, ReadQuery};

const NS_PER_DAY: i64 = 86_400_000_000_000;
/// Extension of a day whose removal began.
const EXPIRED: &str = "expired";
/// Beginning of the extension of a day with damaged files.
const SET_ASIDE: &str = "corrupt";

pub(crate) fn open_tenants(dir: &Path, read: ReadQuery) -> Result<HashMap<TenantId, Arc<Tenant>>, Error> {
    let mut tenants = HashMap::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let entry = entry.map_err(Error::io(dir))?;
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|n| TenantId::new(n).ok()) else { continue };
        let requests = Arc::new(tombstones::load(&entry.path().join(tombstones::FILE), read)?);
        let state = State { partitions: open_partitions(&entry.path())?, requests, ..State::default() };
        tenants.insert(id, Arc::new(Tenant { state: Mutex::new(state) }));
    }
    Ok(tenants)
}

fn open_partitions(dir: &Path) -> Result<BTreeMap<i64, Arc<Partition>>, Error> {
    let mut partitions = BTreeMap::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        if path.extension().is_some_and(|e| e == EXPIRED) {
            std::fs::remove_dir_all(&path).map_err(Error::io(&path))?;
            continue;
        }
        let day = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse::<i64>().ok());
        let Some(day) = day.filter(|d| d.checked_mul(NS_PER_DAY).is_some()) else { continue };
        if !path.join("meta.json").exists() && !has_chunks(&path)? {
            // Created, never committed to: its lines are still in the log of writes.
            std::fs::remove_dir_all(&path).map_err(Error::io(&path))?;
            continue;
        }
        match Partition::open(&path) {
            Ok(partition) => {
                partitions.insert(day, Arc::new(partition));
            }
            Err(error) => set_aside(&path, &error)?,
        }
    }
    Ok(partitions)
}

fn has_chunks(path: &Path) -> Result<bool, Error> {
    let files = std::fs::read_dir(path).map_err(Error::io(path))?;
    Ok(files.filter_map(Result::ok).any(|file| file.path().extension().is_some_and(|e| e == "store")))
}

/// Removes a day. It is renamed first, so that a half-removed one is never taken for a damaged one.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let expired = path.with_extension(EXPIRED);
    std::fs::rename(path, &expired).map_err(Error::io(path))?;
    std::fs::remove_dir_all(&expired).map_err(Error::io(&expired))
}

/// Removes what was set aside for damage and is past retention as well: days before `horizon`.
pub(crate) fn remove_set_aside(tenant_dir: &Path, horizon: i64) -> Result<(), Error> {
    for entry in std::fs::read_dir(tenant_dir).map_err(Error::io(tenant_dir))? {
        let path = entry.map_err(Error::io(tenant_dir))?.path();
        let is_aside = path.extension().and_then(|e| e.to_str()).is_some_and(|e| e.starts_with(SET_ASIDE));
        let day = path.file_stem().and_then(|n| n.to_str()).and_then(|n| n.parse::<i64>().ok());
        if is_aside && day.is_some_and(|day| day < horizon) {
            tracing::info!(path = %path.display(), "damaged and past retention, removed");
            std::fs::remove_dir_all(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

fn set_aside(path: &Path, error: &Error) -> Result<(), Error> {
    let aside = (0..u32::MAX).map(|i| path.with_extension(format!("{SET_ASIDE}-{i}"))).find(|p| !p.exists());
    let aside = aside.unwrap_or_else(|| path.with_extension(SET_ASIDE));
    tracing::error!(%error, aside = %aside.display(), "damaged partition set aside");
    std::fs::rename(path, &aside).map_err(Error::io(path))
}

//! Whether a Prometheus has a data directory open.

use std::fs::File;
use std::path::Path;

use crate::error::Error;

/// Takes the lock that a running Prometheus holds; a snapshot has none, nor has every Prometheus one.
pub(crate) fn lock(dir: &Path) -> Result<Option<File>, Error> {
    if is_open_elsewhere(dir) {
        return Err(Error::InUse { path: dir.to_owned() });
    }
    let path = dir.join("lock");
    let file = match File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(Error::io(&path))?,
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::InUse { path: dir.to_owned() }),
        // A file system without locks: nobody can hold one.
        Err(std::fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// Whether another process that can be seen from here has a segment of the log open.
fn is_open_elsewhere(dir: &Path) -> bool {
    let Ok(wal) = dir.join("wal").canonicalize() else { return false };
    let Ok(processes) = std::fs::read_dir("/proc") else { return false };
    let own = std::process::id().to_string();
    let others = processes.flatten().filter(|process| {
        let name = process.file_name();
        name != *own && name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    });
    let open = others.flat_map(|process| std::fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten());
    open.filter_map(|file| std::fs::read_link(file.path()).ok()).any(|target| target.starts_with(&wal))
}

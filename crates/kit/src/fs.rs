//! Files that are either whole or absent.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Writes `bytes` to `path` so that after a crash the file holds all of them or does not exist (or holds what it held
/// before): temporary file, fsync, rename, fsync of the directory.
///
/// # Errors
/// Whatever the file system says; the temporary file is removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let written = (|| {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        let _best_effort = std::fs::remove_file(&temporary);
        return written;
    }
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Makes renames and removals in a directory durable.
///
/// # Errors
/// Whatever the file system says.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

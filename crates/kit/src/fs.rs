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

/// Creates a directory, and those it lies in, so that it is there after a crash. Nothing happens where it is there.
///
/// # Errors
/// Whatever the file system says.
pub fn create_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_dir(parent)?;
    }
    match std::fs::create_dir(dir) {
        // Somebody else did.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !dir.is_dir() => return Err(error),
        _ => {}
    }
    sync_dir(parent.unwrap_or(Path::new(".")))
}

/// Makes renames and removals in a directory durable.
///
/// # Errors
/// Whatever the file system says.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// What the files of a directory, and of those in it, take. What goes away meanwhile is not counted.
///
/// # Errors
/// Whatever the file system says of the directory itself.
pub fn bytes_in(dir: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir)? {
        let Ok(entry) = entry else { continue };
        bytes += match entry.metadata() {
            Ok(inner) if inner.is_dir() => bytes_in(&entry.path()).unwrap_or(0),
            Ok(file) => file.len(),
            Err(_) => 0,
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_created_where_they_are_missing_and_nothing_is_in_the_way() {
        let root = tempfile::tempdir().expect("temp dir");
        let deep = root.path().join("a/b/c");
        create_dir(&deep).expect("creates");
        create_dir(&deep).expect("is there");
        assert!(deep.is_dir());
        std::fs::write(root.path().join("file"), b"").expect("writes");
        create_dir(&root.path().join("file")).expect_err("a file has the name");
        create_dir(&root.path().join("file/below")).expect_err("no directory");
    }
}

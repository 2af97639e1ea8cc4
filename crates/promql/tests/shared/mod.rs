//! Material that lies beside the checkout: `$OBSERVER_SHARED`, or `../shared`.

use std::path::{Path, PathBuf};

/// A folder of it; says so where it is not at hand.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("OBSERVER_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = Some(shared.join(name)).filter(|dir| dir.is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: no {name} folder at hand (set OBSERVER_SHARED)");
    }
    folder
}

/// The files of a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

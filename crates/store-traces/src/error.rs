//! What can go wrong in the store.

use std::path::{Path, PathBuf};

/// A failure of the traces store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log of writes failed or is damaged.
    #[error(transparent)]
    Wal(#[from] aio_kit::wal::Error),
    /// The file system failed.
    #[error("traces store {path}: {source}")]
    Io {
        /// File or directory.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The catalogue failed.
    #[error("traces catalogue {path}: {reason}")]
    Catalogue {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
    /// Stored bytes do not have their checksum.
    #[error("traces file {path} is damaged at offset {offset}: {reason}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where the bad part begins.
        offset: u64,
        /// Which part of it.
        reason: String,
    },
    /// Memory is full of spans that are not in files yet; worth retrying.
    #[error("too many spans wait to be written to files")]
    Busy,
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// Whether a file is gone, as those of days past retention are.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }

    pub(crate) fn catalogue<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |error| Self::Catalogue { path, reason: error.to_string() }
    }
}

impl From<Error> for aio_source::Error {
    fn from(error: Error) -> Self {
        Self::Storage(error.to_string())
    }
}

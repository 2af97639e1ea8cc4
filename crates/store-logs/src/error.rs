//! What can go wrong in the store.

use std::path::{Path, PathBuf};

/// A failure of the logs store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log of writes failed or is damaged.
    #[error(transparent)]
    Wal(#[from] aio_kit::wal::Error),
    /// The file system failed.
    #[error("logs store {path}: {source}")]
    Io {
        /// File or directory.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The index engine failed on one partition.
    #[error("logs partition {path}: {reason}")]
    Index {
        /// Directory of the partition.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
    /// Stored bytes do not have their checksum.
    #[error("logs partition {path} is damaged: {reason}")]
    Corrupt {
        /// Directory of the partition, or a file in it.
        path: PathBuf,
        /// Which part of it.
        reason: String,
    },
    /// Memory is full of lines that are not in files yet; worth retrying.
    #[error("too many log lines wait to be written to files")]
    Busy,
    /// The query of a deletion is none.
    #[error("query of a deletion: {0}")]
    Query(String),
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn index<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |error| Self::Index { path, reason: error.to_string() }
    }
}

impl From<Error> for aio_source::Error {
    fn from(error: Error) -> Self {
        Self::Storage(error.to_string())
    }
}

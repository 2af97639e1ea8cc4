//! What can go wrong in the store.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The write-ahead log.
    #[error(transparent)]
    Wal(#[from] aio_kit::wal::Error),
    /// The file system failed.
    #[error("{path}: {source}")]
    Io {
        /// File or directory.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Too many deletions are still to be applied to blocks.
    #[error("more than {0} deletions wait for being applied to blocks: clean the tombstones first")]
    TooManyDeletions(usize),
    /// A snapshot cannot have that name, or one has it already.
    #[error("snapshot name {0:?} is taken, or is not made of letters, digits, - and _")]
    SnapshotName(String),
    /// Stored bytes are damaged.
    #[error("{path} is damaged at offset {offset}: {reason}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// How.
        reason: String,
    },
    /// A file is sound, but of another version of this product.
    #[error("{path} has format {version}, which this version of observer-aio does not read; it is left as it is")]
    Version {
        /// The file.
        path: PathBuf,
        /// The format it has.
        version: char,
    },
    /// The store is about to be closed, and this would have taken long.
    #[error("the store is being stopped")]
    Stopped,
    /// What was to be imported is not in order.
    #[error("series {series} does not come after the one before it")]
    Unsorted {
        /// Its labels.
        series: String,
    },
    /// An import cannot be known by that key.
    #[error("key {0:?} of an import is not made of letters, digits, - and _")]
    ImportKey(String),
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn corrupt(path: &Path, offset: u64, reason: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), offset, reason: reason.into() }
    }
}

impl From<Error> for aio_source::Error {
    fn from(error: Error) -> Self {
        Self::Storage(error.to_string())
    }
}

//! What can go wrong while a data directory is read.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// Why some bytes are not what they should be.
pub(crate) type Reason = Cow<'static, str>;

/// A failure to read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system failed.
    #[error("{path}: {source}")]
    Io {
        /// File or directory.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Bytes are damaged, or of a kind that is not known here.
    #[error("{path} is damaged at offset {offset}: {reason}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// How.
        reason: String,
    },
    /// Written by a version that is not known here.
    #[error("{path} is of version {found} of {what}, of which {known} are known here")]
    Version {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// Its version.
        found: u64,
        /// The versions that can be read.
        known: &'static str,
    },
    /// The directory is none that Prometheus keeps its data in.
    #[error("{path} is no data directory of Prometheus: {reason}")]
    NotADataDirectory {
        /// The directory.
        path: PathBuf,
        /// What is missing, and where it may be.
        reason: String,
    },
    /// A Prometheus has it open.
    #[error(
        "a Prometheus is running on {path}: stop it, or import a snapshot of it (POST /api/v1/admin/tsdb/snapshot)"
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
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

//! What can go wrong while chunks are read.

use std::io;
use std::path::{Path, PathBuf};

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
    /// Bytes of a file are damaged, or of a kind that is not known here.
    #[error("{path}: {fault}")]
    Chunk {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        fault: Fault,
    },
    /// The directory holds no chunks.
    #[error(
        "{path} holds no chunks of Loki: expected is what `common.path_prefix` or `storage_config.filesystem` names"
    )]
    NoChunks {
        /// The directory.
        path: PathBuf,
    },
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// What is wrong with the bytes of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("damaged at offset {offset}: {reason}")]
pub struct Fault {
    /// Where in the file, or in the decompressed block that `reason` names.
    pub offset: usize,
    /// How.
    pub reason: String,
}

impl Fault {
    pub(crate) fn new(offset: usize, reason: impl Into<String>) -> Self {
        Self { offset, reason: reason.into() }
    }
}

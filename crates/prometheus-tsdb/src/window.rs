//! A file read mostly forwards, a piece at a time: what is held is bounded, and nothing is mapped, since a file that
//! shrinks under a mapping ends the process.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Read at once, unless more is asked for.
const AHEAD_BYTES: u64 = 256 << 10;

/// An open file and a piece of it.
#[derive(Debug)]
pub(crate) struct Window {
    path: PathBuf,
    file: File,
    len: u64,
    start: u64,
    piece: Vec<u8>,
}

impl Window {
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        let file = File::open(&path).map_err(Error::io(&path))?;
        let len = file.metadata().map_err(Error::io(&path))?.len();
        Ok(Self { path, file, len, start: 0, piece: Vec::new() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The bytes from `offset` on: `wanted` of them, or fewer at the end of the file.
    pub(crate) fn at_most(&mut self, offset: u64, wanted: u64) -> Result<&[u8], Error> {
        let wanted = wanted.min(self.len.saturating_sub(offset));
        let inside = self.start <= offset && offset.saturating_add(wanted) <= self.start + self.piece.len() as u64;
        if !inside {
            self.read(offset, wanted.max(AHEAD_BYTES).min(self.len.saturating_sub(offset)))?;
        }
        let begin = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let end = begin.saturating_add(usize::try_from(wanted).unwrap_or(usize::MAX));
        Ok(self.piece.get(begin..end).unwrap_or_default())
    }

    /// Exactly `wanted` bytes.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where the file ends before.
    pub(crate) fn exactly(&mut self, offset: u64, wanted: u64) -> Result<&[u8], Error> {
        if offset.checked_add(wanted).is_none_or(|end| end > self.len) {
            return Err(self.corrupt(offset, format!("{wanted} bytes should follow, the file ends at {}", self.len)));
        }
        self.at_most(offset, wanted)
    }

    pub(crate) fn corrupt(&self, offset: u64, reason: impl Into<String>) -> Error {
        Error::corrupt(&self.path, offset, reason)
    }

    fn read(&mut self, offset: u64, len: u64) -> Result<(), Error> {
        self.start = offset;
        self.piece.clear();
        let len = usize::try_from(len).map_err(|_| Error::corrupt(&self.path, offset, "too large a piece"))?;
        self.piece.resize(len, 0);
        self.file.read_exact_at(&mut self.piece, offset).map_err(Error::io(&self.path))
    }
}

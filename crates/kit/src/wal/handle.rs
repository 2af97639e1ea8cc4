//! The segment that is written to, as a file: an fsync of it that failed once has failed for everybody.
//!
//! The kernel tells of bytes that it could not write once, to whoever syncs first, and reports success to whoever comes
//! next. A sync in the background and one that ends the segment may come together: neither must take the other's
//! silence for good news.

use std::fs::File;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

#[derive(Debug)]
pub(super) struct Handle {
    pub(super) file: File,
    /// Held while the disk works.
    has_failed: Mutex<bool>,
}

impl Handle {
    pub(super) fn new(file: File) -> Arc<Self> {
        Arc::new(Self { file, has_failed: Mutex::new(false) })
    }

    /// Makes all that was written survive power loss; fails for ever once it has failed.
    pub(super) fn sync(&self) -> io::Result<()> {
        let mut has_failed = self.has_failed.lock();
        if *has_failed {
            return Err(io::Error::other("an earlier fsync of it failed"));
        }
        let synced = self.file.sync_data();
        *has_failed = synced.is_err();
        synced
    }

    /// As if somebody else's fsync had failed.
    #[cfg(test)]
    pub(super) fn fail(&self) {
        *self.has_failed.lock() = true;
    }
}

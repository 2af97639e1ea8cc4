//! After a failed fsync.
//!
//! The kernel forgets the pages it could not write: a second fsync of the same file would report success for bytes
//! that are nowhere. So the records behind the last good fsync, which are in the page cache still, go into a new
//! segment together; it is synced and then takes its name, all or nothing. Its header says that the old segment ends
//! where it was synced, and recovery believes it: nothing is replayed twice. Until a new segment stands, no append is
//! acknowledged.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::handle::Handle;
use super::segment::HEADER_BYTES;
use super::{Error, Tail, Wal, io_error, segment, segment_path};

impl Wal {
    /// Moves what is not known to be on the platter to a new segment.
    pub(super) fn rescue_locked(&self, tail: &mut Tail) -> Result<(), Error> {
        let old = segment_path(&self.dir, tail.number);
        // The header was synced before the segment had its name.
        let from = tail.synced.max(HEADER_BYTES);
        let records = read_part(&old, from, tail.len).map_err(io_error(&old))?;
        let whole = segment::whole_records(&records);
        if whole < records.len() {
            let (offset, lost) = (from + whole as u64, records.len() - whole);
            tracing::error!(path = %old.display(), offset, lost, "records are lost: they were not written and cannot be read");
        }
        let records = records.get(..whole).unwrap_or_default();
        let number = tail.number.saturating_add(1);
        let path = segment_path(&self.dir, number);
        let file = segment::create(&path, number, from, records).map_err(io_error(&path))?;
        let len = HEADER_BYTES + whole as u64;
        let dir_dirty = crate::fs::sync_dir(&self.dir).is_err();
        // What is behind is in the new segment: if it cannot be cut off, it is passed over.
        let _best_effort = OpenOptions::new().write(true).open(&old).and_then(|file| file.set_len(from));
        tracing::warn!(path = %path.display(), records = whole, "fsync failed: the log goes on in a new segment");
        *tail = Tail {
            file: Handle::new(file),
            number,
            len,
            synced: len,
            dir_dirty,
            has_garbage: false,
            is_doubtful: false,
        };
        Ok(())
    }
}

fn read_part(path: &Path, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

//! A segmented write-ahead log of opaque records.
//!
//! ```text
//!   segment  NNNNNNNN.wal = header, then records
//!   header   magic "AIOWAL" and version "02" | its number u64 | length of the segment before it u64 | CRC-32 of these
//!   record   payload length u32 | synced u32 | CRC-32 of these two | CRC-32 of the payload | payload
//!            synced: how much of this segment was on the platter for certain when the record was appended
//! ```
//!
//! All numbers are little endian. Write path: one `write` call per append, so a record survives the death of the
//! process once `append` returned; `sync` makes it survive the death of the machine. A segment is synced as a whole
//! before its successor exists. An append that fails, on a full disk say, leaves nothing behind: what was written of it
//! is cut off, at the latest by the next append, so that writing resumes by itself. After a failed fsync nobody knows
//! which of the bytes since the last good one are on the platter, and asking again would not tell: those records are
//! copied to a new segment, which is synced before anything else is appended (see `rescue`).
//!
//! Recovery: what was never synced may be torn, and is then cut off with a warning; all else that is not as it was
//! written is an error that names file and offset. A bad record is torn if
//! - it lies in the last segment, and
//! - the file ends inside it (an interrupted write, or lost file length), or one of its disk blocks is all zeros
//!   (length that reached the platter before the bytes did), and
//! - no record after it testifies that this place had been synced.
//!
//! So a flipped byte is damage even in the very last record: its length is there and no block of it is missing.
//! Cutting ends the log there, with whatever followed: none of it had been synced. A segment missing between others,
//! or shorter than its successor remembers it, is damage; that the newest segment or the oldest one is missing cannot
//! be known here.

mod handle;
mod rescue;
mod segment;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use self::handle::Handle;
use self::segment::HEADER_BYTES;
pub use self::segment::RECORD_BYTES_MAX;

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system failed; worth retrying.
    #[error("write-ahead log {path}: {source}")]
    Io {
        /// File or directory.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Bytes that were once written whole are damaged.
    #[error("write-ahead log {path} is damaged at offset {offset}: {reason}")]
    Corrupt {
        /// The segment.
        path: PathBuf,
        /// Where its bad record begins.
        offset: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A record over [`RECORD_BYTES_MAX`].
    #[error("a record of {0} bytes is too large for the write-ahead log")]
    RecordTooLarge(usize),
}

/// An open log.
#[derive(Debug)]
pub struct Wal {
    dir: PathBuf,
    segment_bytes: u64,
    /// Guards the order of records in the last segment.
    tail: Mutex<Tail>,
    /// The oldest and the newest segment when it was opened.
    replayed: (u64, u64),
    /// Held while the disk works, so that whoever finds nothing left to sync knows that it is done, not under way.
    syncing: Mutex<()>,
}

#[derive(Debug)]
struct Tail {
    file: Arc<Handle>,
    number: u64,
    len: u64,
    /// How much of it is on the platter for certain.
    synced: u64,
    /// Whether the file's name may not be on the platter.
    dir_dirty: bool,
    /// Whether a failed append left bytes behind `len`.
    has_garbage: bool,
    /// Whether an fsync of it failed: what is behind `synced` has to be written anew.
    is_doubtful: bool,
}

fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.wal"))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

impl Wal {
    /// Opens or creates the log in `dir` and hands every record to `replay`, oldest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for damage that is no torn tail, or where `replay` says so; [`Error::Io`].
    pub fn open(
        dir: &Path,
        segment_bytes: u64,
        mut replay: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<Self, Error> {
        crate::fs::create_dir(dir).map_err(io_error(dir))?;
        match replay_all(dir, &mut replay)? {
            Some(newest) => {
                let tail = Tail::reopen(dir, newest.number, newest.len, newest.len_before)?;
                Ok(Self::with_tail(dir, segment_bytes, tail, (newest.oldest, newest.number)))
            }
            None => Ok(Self::with_tail(dir, segment_bytes, Tail::create(dir, 1, 0)?, (0, 0))),
        }
    }

    /// Hands every record of the log in `dir` to `replay`, oldest first, and leaves all files as they are: what
    /// [`Wal::open`] would cut off is passed over. Nobody may write to the log meanwhile.
    ///
    /// # Errors
    /// As [`Wal::open`].
    pub fn read(dir: &Path, mut replay: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), Error> {
        replay_all(dir, &mut replay).map(drop)
    }

    fn with_tail(dir: &Path, segment_bytes: u64, tail: Tail, replayed: (u64, u64)) -> Self {
        Self { dir: dir.to_owned(), segment_bytes, tail: Mutex::new(tail), replayed, syncing: Mutex::new(()) }
    }

    /// The oldest and the newest segment that were replayed when it was opened; zeros where there was none.
    #[must_use]
    pub fn replayed(&self) -> (u64, u64) {
        self.replayed
    }

    /// Appends one record; on return it is in the file (not yet on the platter, see [`Wal::sync`]).
    ///
    /// # Errors
    /// [`Error::Io`], and then nothing of the record will be replayed; [`Error::RecordTooLarge`].
    pub fn append(&self, payload: &[u8]) -> Result<(), Error> {
        let mut tail = self.tail.lock();
        if tail.is_doubtful {
            self.rescue_locked(&mut tail)?;
        }
        if tail.len >= self.segment_bytes {
            self.rotate_locked(&mut tail)?;
        }
        let record = segment::record(payload, tail.synced)?;
        tail.append(&record).map_err(io_error(&segment_path(&self.dir, tail.number)))
    }

    /// Makes everything appended so far survive power loss. Callers that come together share one trip to the disk.
    ///
    /// # Errors
    /// [`Error::Io`]; then nothing more counts as synced, and the next call writes all that does not anew. Until that
    /// works, nothing is appended.
    pub fn sync(&self) -> Result<(), Error> {
        let _one_at_a_time = self.syncing.lock();
        let (file, number, len, dir_dirty) = {
            let mut tail = self.tail.lock();
            if tail.is_doubtful {
                self.rescue_locked(&mut tail)?;
            }
            (Arc::clone(&tail.file), tail.number, (tail.synced < tail.len).then_some(tail.len), tail.dir_dirty)
        };
        if dir_dirty {
            crate::fs::sync_dir(&self.dir).map_err(io_error(&self.dir))?;
        }
        let synced = if len.is_some() { file.sync() } else { Ok(()) };
        let mut tail = self.tail.lock();
        if let Err(error) = synced {
            tail.is_doubtful |= tail.number == number;
            return Err(io_error(&segment_path(&self.dir, number))(error));
        }
        if tail.number == number {
            tail.dir_dirty = false;
            tail.synced = tail.synced.max(len.unwrap_or(0));
        }
        Ok(())
    }

    /// Starts a new segment, unless the last one is empty, and returns its number; older ones hold nothing that is
    /// appended from now on.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn rotate(&self) -> Result<u64, Error> {
        let mut tail = self.tail.lock();
        if tail.is_doubtful {
            self.rescue_locked(&mut tail)?;
        }
        if tail.len > HEADER_BYTES {
            self.rotate_locked(&mut tail)?;
        }
        Ok(tail.number)
    }

    /// Removes the segments below `number`, never the one that is written to.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn truncate_before(&self, number: u64) -> Result<(), Error> {
        let number = number.min(self.tail.lock().number);
        // Oldest first: a crash in between leaves no gap.
        for old in segment_numbers(&self.dir)?.into_iter().filter(|&n| n < number) {
            let path = segment_path(&self.dir, old);
            std::fs::remove_file(&path).map_err(io_error(&path))?;
        }
        crate::fs::sync_dir(&self.dir).map_err(io_error(&self.dir))
    }

    /// How many bytes its files take.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn bytes(&self) -> Result<u64, Error> {
        let mut bytes = 0;
        for number in segment_numbers(&self.dir)? {
            let path = segment_path(&self.dir, number);
            match std::fs::metadata(&path) {
                Ok(file) => bytes += file.len(),
                // Truncated meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => (),
                Err(error) => return Err(io_error(&path)(error)),
            }
        }
        Ok(bytes)
    }

    /// A segment that has a successor is whole and on the platter: recovery relies on it.
    fn rotate_locked(&self, tail: &mut Tail) -> Result<(), Error> {
        let path = segment_path(&self.dir, tail.number);
        tail.drop_garbage().map_err(io_error(&path))?;
        if let Err(error) = tail.file.sync() {
            tail.is_doubtful = true;
            return Err(io_error(&path)(error));
        }
        tail.synced = tail.len;
        *tail = Tail::create(&self.dir, tail.number.saturating_add(1), tail.len)?;
        Ok(())
    }
}

impl Tail {
    fn create(dir: &Path, number: u64, len_before: u64) -> Result<Self, Error> {
        let path = segment_path(dir, number);
        let file = segment::create(&path, number, len_before, &[]).map_err(io_error(&path))?;
        // From here on the segment exists and must be used. Whether its name is on the platter is for `sync` to report.
        let dir_dirty = crate::fs::sync_dir(dir).is_err();
        let (len, synced) = (HEADER_BYTES, HEADER_BYTES);
        Ok(Self { file: Handle::new(file), number, len, synced, dir_dirty, has_garbage: false, is_doubtful: false })
    }

    /// Goes on behind the good part of a segment.
    fn reopen(dir: &Path, number: u64, len: u64, len_before: u64) -> Result<Self, Error> {
        if len < HEADER_BYTES {
            return Self::create(dir, number, len_before);
        }
        let path = segment_path(dir, number);
        let file = OpenOptions::new().append(true).open(&path).map_err(io_error(&path))?;
        let is_torn = file.metadata().map_err(io_error(&path))?.len() != len;
        let mut tail = Self {
            file: Handle::new(file),
            number,
            len,
            synced: 0,
            dir_dirty: true,
            has_garbage: is_torn,
            is_doubtful: false,
        };
        tail.drop_garbage().map_err(io_error(&path))?;
        Ok(tail)
    }

    fn append(&mut self, record: &[u8]) -> io::Result<()> {
        self.drop_garbage()?;
        if let Err(error) = (&self.file.file).write_all(record) {
            // A full disk may have taken half the record, behind which the next one would be unreadable.
            self.has_garbage = true;
            let _or_by_the_next_append = self.drop_garbage();
            return Err(error);
        }
        self.len += record.len() as u64;
        Ok(())
    }

    fn drop_garbage(&mut self) -> io::Result<()> {
        if self.has_garbage {
            self.file.file.set_len(self.len)?;
            self.has_garbage = false;
        }
        Ok(())
    }
}

/// The newest segment as it was found.
struct Newest {
    /// The number of the oldest.
    oldest: u64,
    number: u64,
    /// Of its good part.
    len: u64,
    len_before: u64,
}

/// `None` where there is no segment.
fn replay_all(dir: &Path, replay: &mut impl FnMut(&[u8]) -> Result<(), String>) -> Result<Option<Newest>, Error> {
    let numbers = segment_numbers(dir)?;
    let (mut before, mut newest) = (None, None);
    for (i, &number) in numbers.iter().enumerate() {
        check_sequence(dir, before, number)?;
        let is_last = i + 1 == numbers.len();
        // What a successor was made without is in the successor.
        let len_max = numbers.get(i + 1).and_then(|&next| segment::len_before(&segment_path(dir, next)));
        let len_before = before.map(|(_, len)| len);
        let found = segment::Expected { number, before: len_before, is_last, len_max };
        let len = segment::replay(&segment_path(dir, number), found, replay)?;
        let oldest = numbers.first().copied().unwrap_or(number);
        newest = Some(Newest { oldest, number, len, len_before: len_before.unwrap_or(0) });
        before = Some((number, len));
    }
    Ok(newest)
}

fn check_sequence(dir: &Path, before: Option<(u64, u64)>, number: u64) -> Result<(), Error> {
    let Some(expected) = before.map(|(last, _)| last.saturating_add(1)).filter(|&e| e != number) else { return Ok(()) };
    let reason = format!("the segment is missing, but number {number} is there");
    Err(Error::Corrupt { path: segment_path(dir, expected), offset: 0, reason })
}

/// Ascending. Files of other names are none of ours.
fn segment_numbers(dir: &Path) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io_error(dir))? {
        let path = entry.map_err(io_error(dir))?.path();
        let stem = path.file_stem().and_then(|n| n.to_str());
        if let Some(number) = stem.and_then(|n| n.parse().ok())
            && path == segment_path(dir, number)
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

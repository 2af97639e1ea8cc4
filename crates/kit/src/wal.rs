//! A segmented write-ahead log of opaque records.
//!
//! ```text
//!   segment  NNNNNNNN.wal = magic "AIOWAL01", then records
//!   record   = payload length u32 LE | CRC-32 of the length u32 LE | CRC-32 of the payload u32 LE | payload
//! ```
//!
//! Write path: one `write` call per append, so a record survives the death of the process once `append` returned;
//! `sync` makes it survive the death of the machine. Recovery: a last segment that ends inside a record is cut back to
//! its last whole record with a warning; damage anywhere else is an error that names file and offset. The length has a
//! checksum of its own, so that a flipped bit in it is not taken for a torn tail.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

const MAGIC: &[u8; 8] = b"AIOWAL01";
const HEADER_BYTES: usize = 8;
const RECORD_HEADER_BYTES: usize = 12;
/// Largest payload; a longer length in a file is damage.
pub const RECORD_BYTES_MAX: usize = 512 << 20;

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system failed.
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
}

#[derive(Debug)]
struct Tail {
    file: File,
    number: u64,
    len: u64,
    dirty: bool,
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
        std::fs::create_dir_all(dir).map_err(io_error(dir))?;
        let numbers = segment_numbers(dir)?;
        let mut tail = None;
        for (i, &number) in numbers.iter().enumerate() {
            let path = segment_path(dir, number);
            let len = replay_segment(&path, i + 1 == numbers.len(), &mut replay)?;
            tail = Some((number, len));
        }
        let tail = match tail {
            Some((number, len)) if len >= HEADER_BYTES as u64 => {
                let path = segment_path(dir, number);
                let file = OpenOptions::new().append(true).open(&path).map_err(io_error(&path))?;
                file.set_len(len).map_err(io_error(&path))?;
                Tail { file, number, len, dirty: true }
            }
            Some((number, _)) => create_segment(dir, number)?,
            None => create_segment(dir, 1)?,
        };
        Ok(Self { dir: dir.to_owned(), segment_bytes, tail: Mutex::new(tail) })
    }

    /// Appends one record; on return it is in the file (not yet on the platter, see [`Wal::sync`]).
    ///
    /// # Errors
    /// [`Error::Io`], and then nothing of the record is left in the file; [`Error::RecordTooLarge`].
    pub fn append(&self, payload: &[u8]) -> Result<(), Error> {
        if payload.len() > RECORD_BYTES_MAX {
            return Err(Error::RecordTooLarge(payload.len()));
        }
        let len = u32::try_from(payload.len()).map_err(|_| Error::RecordTooLarge(payload.len()))?;
        let mut record = Vec::with_capacity(payload.len() + RECORD_HEADER_BYTES);
        record.extend_from_slice(&len.to_le_bytes());
        record.extend_from_slice(&crc32fast::hash(&len.to_le_bytes()).to_le_bytes());
        record.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
        record.extend_from_slice(payload);
        let mut tail = self.tail.lock();
        if tail.len >= self.segment_bytes {
            self.rotate_locked(&mut tail)?;
        }
        let path = segment_path(&self.dir, tail.number);
        if let Err(source) = tail.file.write_all(&record) {
            // A full disk may have taken half the record: cut it off, or the next one would be unreadable.
            tail.file.set_len(tail.len).map_err(io_error(&path))?;
            return Err(Error::Io { path, source });
        }
        tail.len += record.len() as u64;
        tail.dirty = true;
        Ok(())
    }

    /// Makes everything appended so far survive power loss.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sync(&self) -> Result<(), Error> {
        let (file, path) = {
            let mut tail = self.tail.lock();
            if !std::mem::take(&mut tail.dirty) {
                return Ok(());
            }
            let path = segment_path(&self.dir, tail.number);
            (tail.file.try_clone().map_err(io_error(&path))?, path)
        };
        file.sync_data().map_err(io_error(&path))
    }

    /// Starts a new segment and returns its number; older ones hold nothing that is appended from now on.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn rotate(&self) -> Result<u64, Error> {
        let mut tail = self.tail.lock();
        self.rotate_locked(&mut tail)?;
        Ok(tail.number)
    }

    /// Removes the segments below `number`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn truncate_before(&self, number: u64) -> Result<(), Error> {
        for old in segment_numbers(&self.dir)?.into_iter().filter(|&n| n < number) {
            let path = segment_path(&self.dir, old);
            std::fs::remove_file(&path).map_err(io_error(&path))?;
        }
        crate::fs::sync_dir(&self.dir).map_err(io_error(&self.dir))
    }

    fn rotate_locked(&self, tail: &mut Tail) -> Result<(), Error> {
        let path = segment_path(&self.dir, tail.number);
        tail.file.sync_data().map_err(io_error(&path))?;
        *tail = create_segment(&self.dir, tail.number + 1)?;
        Ok(())
    }
}

fn create_segment(dir: &Path, number: u64) -> Result<Tail, Error> {
    let path = segment_path(dir, number);
    crate::fs::write_atomic(&path, MAGIC).map_err(io_error(&path))?;
    let file = OpenOptions::new().append(true).open(&path).map_err(io_error(&path))?;
    Ok(Tail { file, number, len: HEADER_BYTES as u64, dirty: false })
}

fn segment_numbers(dir: &Path) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io_error(dir))? {
        let name = entry.map_err(io_error(dir))?.file_name();
        if let Some(number) = name.to_str().and_then(|n| n.strip_suffix(".wal")).and_then(|n| n.parse().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Replays one segment and returns the length of its good part.
fn replay_segment(
    path: &Path,
    is_last: bool,
    replay: &mut impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<u64, Error> {
    let bytes = std::fs::read(path).map_err(io_error(path))?;
    let corrupt =
        |offset: usize, reason: String| Error::Corrupt { path: path.to_owned(), offset: offset as u64, reason };
    if bytes.get(..HEADER_BYTES) != Some(MAGIC) {
        if is_last && bytes.len() < HEADER_BYTES {
            return Ok(0);
        }
        return Err(corrupt(0, "bad magic".to_owned()));
    }
    let mut offset = HEADER_BYTES;
    while offset < bytes.len() {
        match read_record(&bytes[offset..]) {
            Ok(payload) => {
                replay(payload).map_err(|reason| corrupt(offset, reason))?;
                offset += RECORD_HEADER_BYTES + payload.len();
            }
            Err(Fault { reason, reaches_end }) if is_last && reaches_end => {
                let cut = bytes.len() - offset;
                tracing::warn!(path = %path.display(), offset, bytes = cut, reason, "torn tail of the write-ahead log cut off");
                return Ok(offset as u64);
            }
            Err(fault) => return Err(corrupt(offset, fault.reason.to_owned())),
        }
    }
    Ok(offset as u64)
}

struct Fault {
    reason: &'static str,
    /// The bad record claims all that is left of the file: what an interrupted write looks like.
    reaches_end: bool,
}

fn read_record(rest: &[u8]) -> Result<&[u8], Fault> {
    let torn = |reason| Fault { reason, reaches_end: true };
    let all = rest;
    let (len, rest) = rest.split_first_chunk::<4>().ok_or_else(|| torn("record header is cut short"))?;
    let (len_crc, rest) = rest.split_first_chunk::<4>().ok_or_else(|| torn("record header is cut short"))?;
    let (crc, rest) = rest.split_first_chunk::<4>().ok_or_else(|| torn("record header is cut short"))?;
    if crc32fast::hash(len) != u32::from_le_bytes(*len_crc) {
        // After power loss a tail may have its length but not its bytes: all zeros.
        let reaches_end = all.iter().all(|&b| b == 0);
        return Err(Fault { reason: "checksum mismatch of the record header", reaches_end });
    }
    let len = u32::from_le_bytes(*len) as usize;
    let crc = u32::from_le_bytes(*crc);
    let payload = rest.get(..len).ok_or_else(|| torn("record is cut short"))?;
    if crc32fast::hash(payload) != crc {
        return Err(Fault { reason: "checksum mismatch", reaches_end: rest.len() == len });
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(dir: &Path) -> Result<Vec<Vec<u8>>, Error> {
        let mut found = Vec::new();
        Wal::open(dir, 64, |r| {
            found.push(r.to_vec());
            Ok(())
        })?;
        Ok(found)
    }

    fn written(count: u8) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("temp dir");
        let wal = Wal::open(dir.path(), 64, |_| Ok(())).expect("opens");
        for i in 0..count {
            wal.append(&[i; 20]).expect("appends");
        }
        dir
    }

    fn last_segment(dir: &Path) -> PathBuf {
        segment_path(dir, *segment_numbers(dir).expect("lists").last().expect("one"))
    }

    #[test]
    fn records_come_back_in_order_over_segments() {
        let dir = written(9);
        assert!(segment_numbers(dir.path()).expect("lists").len() > 2);
        let expected: Vec<_> = (0..9).map(|i| vec![i; 20]).collect();
        assert_eq!(records(dir.path()).expect("opens"), expected);
    }

    #[test]
    fn a_torn_tail_is_cut_at_every_length_and_writing_goes_on() {
        for cut in 1..32 {
            let dir = written(8);
            let path = last_segment(dir.path());
            let len = std::fs::metadata(&path).expect("exists").len();
            OpenOptions::new().write(true).open(&path).expect("opens").set_len(len - cut).expect("cut");
            assert_eq!(records(dir.path()).expect("opens").len(), 7, "cut {cut}");
            Wal::open(dir.path(), 64, |_| Ok(())).expect("opens").append(b"more").expect("appends");
            assert_eq!(records(dir.path()).expect("opens").last().map(Vec::as_slice), Some(&b"more"[..]));
        }
    }

    #[test]
    fn a_flipped_byte_in_the_middle_is_refused_with_file_and_offset() {
        let dir = written(8);
        let path = segment_path(dir.path(), 1);
        let mut bytes = std::fs::read(&path).expect("reads");
        bytes[HEADER_BYTES + 10] ^= 1;
        std::fs::write(&path, bytes).expect("writes");
        let error = records(dir.path()).expect_err("must fail").to_string();
        assert!(error.contains("00000001.wal") && error.contains("offset 8"), "{error}");
    }

    #[test]
    fn truncation_keeps_what_came_after_the_rotation() {
        let dir = written(3);
        let wal = Wal::open(dir.path(), 64, |_| Ok(())).expect("opens");
        let kept = wal.rotate().expect("rotates");
        wal.append(b"new").expect("appends");
        wal.truncate_before(kept).expect("truncates");
        drop(wal);
        assert_eq!(records(dir.path()).expect("opens"), [b"new".to_vec()]);
    }
}

//! One file of the log: its bytes, and what a bad one of them means. The layout is described one level up.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{Error, io_error};

const MAGIC: &[u8; 6] = b"AIOWAL";
const VERSION: &[u8; 2] = b"02";
/// Magic, version, number, length of the segment before, checksum.
pub(super) const HEADER_BYTES: u64 = 28;
/// Length, synced, two checksums.
pub(super) const RECORD_HEADER_BYTES: usize = 16;
/// Largest payload; a longer length in a file is damage.
pub const RECORD_BYTES_MAX: usize = 512 << 20;
/// The smallest part of a file that power loss can leave unwritten.
const BLOCK_BYTES: usize = 512;
/// Fewer zeros than this at the beginning of a record are no sign of an unwritten block.
const ZEROS_MIN: usize = 8;

/// What the segment before and the file's name say about a segment.
pub(super) struct Expected {
    pub(super) number: u64,
    /// Length of the segment before it; `None` for the oldest.
    pub(super) before: Option<u64>,
    pub(super) is_last: bool,
    /// Where its successor says that it ends.
    pub(super) len_max: Option<u64>,
}

/// A new segment under its name, with these records, and open for appending.
pub(super) fn create(path: &Path, number: u64, len_before: u64, records: &[u8]) -> io::Result<File> {
    let temporary = path.with_extension("tmp");
    let created = (|| {
        let _left_by_a_crash = std::fs::remove_file(&temporary);
        let mut file = OpenOptions::new().append(true).create_new(true).open(&temporary)?;
        file.write_all(&header(number, len_before))?;
        file.write_all(records)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        Ok(file)
    })();
    if created.is_err() {
        let _best_effort = std::fs::remove_file(&temporary);
    }
    created
}

/// How long the segment before this one is, as far as its header can be read.
pub(super) fn len_before(path: &Path) -> Option<u64> {
    let mut bytes = [0; 28];
    File::open(path).ok()?.read_exact(&mut bytes).ok()?;
    let mut from = Fields(bytes.get(MAGIC.len() + VERSION.len()..)?);
    let (number, before) = (from.take().map(u64::from_le_bytes)?, from.take().map(u64::from_le_bytes)?);
    (header(number, before) == bytes).then_some(before)
}

/// How many of these bytes are whole records, from the first on.
pub(super) fn whole_records(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some((header, payload)) = bytes.get(at..).and_then(<[u8]>::split_first_chunk::<RECORD_HEADER_BYTES>)
        && let Some(header) = RecordHeader::parse(header)
        && payload.get(..header.len).is_some_and(|payload| crc32fast::hash(payload) == header.payload_crc)
    {
        at += RECORD_HEADER_BYTES + header.len;
    }
    at
}

fn header(number: u64, len_before: u64) -> Vec<u8> {
    let mut out = [&MAGIC[..], VERSION, &number.to_le_bytes(), &len_before.to_le_bytes()].concat();
    out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
    out
}

/// The bytes of one record.
pub(super) fn record(payload: &[u8], synced: u64) -> Result<Vec<u8>, Error> {
    let too_large = || Error::RecordTooLarge(payload.len());
    let len = u32::try_from(payload.len()).map_err(|_| too_large())?;
    if payload.len() > RECORD_BYTES_MAX {
        return Err(too_large());
    }
    let mut out = Vec::with_capacity(payload.len() + RECORD_HEADER_BYTES);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&u32::try_from(synced).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    out.extend_from_slice(payload);
    Ok(out)
}

/// Replays one segment and returns the length of its good part; 0 where not even the header is whole.
pub(super) fn replay(
    path: &Path,
    expected: Expected,
    replay: &mut impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<u64, Error> {
    let file = File::open(path).map_err(io_error(path))?;
    let len = file.metadata().map_err(io_error(path))?.len();
    let len = expected.len_max.map_or(len, |max| len.min(max.max(HEADER_BYTES)));
    if len < HEADER_BYTES && expected.is_last {
        tracing::warn!(path = %path.display(), bytes = len, "write-ahead log segment without a header is begun anew");
        return Ok(0);
    }
    let mut scan = Scan { path, file: BufReader::new(file), len, offset: HEADER_BYTES, payload: Vec::new() };
    scan.check_header(&expected)?;
    loop {
        let fault = match scan.next()? {
            Next::End => return Ok(scan.offset),
            Next::Record => {
                replay(&scan.payload).map_err(|reason| scan.corrupt(reason))?;
                scan.offset += (RECORD_HEADER_BYTES + scan.payload.len()) as u64;
                continue;
            }
            Next::Bad(fault) => fault,
        };
        if !(expected.is_last && scan.is_torn(&fault)?) {
            return Err(scan.corrupt(fault.reason));
        }
        let (offset, bytes) = (scan.offset, len - scan.offset);
        tracing::warn!(path = %path.display(), offset, bytes, reason = fault.reason, "torn tail of the write-ahead log cut off");
        return Ok(offset);
    }
}

struct Scan<'a> {
    path: &'a Path,
    file: BufReader<File>,
    len: u64,
    /// Where the record under inspection begins.
    offset: u64,
    /// Its payload.
    payload: Vec<u8>,
}

enum Next {
    End,
    Record,
    Bad(Fault),
}

struct Fault {
    reason: &'static str,
    ends: Ends,
}

/// Where a bad record ends.
enum Ends {
    /// Behind the end of the file.
    BeyondFile,
    /// At this offset.
    At(u64),
    /// Its length is not to be trusted.
    Unknown,
}

impl Scan<'_> {
    fn corrupt(&self, reason: impl Into<String>) -> Error {
        Error::Corrupt { path: self.path.to_owned(), offset: self.offset, reason: reason.into() }
    }

    fn check_header(&mut self, expected: &Expected) -> Result<(), Error> {
        let bad = |reason: String| Error::Corrupt { path: self.path.to_owned(), offset: 0, reason };
        let mut bytes = Vec::new();
        (&mut self.file).take(HEADER_BYTES).read_to_end(&mut bytes).map_err(io_error(self.path))?;
        let mut from = Fields(&bytes);
        if from.take() != Some(*MAGIC) {
            return Err(bad("bad magic".to_owned()));
        }
        if let Some(version) = from.take::<2>().filter(|v| v != VERSION) {
            return Err(bad(format!("version {:?} is not known here", String::from_utf8_lossy(&version))));
        }
        let (number, before) = (from.take().map(u64::from_le_bytes), from.take().map(u64::from_le_bytes));
        let (Some(number), Some(before)) = (number, before) else { return Err(bad("header is cut short".to_owned())) };
        if bytes != header(number, before) {
            return Err(bad("checksum mismatch of the header".to_owned()));
        }
        if number != expected.number {
            return Err(bad(format!("the file holds segment {number}")));
        }
        match expected.before.filter(|&found| found != before) {
            Some(found) => Err(bad(format!("the segment before it has {found} bytes and should have {before}"))),
            None => Ok(()),
        }
    }

    /// Reads the record at `offset`.
    fn next(&mut self) -> Result<Next, Error> {
        let left = self.len - self.offset;
        let bad = |reason, ends| Ok(Next::Bad(Fault { reason, ends }));
        if left == 0 {
            return Ok(Next::End);
        }
        let mut header = [0; RECORD_HEADER_BYTES];
        if left < RECORD_HEADER_BYTES as u64 {
            return bad("record header is cut short", Ends::BeyondFile);
        }
        self.file.read_exact(&mut header).map_err(io_error(self.path))?;
        let Some(header) = RecordHeader::parse(&header) else {
            return bad("checksum mismatch of the record header", Ends::Unknown);
        };
        let end = RECORD_HEADER_BYTES as u64 + header.len as u64;
        if header.len > RECORD_BYTES_MAX {
            return bad("record length is absurd", Ends::Unknown);
        }
        if end > left {
            return bad("record is cut short", Ends::BeyondFile);
        }
        self.payload.resize(header.len, 0);
        self.file.read_exact(&mut self.payload).map_err(io_error(self.path))?;
        if crc32fast::hash(&self.payload) != header.payload_crc {
            return bad("checksum mismatch of the record", Ends::At(self.offset + end));
        }
        Ok(Next::Record)
    }

    /// Whether the bad record at `offset` can be what power loss or an interrupted write leaves.
    fn is_torn(&mut self, fault: &Fault) -> Result<bool, Error> {
        let mut rest = Vec::new();
        self.file.seek(SeekFrom::Start(self.offset)).map_err(io_error(self.path))?;
        self.file.read_to_end(&mut rest).map_err(io_error(self.path))?;
        let known_end = match fault.ends {
            Ends::BeyondFile => return Ok(true),
            Ends::At(end) => usize::try_from(end - self.offset).ok(),
            Ends::Unknown => None,
        };
        let bad = known_end.unwrap_or(rest.len());
        Ok(has_unwritten_block(&rest, bad, self.offset) && !self.was_synced(&rest, known_end.unwrap_or(1)))
    }

    /// Whether a whole record in `rest`, which begins at `offset`, says that `offset` was on the platter before it.
    fn was_synced(&self, rest: &[u8], from: usize) -> bool {
        let is_witness = |at: usize| {
            let record = rest.get(at..).unwrap_or_default();
            let Some((header, payload)) = record.split_first_chunk::<RECORD_HEADER_BYTES>() else { return false };
            let Some(header) = RecordHeader::parse(header) else { return false };
            header.synced > self.offset
                && payload.get(..header.len).is_some_and(|p| crc32fast::hash(p) == header.payload_crc)
        };
        (from..rest.len()).any(is_witness)
    }
}

struct RecordHeader {
    len: usize,
    synced: u64,
    payload_crc: u32,
}

impl RecordHeader {
    /// `None` where its checksum is wrong.
    fn parse(bytes: &[u8; RECORD_HEADER_BYTES]) -> Option<Self> {
        let mut from = Fields(bytes);
        let [len, synced, crc, payload_crc] = [(); 4].map(|()| from.take().map_or(0, u32::from_le_bytes));
        let is_good = crc32fast::hash(&bytes[..8]) == crc;
        is_good.then(|| Self { len: len as usize, synced: synced.into(), payload_crc })
    }
}

/// Cuts arrays off the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }
}

/// Whether a disk block that holds some of the first `bad` bytes of `rest` is all zeros; `rest` begins at `offset` of
/// its file and goes to its end.
fn has_unwritten_block(rest: &[u8], bad: usize, offset: u64) -> bool {
    let in_block = usize::try_from(offset % BLOCK_BYTES as u64).unwrap_or(0);
    let in_first = (BLOCK_BYTES - in_block).min(rest.len());
    let (first, others) = rest.split_at(in_first);
    let is_zero = |block: &[u8]| block.iter().all(|&b| b == 0);
    let blocks = bad.saturating_sub(in_first).div_ceil(BLOCK_BYTES);
    is_zero(rest)
        || (first.len() >= ZEROS_MIN && is_zero(first))
        || others.chunks(BLOCK_BYTES).take(blocks).any(is_zero)
}

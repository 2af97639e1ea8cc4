//! Chunks of memory that were written out to be mapped.
//!
//! ```text
//!   chunks_head/000001 …
//!   magic 0130BC91 | version u8 | 3 bytes of nothing
//!   chunks   series u64 | start, end i64 | encoding u8, its highest bit: of samples that came late
//!            | length uvarint | data | CRC-32C of all of it
//!   zeros
//! ```
//!
//! All that is in order in them is in the log, too, so that Prometheus drops files that are damaged. So is it here: the
//! rest of such a file is passed over, and that is told.

use std::path::{Path, PathBuf};

use aio_types::Samples;

use crate::bytes::Bytes;
use crate::chunk::{self, CHUNK_BYTES_MAX};
use crate::crc32c::crc32c;
use crate::error::{Error, Reason};
use crate::numbered::numbered;
use crate::window::Window;

const MAGIC: u32 = 0x0130_BC91;
const HEADER_BYTES: u64 = 8;
/// Before the length of the data.
const FRONT_BYTES: usize = 8 + 8 + 8 + 1;
const LENGTH_BYTES_MAX: usize = 5;
const CRC_BYTES: usize = 4;
const LATE: u8 = 0x80;

/// One chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mapped<'a> {
    pub(super) series: u64,
    pub(super) is_late: bool,
    encoding: u8,
    data: &'a [u8],
}

impl Mapped<'_> {
    /// Appends its samples.
    pub(super) fn decode(&self, out: &mut Samples) -> Result<(), Reason> {
        chunk::decode(self.encoding, self.data, out).map(|_| ())
    }
}

/// The files, in their order.
pub(super) fn files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(numbered(dir, "")?.into_iter().map(|(_, path)| path).collect())
}

/// Goes through the chunks of a file. Where it is damaged this ends, and the damage is returned, as it is where `each`
/// finds damage.
///
/// # Errors
/// [`Error::Version`]; [`Error::Io`].
pub(super) fn for_each(
    path: &Path,
    each: &mut dyn FnMut(Mapped<'_>) -> Result<(), Reason>,
) -> Result<Option<Error>, Error> {
    let mut window = Window::open(path.to_owned())?;
    // Prometheus leaves an empty file where it stopped before it wrote to it.
    if window.len() == 0 {
        return Ok(None);
    }
    let damage = match check_header(&mut window) {
        Ok(()) => read_all(&mut window, each),
        damaged => damaged,
    };
    match damage {
        Ok(()) => Ok(None),
        Err(damage @ Error::Corrupt { .. }) => Ok(Some(damage)),
        Err(error) => Err(error),
    }
}

fn check_header(window: &mut Window) -> Result<(), Error> {
    let mut header = Bytes(window.exactly(0, HEADER_BYTES)?);
    match (header.be32(), header.byte()) {
        (Some(MAGIC), Some(1)) => Ok(()),
        (Some(MAGIC), version) => {
            let (path, found) = (window.path().to_owned(), version.unwrap_or(0).into());
            Err(Error::Version { path, what: "mapped chunks", found, known: "1" })
        }
        _ => Err(window.corrupt(0, "bad magic")),
    }
}

fn read_all(window: &mut Window, each: &mut dyn FnMut(Mapped<'_>) -> Result<(), Reason>) -> Result<(), Error> {
    let mut at = HEADER_BYTES;
    while at < window.len() {
        let head = window.at_most(at, (FRONT_BYTES + LENGTH_BYTES_MAX) as u64)?;
        if head.iter().all(|byte| *byte == 0) {
            break;
        }
        let Some(bytes) = chunk_bytes(head) else { return Err(window.corrupt(at, "malformed head of a chunk")) };
        let found = decode(window.exactly(at, bytes)?).map(&mut *each);
        match found {
            Some(Ok(())) => at += bytes,
            Some(Err(reason)) => return Err(window.corrupt(at, reason)),
            None => return Err(window.corrupt(at, "checksum mismatch of a chunk")),
        }
    }
    Ok(())
}

/// How many bytes a chunk takes with all that belongs to it.
fn chunk_bytes(head: &[u8]) -> Option<u64> {
    let mut from = Bytes(head.get(FRONT_BYTES..)?);
    let available = from.0.len();
    let len = from.uvarint().filter(|len| *len <= CHUNK_BYTES_MAX as u64)?;
    Some((FRONT_BYTES + available - from.0.len() + CRC_BYTES) as u64 + len)
}

fn decode(bytes: &[u8]) -> Option<Mapped<'_>> {
    let (body, crc) = bytes.split_last_chunk::<CRC_BYTES>()?;
    if crc32c(body) != u32::from_be_bytes(*crc) {
        return None;
    }
    let mut from = Bytes(body);
    let (series, _start, _end, encoding) = (from.be64()?, from.time()?, from.time()?, from.byte()?);
    Some(Mapped { series, is_late: encoding & LATE != 0, encoding: encoding & !LATE, data: from.blob()? })
}

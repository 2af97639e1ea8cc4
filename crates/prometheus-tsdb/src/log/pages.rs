//! Segments of a log: pages of 32 KiB, of which records fill as many as they need.
//!
//! ```text
//!   page      fragments, then zeros
//!   fragment  type u8 | length u16 | CRC-32C of data u32 | data
//!   type      lowest 3 bits: 0 rest of the page is empty, 1 whole record, 2 first, 3 middle, 4 last part of one
//!             8 compressed with snappy, 16 with zstd: all parts together
//! ```

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::bytes::Bytes;
use crate::crc32c::crc32c;
use crate::error::{Error, Reason};

const PAGE_BYTES: usize = 32 << 10;
const SNAPPY: u8 = 8;
const ZSTD: u8 = 16;
/// No record is larger once it is decompressed.
const RECORD_BYTES_MAX: usize = 256 << 20;
/// What zstd may look back to.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// What takes a record, and where it begins.
pub(super) type Each<'a> = &'a mut dyn FnMut(u64, &[u8]) -> Result<(), Error>;

/// Goes through the records of a segment. Where it is damaged this ends, and the damage is returned.
///
/// # Errors
/// Those of `each`; [`Error::Io`].
pub(super) fn read(path: &Path, each: Each<'_>) -> Result<Option<Error>, Error> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let (mut page, mut page_at, mut record) = (Vec::with_capacity(PAGE_BYTES), 0, Parts::default());
    loop {
        page.clear();
        let mut limited = (&mut file).take(PAGE_BYTES as u64);
        limited.read_to_end(&mut page).map_err(Error::io(path))?;
        if page.is_empty() {
            break;
        }
        if let Err(fault) = read_page(&page, page_at, &mut record, each) {
            return match fault {
                Fault::Damage(offset, reason) => Ok(Some(Error::corrupt(path, offset, reason))),
                Fault::Refused(error) => Err(error),
            };
        }
        page_at += page.len() as u64;
    }
    let cut_off = || Error::corrupt(path, record.begin, "the record ends with the segment");
    Ok(record.is_begun.then(cut_off))
}

enum Fault {
    Damage(u64, Reason),
    Refused(Error),
}

/// A record in parts.
#[derive(Default)]
struct Parts {
    bytes: Vec<u8>,
    begin: u64,
    is_begun: bool,
}

fn read_page(page: &[u8], page_at: u64, record: &mut Parts, each: Each<'_>) -> Result<(), Fault> {
    let mut from = Bytes(page);
    while !from.is_empty() {
        let offset = page_at + (page.len() - from.0.len()) as u64;
        let damage = |reason: &'static str| Fault::Damage(offset, reason.into());
        let kind = from.byte().unwrap_or(0);
        if kind & 7 == 0 {
            let is_empty = from.0.iter().all(|byte| *byte == 0);
            return if is_empty { Ok(()) } else { Err(damage("something follows the end of a page")) };
        }
        let data = fragment(&mut from).ok_or_else(|| damage("a part of a record is cut off"))?;
        let data = data.map_err(damage)?;
        record.add(kind & 7, data, offset).ok_or_else(|| damage("parts of records are not in order"))?;
        if kind & 7 == 1 || kind & 7 == 4 {
            record.is_begun = false;
            let whole = decompress(kind, &record.bytes).map_err(|reason| Fault::Damage(record.begin, reason))?;
            each(record.begin, &whole).map_err(Fault::Refused)?;
        }
    }
    Ok(())
}

/// The data of a fragment; the outer `None` where the page ends before, the inner error where it is damaged.
fn fragment<'a>(from: &mut Bytes<'a>) -> Option<Result<&'a [u8], &'static str>> {
    let (len, crc) = (from.be16()?, from.be32()?);
    let data = from.take(usize::from(len))?;
    Some(if crc32c(data) == crc { Ok(data) } else { Err("checksum mismatch of a part of a record") })
}

impl Parts {
    fn add(&mut self, kind: u8, data: &[u8], offset: u64) -> Option<()> {
        let begins = kind == 1 || kind == 2;
        if kind > 4 || begins == self.is_begun || self.bytes.len() + data.len() > RECORD_BYTES_MAX {
            return None;
        }
        if begins {
            (self.begin, self.is_begun) = (offset, true);
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(data);
        Some(())
    }
}

fn decompress(kind: u8, bytes: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, Reason> {
    if bytes.is_empty() || kind & (SNAPPY | ZSTD) == 0 {
        return Ok(bytes.into());
    }
    let whole = if kind & SNAPPY != 0 { unsnap(bytes) } else { unzstd(bytes) };
    whole.map(Into::into).map_err(|error| format!("the record cannot be decompressed: {error}").into())
}

fn unsnap(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let len = snap::raw::decompress_len(bytes).map_err(|error| error.to_string())?;
    if len > RECORD_BYTES_MAX {
        return Err(format!("{len} bytes are too many"));
    }
    snap::raw::Decoder::new().decompress_vec(bytes).map_err(|error| error.to_string())
}

fn unzstd(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(told)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(told)?;
    let mut whole = Vec::new();
    decoder.take(RECORD_BYTES_MAX as u64 + 1).read_to_end(&mut whole).map_err(told)?;
    if whole.len() > RECORD_BYTES_MAX { Err("it is too large".to_owned()) } else { Ok(whole) }
}

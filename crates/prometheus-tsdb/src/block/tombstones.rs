//! What was deleted of a block.
//!
//! ```text
//!   magic 0130BA30 | version u8 | each: series uvarint, start varint, end varint | CRC-32C of all between version and it
//! ```

use std::collections::HashMap;
use std::path::Path;

use aio_types::{TimeRange, TimestampMs};

use crate::bytes::Bytes;
use crate::crc32c::crc32c;
use crate::error::Error;

const MAGIC: u32 = 0x0130_BA30;
/// No such file is larger.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Deleted times by series.
#[derive(Debug, Default)]
pub(crate) struct Tombstones(HashMap<u64, Vec<TimeRange>>);

impl Tombstones {
    /// Reads a file; nothing was deleted where there is none.
    pub(super) fn load(path: &Path) -> Result<Self, Error> {
        let len = match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            file => file.map_err(Error::io(path))?.len(),
        };
        if len > FILE_BYTES_MAX {
            return Err(Error::corrupt(path, 0, format!("{len} bytes are too many")));
        }
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        Self::decode(path, &bytes)
    }

    pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let corrupt = |reason| Error::corrupt(path, 0, reason);
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or_else(|| corrupt("the file is too short"))?;
        let mut from = Bytes(body);
        if from.be32() != Some(MAGIC) {
            return Err(corrupt("bad magic"));
        }
        let version = from.byte().ok_or_else(|| corrupt("the file is too short"))?;
        if version != 1 {
            return Err(Error::Version { path: path.into(), what: "tombstones", found: version.into(), known: "1" });
        }
        if crc32c(from.0) != u32::from_be_bytes(*crc) {
            return Err(corrupt("checksum mismatch"));
        }
        let mut all = Self::default();
        while !from.is_empty() {
            let at = bytes.len() - 4 - from.0.len();
            let read = read(&mut from).ok_or_else(|| Error::corrupt(path, at as u64, "malformed tombstone"))?;
            all.0.entry(read.0).or_default().push(read.1);
        }
        Ok(all)
    }

    /// The deleted times of a series.
    pub(super) fn of(&self, series: u64) -> &[TimeRange] {
        self.0.get(&series).map_or(&[], |ranges| ranges)
    }
}

fn read(from: &mut Bytes<'_>) -> Option<(u64, TimeRange)> {
    let series = from.uvarint()?;
    let (start, end) = (TimestampMs(from.varint()?), TimestampMs(from.varint()?));
    Some((series, TimeRange { start, end }))
}

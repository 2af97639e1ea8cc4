//! Tombstones as bytes: a record of the log, and a tenant's file.
//!
//! ```text
//!   tombstone   before | start end | n selections: n matchers: name op value
//!   record      0x80 | tenant | tombstone
//!   file        magic "AIOMTOM1" | n tombstones | CRC-32 of all before u32 LE
//! ```
//!
//! A deletion is in the log before it is acknowledged, and in the file before the log behind it goes. The file is
//! written whole and replaced.

use std::path::Path;
use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{MatchOp, Matcher, TenantId, TimeRange, TimestampMs};

use super::{Tombstone, Tombstones};
use crate::error::Error;

/// The first byte of a record of the log that holds a deletion.
pub(crate) const RECORD: u8 = 0x80;

const MAGIC: &[u8; 8] = b"AIOMTOM1";
const NAME: &str = "tombstones";
const OPS: [MatchOp; 4] = [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex];

pub(crate) fn encode_record(tenant: &TenantId, tombstone: &Tombstone) -> Vec<u8> {
    let mut out = Writer::default();
    out.byte(RECORD);
    out.text(tenant.as_str());
    encode(&mut out, tombstone);
    out.0
}

/// `None` where the bytes are no record of a deletion.
pub(crate) fn decode_record(bytes: &[u8]) -> Option<(TenantId, Tombstone)> {
    let mut from = Reader(bytes);
    if from.byte()? != RECORD {
        return None;
    }
    let tenant = TenantId::new(from.text()?).ok()?;
    let tombstone = decode(&mut from)?;
    from.0.is_empty().then_some((tenant, tombstone))
}

fn encode(out: &mut Writer, tombstone: &Tombstone) {
    out.uint(tombstone.before);
    out.int(tombstone.range.start.0);
    out.int(tombstone.range.end.0);
    out.uint(tombstone.selections.len() as u64);
    for matchers in &tombstone.selections {
        out.uint(matchers.len() as u64);
        for matcher in matchers {
            out.text(&matcher.name);
            out.uint(OPS.iter().position(|op| *op == matcher.op).unwrap_or(0) as u64);
            out.text(&matcher.value);
        }
    }
}

fn decode(from: &mut Reader<'_>) -> Option<Tombstone> {
    let before = from.uint()?;
    let range = TimeRange { start: TimestampMs(from.int()?), end: TimestampMs(from.int()?) };
    let selections = (0..from.count()?).map(|_| decode_matchers(from)).collect::<Option<_>>()?;
    Some(Tombstone { selections, range, before })
}

fn decode_matchers(from: &mut Reader<'_>) -> Option<Vec<Matcher>> {
    (0..from.count()?)
        .map(|_| {
            let name = from.text()?;
            let op = *OPS.get(usize::try_from(from.uint()?).ok()?)?;
            Matcher::new(name, op, from.text()?).ok()
        })
        .collect()
}

/// A tenant's tombstones; none where there is no file.
///
/// # Errors
/// [`Error::Corrupt`]: to start without them would bring back what was deleted.
pub(crate) fn load(dir: &Path) -> Result<Tombstones, Error> {
    let path = dir.join(NAME);
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Tombstones::default()),
        read => read.map_err(Error::io(&path))?,
    };
    let corrupt = |reason| Error::corrupt(&path, 0, reason);
    let body = bytes.strip_prefix(MAGIC).ok_or_else(|| corrupt("bad magic"))?;
    let (body, crc) = body.split_last_chunk::<4>().ok_or_else(|| corrupt("file is too short"))?;
    if crc32fast::hash(&bytes[..bytes.len() - crc.len()]) != u32::from_le_bytes(*crc) {
        return Err(corrupt("checksum mismatch"));
    }
    decode_all(body).ok_or_else(|| corrupt("malformed tombstones"))
}

pub(super) fn decode_all(body: &[u8]) -> Option<Tombstones> {
    let mut from = Reader(body);
    let all = (0..from.count()?).map(|_| decode(&mut from).map(Arc::new)).collect::<Option<Vec<_>>>()?;
    from.0.is_empty().then(|| Arc::new(all))
}

/// Replaces a tenant's file.
///
/// # Errors
/// [`Error::Io`]; the file is as it was then.
pub(crate) fn save(dir: &Path, tombstones: &[Arc<Tombstone>]) -> Result<(), Error> {
    let path = dir.join(NAME);
    if tombstones.is_empty() && !path.exists() {
        return Ok(());
    }
    let mut out = Writer(MAGIC.to_vec());
    out.uint(tombstones.len() as u64);
    tombstones.iter().for_each(|tombstone| encode(&mut out, tombstone));
    let crc = crc32fast::hash(&out.0);
    out.0.extend_from_slice(&crc.to_le_bytes());
    aio_kit::fs::write_atomic(&path, &out.0).map_err(Error::io(&path))
}

//! Which imports were done, and which one is under way.
//!
//! ```text
//!   TENANT/imports/PENDING   blocks get their names; a start that finds it removes those blocks
//!   TENANT/imports/KEY       was done
//!     both: magic "AIOMIMP1" | n sequences | note | CRC-32 of all before u32 LE
//! ```
//!
//! The one becomes the other by being renamed, so that there is no moment between.

use std::path::Path;

use aio_kit::bytes::{Reader, Writer};
use aio_kit::fs::{sync_dir, write_atomic};

use crate::error::Error;

const MAGIC: &[u8; 8] = b"AIOMIMP1";
const DIR: &str = "imports";
/// No key: keys begin with a letter or a digit.
const PENDING: &str = "+pending";
const KEY_BYTES_MAX: usize = 200;

/// Whether a key can be the name of a file.
pub(super) fn check(key: &str) -> Result<(), Error> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let is_fine = key.len() <= KEY_BYTES_MAX && key.bytes().all(is_plain) && key.starts_with(char::is_alphanumeric);
    if is_fine { Ok(()) } else { Err(Error::ImportKey(key.to_owned())) }
}

/// Names the blocks that are about to come.
pub(super) fn announce(tenant_dir: &Path, sequences: &[u64], note: &str) -> Result<(), Error> {
    let dir = tenant_dir.join(DIR);
    std::fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
    sync_dir(tenant_dir).map_err(Error::io(tenant_dir))?;
    let mut out = Writer(MAGIC.to_vec());
    out.uint(sequences.len() as u64);
    sequences.iter().for_each(|sequence| out.uint(*sequence));
    out.text(note);
    let crc = crc32fast::hash(&out.0);
    out.0.extend_from_slice(&crc.to_le_bytes());
    let path = dir.join(PENDING);
    write_atomic(&path, &out.0).map_err(Error::io(&path))
}

/// The blocks are there, and stay.
pub(super) fn commit(tenant_dir: &Path, key: &str) -> Result<(), Error> {
    let dir = tenant_dir.join(DIR);
    let done = dir.join(key);
    std::fs::rename(dir.join(PENDING), &done).map_err(Error::io(&done))?;
    sync_dir(&dir).map_err(Error::io(&dir))
}

/// The sequences of blocks of an import that was not committed: nobody is to see them.
///
/// # Errors
/// As [`undo_unfinished`].
pub(crate) fn unfinished(tenant_dir: &Path) -> Result<Vec<u64>, Error> {
    Ok(read(&tenant_dir.join(DIR).join(PENDING))?.map(|(sequences, _)| sequences).unwrap_or_default())
}

/// Removes the blocks of an import that was not committed.
///
/// # Errors
/// [`Error::Corrupt`]: to start with half of an import would show it. [`Error::Io`].
pub(crate) fn undo_unfinished(tenant_dir: &Path) -> Result<(), Error> {
    let path = tenant_dir.join(DIR).join(PENDING);
    let Some((sequences, _)) = read(&path)? else { return Ok(()) };
    for entry in std::fs::read_dir(tenant_dir).map_err(Error::io(tenant_dir))? {
        let path = entry.map_err(Error::io(tenant_dir))?.path();
        if sequence_of(&path).is_some_and(|sequence| sequences.contains(&sequence)) {
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    sync_dir(tenant_dir).map_err(Error::io(tenant_dir))?;
    std::fs::remove_file(&path).map_err(Error::io(&path))?;
    tracing::warn!(path = %path.display(), "an import that was cut off while it was published was taken back");
    Ok(())
}

/// Key and note of each import that was done.
pub(super) fn all(tenant_dir: &Path) -> Result<Vec<(String, String)>, Error> {
    let dir = tenant_dir.join(DIR);
    let entries = match std::fs::read_dir(&dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io(&dir))?,
    };
    let mut done = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io(&dir))?.path();
        let Some(key) = path.file_name().and_then(|name| name.to_str()).filter(|name| check(name).is_ok()) else {
            continue;
        };
        if let Some((_, note)) = read(&path)? {
            done.push((key.to_owned(), note));
        }
    }
    done.sort();
    Ok(done)
}

fn sequence_of(path: &Path) -> Option<u64> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".block")?;
    stem.rsplit('-').next()?.parse().ok()
}

/// Sequences and note; `None` where there is no such file.
fn read(path: &Path) -> Result<Option<(Vec<u64>, String)>, Error> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(Error::io(path))?,
    };
    decode(&bytes).map(Some).ok_or_else(|| Error::corrupt(path, 0, "malformed note of an import"))
}

fn decode(bytes: &[u8]) -> Option<(Vec<u64>, String)> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    let content = body.strip_prefix(MAGIC)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let mut from = Reader(content);
    let sequences = (0..from.count()?).map(|_| from.uint()).collect::<Option<_>>()?;
    let note = from.text()?.to_owned();
    from.0.is_empty().then_some((sequences, note))
}

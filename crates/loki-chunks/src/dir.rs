//! Where chunks are.

use std::path::{Path, PathBuf};

use aio_types::{TimeRange, TimestampMs};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::Error;
use crate::object::{StoredChunk, decode};

/// Directories below the given one are looked at so deep: DIR/chunks/TENANT/FINGERPRINT/FILE.
const DEPTH_MAX: usize = 4;

/// A file that holds a chunk, as its name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkFile {
    /// Where it is.
    pub path: PathBuf,
    /// The same below the directory of chunks, which names it for good.
    pub key: String,
    /// Whose it is, in Loki's words.
    pub tenant: String,
    /// Its first and last millisecond.
    pub range: TimeRange,
    /// How large it is.
    pub bytes: u64,
    checksum: u32,
}

/// A file that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub why: &'static str,
}

/// All chunks below a directory.
#[derive(Debug, Default)]
pub struct ChunksDir {
    /// Oldest first.
    pub files: Vec<ChunkFile>,
    /// What else there is that looks like data.
    pub passed_over: Vec<PassedOver>,
    /// Whether there is a log of writes, the lines of which may be in no chunk yet.
    pub has_log: bool,
}

impl ChunksDir {
    /// Finds the chunks of a Loki: `dir` is what it has as `common.path_prefix`, or its directory of chunks.
    ///
    /// # Errors
    /// When a directory cannot be read, or there are no chunks in it.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let mut found = Self { has_log: has_files(&dir.join("wal")), ..Self::default() };
        let chunks = dir.join("chunks");
        let root = if chunks.is_dir() { chunks } else { dir.to_owned() };
        found.walk(&root, &root, 0)?;
        if found.files.is_empty() {
            return Err(Error::NoChunks { path: dir.to_owned() });
        }
        found.files.sort_by(|a, b| (a.range.start, &a.key).cmp(&(b.range.start, &b.key)));
        Ok(found)
    }

    fn walk(&mut self, root: &Path, dir: &Path, depth: usize) -> Result<(), Error> {
        for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
            let entry = entry.map_err(Error::io(dir))?;
            let path = entry.path();
            let about = entry.metadata().map_err(Error::io(&path))?;
            if about.is_dir() {
                if depth < DEPTH_MAX {
                    self.walk(root, &path, depth + 1)?;
                }
                continue;
            }
            let below = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            match key_of(&below).and_then(|key| parse(&key)) {
                Some((tenant, range, checksum)) => {
                    self.files.push(ChunkFile { path, key: below, tenant, range, bytes: about.len(), checksum });
                }
                // The index, and what else Loki keeps beside chunks.
                None if below.starts_with("index/") || depth == 0 => {}
                None => self.passed_over.push(PassedOver { path, why: "its name is not that of a chunk" }),
            }
        }
        Ok(())
    }
}

impl ChunkFile {
    /// Reads it.
    ///
    /// # Errors
    /// When the file cannot be read, or is not what its name tells.
    pub fn read(&self) -> Result<StoredChunk, Error> {
        let bytes = std::fs::read(&self.path).map_err(Error::io(&self.path))?;
        let fault = |fault| Error::Chunk { path: self.path.clone(), fault };
        if crc32c::crc32c(&bytes) != self.checksum {
            let reason = "the file does not have the checksum that is in its name";
            return Err(fault(crate::error::Fault::new(0, reason)));
        }
        decode(&bytes).map_err(fault)
    }
}

fn has_files(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some())
}

/// Loki's name of a chunk, of which a part or all is in base64.
fn key_of(below: &str) -> Option<String> {
    let text = |encoded: &str| String::from_utf8(STANDARD.decode(encoded).ok()?).ok();
    match below.rsplit_once('/') {
        Some((dir, name)) => Some(format!("{dir}/{}", text(name)?)),
        None => text(below),
    }
}

/// Tenant, range in milliseconds and checksum of `TENANT/FINGERPRINT/from:through:checksum`, or with `:` behind the
/// fingerprint.
fn parse(key: &str) -> Option<(String, TimeRange, u32)> {
    let (rest, checksum) = key.rsplit_once(':')?;
    let (rest, through) = rest.rsplit_once(':')?;
    let (rest, from) = rest.rsplit_once([':', '/'])?;
    let (tenant, fingerprint) = rest.rsplit_once('/')?;
    u64::from_str_radix(fingerprint, 16).ok()?;
    let time = |hex| i64::from_str_radix(hex, 16).ok().map(TimestampMs);
    let range = TimeRange { start: time(from)?, end: time(through)? };
    Some((tenant.to_owned(), range, u32::from_str_radix(checksum, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_schemas() {
        let range = TimeRange { start: TimestampMs(0x18f), end: TimestampMs(0x190) };
        let new = format!("team/2a/{}", STANDARD.encode("18f:190:deadbeef"));
        let old = STANDARD.encode("fake/2a:18f:190:deadbeef");
        for (name, tenant) in [(new, "team"), (old, "fake")] {
            let found = key_of(&name).and_then(|key| parse(&key));
            assert_eq!(found, Some((tenant.to_owned(), range, 0xdead_beef)), "{name}");
        }
        for name in ["loki_cluster_seed.json", "index/index_19800/1.tsdb.gz", "team/2a/MTg=", "x/y/zz"] {
            assert_eq!(key_of(name).and_then(|key| parse(&key)), None, "{name}");
        }
    }
}

//! Notes that name a child's parents, so that a crash between the child's birth and the parents' end leaves nothing
//! twice.
//!
//! ```text
//!   SEQ.replaces = magic "AIOMREP1" | n sequences | CRC-32 of all before u32 LE
//! ```
//!
//! A note without its child, or with a damaged one, means nothing: the parents are there still.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};

use crate::block::Block;
use crate::error::Error;

const MAGIC: &[u8; 8] = b"AIOMREP1";
const EXTENSION: &str = "replaces";

fn path(dir: &Path, sequence: u64) -> PathBuf {
    dir.join(format!("{sequence}.{EXTENSION}"))
}

pub(super) fn note(dir: &Path, sequence: u64, parents: &[Arc<Block>]) -> Result<(), Error> {
    write_note(dir, sequence, parents.iter().map(|parent| parent.sequence))
}

fn write_note(dir: &Path, sequence: u64, parents: impl ExactSizeIterator<Item = u64>) -> Result<(), Error> {
    let mut out = Writer(MAGIC.to_vec());
    out.uint(parents.len() as u64);
    parents.for_each(|parent| out.uint(parent));
    let crc = crc32fast::hash(&out.0);
    out.0.extend_from_slice(&crc.to_le_bytes());
    let path = path(dir, sequence);
    aio_kit::fs::write_atomic(&path, &out.0).map_err(Error::io(&path))
}

/// A note that stays does no harm: the next start removes it.
pub(super) fn forget(dir: &Path, sequence: u64) {
    let _best_effort = std::fs::remove_file(path(dir, sequence));
}

/// At start: removes the parents of blocks that are there and sound, and all notes.
pub(crate) fn remove_parents(dir: &Path, blocks: Vec<Arc<Block>>) -> Result<Vec<Arc<Block>>, Error> {
    let Told { kept, gone, notes } = told(dir, blocks)?;
    remove(gone)?;
    if !notes.is_empty() {
        aio_kit::fs::sync_dir(dir).map_err(Error::io(dir))?;
        notes.iter().try_for_each(|path| std::fs::remove_file(path).map_err(Error::io(path)))?;
    }
    Ok(kept)
}

/// As [`remove_parents`], and leaves the files as they are.
pub(crate) fn without_parents(dir: &Path, blocks: Vec<Arc<Block>>) -> Result<Vec<Arc<Block>>, Error> {
    told(dir, blocks).map(|told| told.kept)
}

/// What the notes in a directory say of its blocks.
struct Told {
    kept: Vec<Arc<Block>>,
    /// Parents of a block that is kept.
    gone: Vec<Arc<Block>>,
    notes: Vec<PathBuf>,
}

fn told(dir: &Path, blocks: Vec<Arc<Block>>) -> Result<Told, Error> {
    let mut told = Told { kept: blocks, gone: Vec::new(), notes: Vec::new() };
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            told.notes.push(path);
        }
    }
    for path in &told.notes {
        let child = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        match decode(&bytes) {
            Some(parents) if told.kept.iter().any(|block| Some(block.sequence) == child) => {
                let is_parent = |block: &mut Arc<Block>| parents.contains(&block.sequence);
                told.gone.extend(told.kept.extract_if(.., is_parent));
            }
            Some(_) => (),
            None => tracing::warn!(path = %path.display(), "damaged note of a compaction is passed over"),
        }
    }
    Ok(told)
}

fn remove(blocks: Vec<Arc<Block>>) -> Result<(), Error> {
    blocks.iter().try_for_each(|block| std::fs::remove_file(&block.path).map_err(Error::io(&block.path)))
}

fn decode(bytes: &[u8]) -> Option<Vec<u64>> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    let sequences = body.strip_prefix(MAGIC)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let mut from = Reader(sequences);
    (0..from.count()?).map(|_| from.uint()).collect()
}

/// A note as a crash would leave it.
#[cfg(test)]
pub(crate) fn note_for_tests(dir: &Path, child: u64, parents: &[u64]) {
    write_note(dir, child, parents.iter().copied()).expect("writes");
}

//! One day of one tenant: blocks and their catalogue.
//!
//! A block is named after the records of the log it covers, `FIRST-LAST.spans`. Blocks that are merged are replaced by
//! one that covers all of theirs; where a crash leaves both, the next start keeps the merged one. Until then readers
//! see spans twice, and remove repeats as always.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aio_types::Span;
use parking_lot::RwLock;

use crate::block::{Block, OpenedCache};
use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::repeats;

const EXTENSION: &str = "spans";
/// So many small blocks in a row become one.
const MERGE_BLOCKS_MIN: usize = 8;
/// A merged block has at most so many spans: they are in memory while it is written.
const MERGE_SPANS_MAX: u64 = 32_768;

/// An open day.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) dir: PathBuf,
    catalogue: Catalogue,
    cache: Arc<OpenedCache>,
    /// By the records they cover. Replaced as a whole, so that readers keep what they took.
    blocks: RwLock<Arc<Vec<Arc<Block>>>>,
}

impl Partition {
    /// Opens or creates a day. Damaged blocks are set aside.
    pub(crate) fn open(dir: &Path, cache: &Arc<OpenedCache>) -> Result<Self, Error> {
        std::fs::create_dir_all(dir).map_err(Error::io(dir))?;
        let catalogue = Catalogue::open(&dir.join("catalogue"))?;
        let mut known = catalogue.blocks();
        let mut blocks = Vec::new();
        for path in block_files(dir)? {
            let name = file_name(&path);
            let opened = match known.remove(&name) {
                Some(meta) => Ok(Block::open_known(&path, meta, cache)),
                None => Block::open(&path, cache).and_then(|b| catalogue.insert(&name, &b.meta).map(|()| b)),
            };
            match opened {
                Ok(block) => blocks.push(Arc::new(block)),
                Err(error @ Error::Corrupt { .. }) => set_aside(&path, &error)?,
                Err(error) => return Err(error),
            }
        }
        remove_merged(&mut blocks, &catalogue)?;
        for (gone, meta) in known {
            if !blocks.iter().any(|b| b.meta.covers(&meta)) {
                tracing::error!(block = gone, dir = %dir.display(), "a block of the catalogue is missing");
            }
            catalogue.remove(&gone)?;
        }
        blocks.sort_by_key(|b| b.meta.marker);
        Ok(Self { dir: dir.to_owned(), catalogue, cache: Arc::clone(cache), blocks: RwLock::new(Arc::new(blocks)) })
    }

    pub(crate) fn blocks(&self) -> Arc<Vec<Arc<Block>>> {
        Arc::clone(&self.blocks.read())
    }

    /// The last record of the log whose spans are in blocks.
    pub(crate) fn marker(&self) -> u64 {
        self.blocks().iter().map(|b| b.meta.marker).max().unwrap_or(0)
    }

    /// Writes spans as a block, durably; readers do not see it yet.
    pub(crate) fn write(&self, spans: Vec<&Span>, marker: u64) -> Result<Block, Error> {
        self.write_range(spans, marker, marker)
    }

    fn write_range(&self, spans: Vec<&Span>, first: u64, marker: u64) -> Result<Block, Error> {
        let path = self.dir.join(format!("{first:020}-{marker:020}.{EXTENSION}"));
        let block = Block::write(&path, spans, first, marker, &self.cache)?;
        self.catalogue.insert(&file_name(&path), &block.meta)?;
        Ok(block)
    }

    /// Shows a written block to readers.
    pub(crate) fn publish(&self, block: Block) {
        let mut blocks = self.blocks.write();
        let mut all = blocks.to_vec();
        all.push(Arc::new(block));
        *blocks = Arc::new(all);
    }

    /// Makes one block of several small ones, where there are enough of them; says how many.
    pub(crate) fn merge(&self) -> Result<usize, Error> {
        let blocks = self.blocks();
        let Some(range) = due(&blocks) else { return Ok(0) };
        let old = &blocks[range.clone()];
        let Some(spans) = read_all(old) else { return Ok(0) };
        let (first, marker) = (old[0].meta.first, old[old.len() - 1].meta.marker);
        let merged = self.write_range(spans.iter().collect(), first, marker)?;
        {
            let mut current = self.blocks.write();
            let mut all = current.to_vec();
            drop(all.splice(range, [Arc::new(merged)]));
            *current = Arc::new(all);
        }
        for block in old {
            block.replace();
            self.catalogue.remove(&file_name(&block.path))?;
        }
        Ok(old.len())
    }
}

/// Adjacent blocks that are worth merging. Only merges change the list between here and the caller's splice, and there
/// is one at a time; publishing appends.
fn due(blocks: &[Arc<Block>]) -> Option<Range<usize>> {
    let (mut from, mut spans) = (0, 0);
    for (at, block) in blocks.iter().enumerate() {
        let is_large = block.is_damaged() || block.meta.spans > MERGE_SPANS_MAX / 2;
        if is_large || spans + block.meta.spans > MERGE_SPANS_MAX {
            if at - from >= 2 {
                return Some(from..at);
            }
            (from, spans) = if is_large { (at + 1, 0) } else { (at, 0) };
        }
        spans += if is_large { 0 } else { block.meta.spans };
    }
    (blocks.len() - from >= MERGE_BLOCKS_MIN).then_some(from..blocks.len())
}

/// `None` where a block does not read: it stays as it is.
fn read_all(blocks: &[Arc<Block>]) -> Option<Vec<Span>> {
    let mut spans = Vec::new();
    for block in blocks {
        match block.all() {
            Ok(mut all) => spans.append(&mut all),
            Err(error) => {
                block.report(&error);
                return None;
            }
        }
    }
    repeats::sort_and_remove(&mut spans);
    Some(spans)
}

/// What a crash between a merge and the removal of what was merged leaves behind.
fn remove_merged(blocks: &mut Vec<Arc<Block>>, catalogue: &Catalogue) -> Result<(), Error> {
    let covered = |by: &Block, blocks: &[Arc<Block>]| {
        blocks.iter().filter(|b| b.path != by.path && by.meta.covers(&b.meta)).cloned().collect::<Vec<_>>()
    };
    for merged in blocks.clone() {
        let old = covered(&merged, blocks);
        if old.is_empty() {
            continue;
        }
        if let Err(error) = merged.verify() {
            // What it was made of is still here.
            set_aside(&merged.path, &error)?;
            catalogue.remove(&file_name(&merged.path))?;
            blocks.retain(|b| b.path != merged.path);
            continue;
        }
        for block in old {
            catalogue.remove(&file_name(&block.path))?;
            block.replace();
            blocks.retain(|b| b.path != block.path);
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn block_files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        if path.extension().is_some_and(|e| e == EXTENSION) {
            out.push(path);
        } else if path.extension().is_some_and(|e| e == "tmp") {
            // Of a write that a crash cut short.
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    out.sort();
    Ok(out)
}

fn set_aside(path: &Path, error: &Error) -> Result<(), Error> {
    tracing::error!(%error, "damaged block set aside");
    std::fs::rename(path, path.with_extension("spans.corrupt")).map_err(Error::io(path))
}

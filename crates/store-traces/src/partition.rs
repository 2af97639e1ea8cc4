//! One day of one tenant: blocks and their catalogue.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aio_types::Span;
use parking_lot::RwLock;

use crate::block::{self, Block};
use crate::catalogue::Catalogue;
use crate::error::Error;

const EXTENSION: &str = "spans";

/// An open day.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) dir: PathBuf,
    catalogue: Catalogue,
    /// Replaced as a whole, so that readers keep what they took.
    blocks: RwLock<Arc<Vec<Arc<Block>>>>,
}

impl Partition {
    /// Opens or creates a day. Damaged blocks are set aside.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(dir).map_err(Error::io(dir))?;
        let catalogue = Catalogue::open(&dir.join("catalogue"))?;
        let mut known = catalogue.blocks();
        let mut blocks = Vec::new();
        for path in block_files(dir)? {
            let name = file_name(&path);
            let opened = match known.remove(&name) {
                Some(meta) => Block::open_known(&path, meta),
                None => Block::open(&path).and_then(|b| catalogue.insert(&name, &b.meta).map(|()| b)),
            };
            match opened {
                Ok(block) => blocks.push(Arc::new(block)),
                Err(error @ Error::Corrupt { .. }) => set_aside(&path, &error)?,
                Err(error) => return Err(error),
            }
        }
        for gone in known.keys() {
            tracing::error!(block = gone, dir = %dir.display(), "a block of the catalogue is missing");
            catalogue.remove(gone)?;
        }
        Ok(Self { dir: dir.to_owned(), catalogue, blocks: RwLock::new(Arc::new(blocks)) })
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
        let path = self.dir.join(format!("{marker:020}.{EXTENSION}"));
        let block = block::write(&path, spans, marker)?;
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
        }
    }
    out.sort();
    Ok(out)
}

fn set_aside(path: &Path, error: &Error) -> Result<(), Error> {
    tracing::error!(%error, "damaged block set aside");
    std::fs::rename(path, path.with_extension("spans.corrupt")).map_err(Error::io(path))
}

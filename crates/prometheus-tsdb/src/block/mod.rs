//! Blocks: directories of immutable files with the samples of some hours.
//!
//! ```text
//!   01HZX…/  meta.json    what it is, and what it was made of   `meta`
//!            index        series and where their chunks lie     `index`, `symbols`
//!            chunks/NNNNNN                                      `segments`
//!            tombstones   what was deleted of it                `tombstones`
//! ```
//!
//! A block is read once, front to back: memory holds its symbols, and one series at a time.

mod index;
mod meta;
mod segments;
mod symbols;
#[cfg(test)]
mod tests;
mod tombstones;

use std::path::Path;

use aio_types::{Labels, Samples};

use self::index::Index;
pub use self::meta::Meta;
pub(crate) use self::meta::is_block_name;
use self::segments::Segments;
pub(crate) use self::tombstones::Tombstones;
use crate::cut::{Cut, cut};
use crate::error::Error;

/// A block that is being read.
#[derive(Debug)]
pub struct Block {
    index: Index,
    segments: Segments,
    tombstones: Tombstones,
}

/// One series of a block.
#[derive(Debug, Default)]
pub struct BlockSeries {
    /// Its labels.
    pub labels: Labels,
    /// What is left of its samples, ascending in time as far as the block's writer kept to it.
    pub samples: Samples,
    /// How many chunks it has.
    pub chunks: u64,
    /// How many samples there were, before what was deleted was taken out.
    pub read: Cut,
    /// What was deleted.
    pub deleted: Cut,
}

impl Block {
    /// Opens the block in `dir`.
    ///
    /// # Errors
    /// When its files are damaged, of a version that is not known here, or cannot be read.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Ok(Self {
            index: Index::open(dir.join("index"))?,
            segments: Segments::open(&dir.join("chunks"))?,
            tombstones: Tombstones::load(&dir.join("tombstones"))?,
        })
    }

    /// The next series, in order of labels; `None` after the last one.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset.
    pub fn next_series(&mut self) -> Result<Option<BlockSeries>, Error> {
        let Some(entry) = self.index.next_entry()? else { return Ok(None) };
        let mut series = BlockSeries { labels: entry.labels, chunks: entry.chunks.len() as u64, ..Default::default() };
        for chunk in &entry.chunks {
            self.segments.read(*chunk, &mut series.samples)?;
        }
        series.read = Cut::of(&series.samples);
        let deleted = self.tombstones.of(entry.reference);
        if !deleted.is_empty() {
            series.deleted = cut(&mut series.samples, |t| deleted.iter().any(|range| range.contains(t)));
        }
        Ok(Some(series))
    }
}

/// Hostile bytes below the checksums.
pub(crate) fn decode_anything(path: &Path, bytes: &[u8]) {
    index::decode_anything(bytes);
    let _any_answer_will_do = (Meta::parse(path, bytes), Tombstones::decode(path, bytes));
}

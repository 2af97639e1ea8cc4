//! From memory to a block.

use std::path::Path;

use crate::block::{Block, BlockBuilder};
use crate::error::Error;
use crate::head::HeadView;

/// Writes all of a head as a block and opens it. `None` where there is nothing to write.
///
/// # Errors
/// When a file cannot be written; then nothing is published.
pub(crate) fn write(dir: &Path, sequence: u64, head: &HeadView) -> Result<Option<Block>, Error> {
    let mut builder = BlockBuilder::create(dir, "head")?;
    for series in head.sorted() {
        // Chunks of memory are short, so that little is held twice while they grow: longer ones take less.
        builder.add(&series.labels, &series.samples(), series.exemplars())?;
    }
    builder.set_metadata(head.metadata.iter().map(|(name, metadata)| (name.clone(), metadata.clone())).collect());
    builder.finish()?.map(|finished| finished.publish(sequence)).transpose()
}

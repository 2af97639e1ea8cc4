//! From memory to a block.

use std::path::Path;

use crate::block::{Block, BlockBuilder};
use crate::error::Error;
use crate::head::HeadView;
use crate::series::Content;

/// Writes all of a head as a block and opens it. `None` where there is nothing to write.
///
/// # Errors
/// When a file cannot be written; then nothing is published.
pub(crate) fn write(dir: &Path, sequence: u64, head: &HeadView) -> Result<Option<Block>, Error> {
    let mut builder = BlockBuilder::create(dir, "head")?;
    for series in head.sorted() {
        match series.content() {
            Content::Chunks(chunks) => builder.add_chunks(&series.labels, &chunks, series.exemplars())?,
            Content::Samples(samples) => builder.add(&series.labels, &samples, series.exemplars())?,
        }
    }
    builder.set_metadata(head.metadata.iter().map(|(name, metadata)| (name.clone(), metadata.clone())).collect());
    builder.finish()?.map(|finished| finished.publish(sequence)).transpose()
}

//! What of a block's file takes how much, for the benches.

use std::collections::{BTreeMap, HashSet};

use super::{Block, PART_CRC_BYTES};
use crate::error::Error;

/// Bytes by part.
#[derive(Debug, Default)]
pub struct Sizes {
    /// How many series, chunks and samples.
    pub counts: (u64, u64, u64),
    /// The data of chunks, by metric.
    pub chunks: BTreeMap<String, u64>,
    /// The times of chunks.
    pub times: u64,
    /// The checksums of both.
    pub checksums: u64,
    /// Pages of series: which labels they have and where their chunks are.
    pub series: u64,
    /// Texts of labels.
    pub symbols: u64,
    /// Which series have which labels, and what is left.
    pub labels: u64,
    /// The whole file.
    pub file: u64,
}

impl Block {
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn sizes(&self) -> Result<Sizes, Error> {
        let (chunks, samples) = self.counts();
        let mut sizes = Sizes { counts: (self.series_count().into(), chunks, samples), ..Sizes::default() };
        let (mut times, crc) = (HashSet::new(), PART_CRC_BYTES as u64);
        for id in 0..self.series_count() {
            let series = self.series(id)?;
            let of_metric = sizes.chunks.entry(series.labels.metric_name().to_owned()).or_default();
            for chunk in &series.chunks {
                *of_metric += chunk.data.bytes - crc;
                sizes.checksums += crc;
                if times.insert(chunk.times.offset) {
                    sizes.times += chunk.times.bytes - crc;
                    sizes.checksums += crc;
                }
            }
        }
        sizes.file = std::fs::metadata(&self.path).map_err(Error::io(&self.path))?.len();
        sizes.series = self.top.series.iter().map(|part| part.bytes).sum();
        sizes.symbols = self.top.symbols.iter().map(|part| part.bytes).sum();
        let known = sizes.times + sizes.checksums + sizes.series + sizes.symbols + sizes.chunks.values().sum::<u64>();
        sizes.labels = sizes.file - known;
        Ok(sizes)
    }
}

//! History from elsewhere, straight into blocks.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aio_types::{Labels, Samples, TenantId, TimeRange, TimestampMs};

use crate::block::{Block, BlockBuilder, Finished};
use crate::error::Error;
use crate::merge::merge;
use crate::store::{MetricsStore, millis};

/// Blocks written at the same time: history over more ranges is put into ranges of several times the length.
const BLOCKS_MAX: i64 = 64;

/// What an import brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Series taken in.
    pub series: u64,
    /// Samples taken in.
    pub samples: u64,
    /// Blocks published.
    pub blocks: u64,
}

impl MetricsStore {
    /// Takes in the history of a tenant: of each series all at once, series ascending by labels, samples of a series in
    /// any order. `extent` is the time all samples lie in, which decides how long blocks are. Nothing is too old, and
    /// nothing is compared with what is there: of two values for one moment, the one that was there first is served.
    ///
    /// All blocks are published together at the end: an import that fails leaves nothing behind, but for a crash while
    /// files are renamed.
    ///
    /// # Errors
    /// [`Error::Unsorted`]; or when a file cannot be written.
    pub fn import(
        &self,
        tenant: &TenantId,
        extent: TimeRange,
        series: &mut dyn Iterator<Item = (Labels, Samples)>,
    ) -> Result<ImportReport, Error> {
        let mut report = ImportReport::default();
        let dir = self.tenant_dir(tenant);
        let name = self.next_import();
        let range_ms = block_range_ms(millis(self.config.block_range), extent);
        let mut builders = BTreeMap::new();
        let mut last: Option<Labels> = None;
        for (labels, mut samples) in series {
            if last.as_ref().is_some_and(|last| *last >= labels) {
                return Err(Error::Unsorted { series: labels.to_string() });
            }
            merge(&mut samples);
            report.series += 1;
            report.samples += samples.len() as u64;
            for (range, part) in split(samples, range_ms) {
                let builder = match builders.entry(range) {
                    std::collections::btree_map::Entry::Occupied(found) => found.into_mut(),
                    std::collections::btree_map::Entry::Vacant(place) => place.insert(begin(&dir, &name, range)?),
                };
                builder.add(&labels, &part, [].iter())?;
            }
            last = Some(labels);
        }
        let finished = builders.into_values().map(BlockBuilder::finish).collect::<Result<Vec<_>, _>>()?;
        report.blocks = self.publish(tenant, finished.into_iter().flatten().collect())?;
        Ok(report)
    }

    /// Adds whole blocks to a tenant's, behind those that are there.
    fn publish(&self, tenant: &TenantId, finished: Vec<Finished>) -> Result<u64, Error> {
        // Maintenance numbers blocks too.
        let _no_maintenance = self.log_start.lock();
        let data = self.tenant(tenant);
        let mut published: Vec<Arc<Block>> = Vec::with_capacity(finished.len());
        for block in finished {
            let sequence = data.memory.lock().reserve_sequence();
            match block.publish(sequence) {
                Ok(block) => published.push(Arc::new(block)),
                Err(error) => {
                    withdraw(&published);
                    return Err(error);
                }
            }
        }
        let count = published.len() as u64;
        let mut memory = data.memory.lock();
        published.into_iter().for_each(|block| memory.add_block(block));
        Ok(count)
    }
}

fn withdraw(blocks: &[Arc<Block>]) {
    for block in blocks {
        let _best_effort = std::fs::remove_file(&block.path);
    }
}

fn begin(dir: &Path, name: &str, range: i64) -> Result<BlockBuilder, Error> {
    BlockBuilder::create(dir, &format!("{name}-{range}"))
}

/// The length of blocks, a multiple of the usual one.
fn block_range_ms(usual_ms: i64, extent: TimeRange) -> i64 {
    let usual_ms = usual_ms.max(1);
    let extent_ms = extent.end.0.saturating_sub(extent.start.0).max(0);
    let blocks = extent_ms / usual_ms + 2;
    usual_ms.saturating_mul(blocks / BLOCKS_MAX + 1)
}

/// Ascending samples by the number of the range they lie in.
fn split(samples: Samples, range_ms: i64) -> BTreeMap<i64, Samples> {
    let range = |t: TimestampMs| t.0.div_euclid(range_ms);
    let mut parts: BTreeMap<i64, Samples> = BTreeMap::new();
    let mut position = 0;
    for run in samples.floats.chunk_by(|a, b| range(a.t) == range(b.t)) {
        let part = parts.entry(range(run[0].t)).or_default();
        part.floats.extend_from_slice(run);
        part.starts.extend_from_slice(samples.starts.get(position..position + run.len()).unwrap_or_default());
        position += run.len();
    }
    for sample in samples.histograms {
        parts.entry(range(sample.t)).or_default().histograms.push(sample);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_history_does_not_become_too_many_blocks() {
        let (hour, year) = (3_600_000, 365 * 86_400_000);
        assert_eq!(block_range_ms(hour, TimeRange::new(0, 5 * hour)), hour);
        let length = block_range_ms(hour, TimeRange::new(0, year));
        assert!(year / length < BLOCKS_MAX && length % hour == 0, "{length}");
        assert_eq!(block_range_ms(hour, TimeRange::ALL) % hour, 0);
    }
}

//! Into which blocks an import goes: one, unless it covers more time than a block should.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use aio_types::{Exemplar, Labels, Metadata, Samples, TimeRange, TimestampMs};

use super::digest::Digest;
use crate::block::{BlockBuilder, Finished};
use crate::error::Error;

/// Blocks that are written at the same time: each has the labels of all its series in memory.
const PARTS_MAX: u8 = 8;
/// As long as the longest that compaction makes.
const PART_MS: i128 = 31 * 86_400_000;

/// The blocks under way, by position in time.
#[derive(Debug)]
pub(super) struct Parts {
    dir: PathBuf,
    name: String,
    slices: Slices,
    builders: BTreeMap<u8, BlockBuilder>,
    written: Digest,
}

impl Parts {
    pub(super) fn new(dir: PathBuf, name: String, extent: TimeRange) -> Self {
        let slices = Slices::of(extent);
        Self { dir, name, slices, builders: BTreeMap::new(), written: Digest::default() }
    }

    /// Adds a series with ascending samples.
    pub(super) fn add(&mut self, labels: &Labels, samples: Samples, exemplars: Vec<Exemplar>) -> Result<(), Error> {
        for (position, (samples, exemplars)) in self.slices.split(samples, exemplars) {
            let builder = match self.builders.entry(position) {
                Entry::Occupied(found) => found.into_mut(),
                Entry::Vacant(place) => {
                    place.insert(BlockBuilder::create(&self.dir, &format!("{}-{position}", self.name))?)
                }
            };
            builder.add(labels, &samples, exemplars.iter())?;
            self.written.add_series(labels, &samples, &exemplars);
        }
        Ok(())
    }

    /// The blocks that are not empty, and what is in them.
    pub(super) fn finish(self, metadata: &[(String, Metadata)]) -> Result<(Vec<Finished>, Digest), Error> {
        let mut blocks = Vec::new();
        for mut builder in self.builders.into_values() {
            builder.set_metadata(metadata.to_vec());
            blocks.extend(builder.finish()?);
        }
        Ok((blocks, self.written))
    }
}

/// Slices of time of one length.
#[derive(Debug, Clone, Copy)]
struct Slices {
    start: i128,
    length: i128,
}

impl Slices {
    fn of(extent: TimeRange) -> Self {
        let (start, end) = (i128::from(extent.start.0), i128::from(extent.end.0));
        Self { start, length: ((end - start) / i128::from(PARTS_MAX) + 1).max(PART_MS) }
    }

    /// What lies beside the extent belongs to the slice next to it.
    fn position(self, t: TimestampMs) -> u8 {
        let position = (i128::from(t.0) - self.start).div_euclid(self.length);
        u8::try_from(position.clamp(0, i128::from(PARTS_MAX) - 1)).unwrap_or(0)
    }

    /// The slice that all of it lies in.
    fn only_one(self, samples: &Samples, exemplars: &[Exemplar]) -> Option<u8> {
        let times = samples.times().chain(exemplars.iter().map(|exemplar| exemplar.sample.t));
        let mut positions = times.map(|t| self.position(t));
        let first = positions.next()?;
        positions.all(|position| position == first).then_some(first)
    }

    fn split(self, samples: Samples, exemplars: Vec<Exemplar>) -> BTreeMap<u8, (Samples, Vec<Exemplar>)> {
        if let Some(position) = self.only_one(&samples, &exemplars) {
            return BTreeMap::from([(position, (samples, exemplars))]);
        }
        let mut parts: BTreeMap<u8, (Samples, Vec<Exemplar>)> = BTreeMap::new();
        for (at, sample) in samples.floats.iter().enumerate() {
            let part = parts.entry(self.position(sample.t)).or_default();
            part.0.push_float(*sample, samples.start_of(at));
        }
        for sample in samples.histograms {
            parts.entry(self.position(sample.t)).or_default().0.histograms.push(sample);
        }
        for exemplar in exemplars {
            parts.entry(self.position(exemplar.sample.t)).or_default().1.push(exemplar);
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_history_does_not_become_too_many_blocks() {
        const DAY: i64 = 86_400_000;
        for (extent, positions) in [
            (TimeRange::new(0, 31 * DAY - 1), [0, 0, 1]),
            (TimeRange::new(0, 62 * DAY), [0, 0, 1]),
            (TimeRange::ALL, [4, 4, 4]),
            (TimeRange::new(5, 4), [0, 0, 1]),
        ] {
            let slices = Slices::of(extent);
            let found = [0, 31 * DAY - 1, 40 * DAY].map(|t| slices.position(TimestampMs(t)));
            assert_eq!(found, positions, "{extent:?}");
        }
        let slices = Slices::of(TimeRange::ALL);
        assert_eq!([i64::MIN, i64::MAX].map(|t| slices.position(TimestampMs(t))), [0, PARTS_MAX - 1]);
    }
}

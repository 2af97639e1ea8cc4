//! Doors to codecs, for the benches only.

use std::path::Path;

use aio_types::{HistogramSample, Sample, Samples, TimeRange};

use crate::Error;
use crate::block::Block;
pub use crate::block::Sizes;
use crate::chunk::{Chunk, Effort, OpenChunk, SAMPLES_BLOCK, SAMPLES_HEAD};

/// Samples per chunk of memory, and of blocks.
pub const SAMPLES: [usize; 2] = [SAMPLES_HEAD, SAMPLES_BLOCK];

/// A sealed chunk.
#[derive(Debug)]
pub struct Sealed(Chunk);

impl Sealed {
    /// Seals floats, no more than the larger of [`SAMPLES`].
    ///
    /// # Panics
    /// Where there are none or too many.
    #[must_use]
    pub fn floats(samples: &[Sample]) -> Self {
        let effort = if samples.len() > SAMPLES_HEAD { Effort::Thorough } else { Effort::Quick };
        Self(Chunk::floats(samples, &[], effort).expect("some, and not too many"))
    }

    /// Seals histograms of one layout.
    ///
    /// # Panics
    /// Where there are none or too many.
    #[must_use]
    pub fn histograms(samples: &[HistogramSample]) -> Self {
        Self(Chunk::histograms(samples, Effort::Thorough).expect("some, and not too many"))
    }

    /// Bytes of the values, and of the times, which others may share.
    #[must_use]
    pub fn bytes(&self) -> (usize, usize) {
        (self.0.data.len(), self.0.times.len())
    }

    /// Appends all samples to `out`.
    ///
    /// # Panics
    /// Never: what was encoded decodes.
    pub fn decode(&self, out: &mut Samples) {
        self.0.decode(TimeRange::ALL, out).expect("what was encoded decodes");
    }
}

/// A growing chunk.
#[derive(Debug, Default)]
pub struct Open(OpenChunk);

impl Open {
    /// Adds a sample.
    pub fn push(&mut self, sample: Sample) {
        self.0.push(sample, aio_types::TimestampMs(0));
    }

    /// How many bytes it has come to.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// Appends all samples to `out`.
    pub fn decode(&self, out: &mut Samples) {
        self.0.decode(TimeRange::ALL, out);
    }
}

/// How many bytes of a block's file each of its parts takes.
///
/// # Errors
/// When it cannot be read.
pub fn block_sizes(path: &Path) -> Result<Sizes, Error> {
    Block::open(path)?.sizes()
}

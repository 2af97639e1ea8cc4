//! Doors to codecs, for the benches only.

use aio_types::{HistogramSample, Sample, Samples, TimeRange};

use crate::chunk::{Chunk, OpenChunk, SAMPLES_HEAD, SAMPLES_MAX};

/// Samples per chunk of memory, and of blocks.
pub const SAMPLES: [usize; 2] = [SAMPLES_HEAD, SAMPLES_MAX];

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
        Self(Chunk::floats(samples, &[]).expect("some, and not too many"))
    }

    /// Seals histograms of one layout.
    ///
    /// # Panics
    /// Where there are none or too many.
    #[must_use]
    pub fn histograms(samples: &[HistogramSample]) -> Self {
        Self(Chunk::histograms(samples).expect("some, and not too many"))
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

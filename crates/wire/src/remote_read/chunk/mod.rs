//! Chunks of a series in Prometheus' encodings.
//!
//! ```text
//!   XOR               count:u16  t v  Δt v^v'  ΔΔt v^v' …
//!   histogram         count:u16 flags:u8 layout  t counts  Δt Δcounts  ΔΔt ΔΔcounts …     whole counts, as deltas
//!   float histogram   count:u16 flags:u8 layout  t counts  Δt counts^counts' …            any counts
//! ```
//!
//! All but the head is a stream of bits. The histograms of a chunk share one layout (schema, zero threshold, spans,
//! custom bounds), the union of theirs, and but for gauges no counter reset lies between them. Source: Prometheus'
//! description of its chunk format.

mod bits;
mod float;
mod histogram;
mod run;
mod varbit;
pub(super) mod whole;
mod xor;

use aio_types::{HistogramSample, Sample, Samples, TimestampMs};

use run::Run;

/// Most samples of a chunk.
const SAMPLES_MAX: usize = 120;

/// How a chunk's samples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Floats.
    Xor,
    /// Native histograms with whole counts.
    Histogram,
    /// Native histograms with any counts.
    FloatHistogram,
}

impl Encoding {
    /// As the protocol numbers them.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Xor => 1,
            Self::Histogram => 2,
            Self::FloatHistogram => 3,
        }
    }
}

/// Consecutive samples of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// How they are written.
    pub encoding: Encoding,
    /// The time of the first.
    pub min_time: TimestampMs,
    /// The time of the last.
    pub max_time: TimestampMs,
    /// The samples.
    pub data: Vec<u8>,
}

/// Cuts samples, which ascend by time, into chunks, which do so too.
pub fn cut(samples: &Samples, mut each: impl FnMut(Chunk)) {
    let (mut floats, mut histograms) = (samples.floats.as_slice(), samples.histograms.as_slice());
    while !floats.is_empty() || !histograms.is_empty() {
        let until = histograms.first().map_or(TimestampMs(i64::MAX), |h| h.t);
        let (now, later) = floats.split_at(floats.partition_point(|f| f.t < until || histograms.is_empty()));
        now.chunks(SAMPLES_MAX).for_each(|samples| each(of_floats(samples)));
        floats = later;
        let until = floats.first().map_or(TimestampMs(i64::MAX), |f| f.t);
        let (now, later) = histograms.split_at(histograms.partition_point(|h| h.t <= until || floats.is_empty()));
        cut_histograms(now, &mut each);
        histograms = later;
    }
}

fn of_floats(samples: &[Sample]) -> Chunk {
    let time = |sample: Option<&Sample>| sample.map_or(TimestampMs(0), |s| s.t);
    Chunk {
        encoding: Encoding::Xor,
        min_time: time(samples.first()),
        max_time: time(samples.last()),
        data: xor::encode(samples),
    }
}

fn cut_histograms(samples: &[HistogramSample], each: &mut impl FnMut(Chunk)) {
    let mut run: Option<Run<'_>> = None;
    for sample in samples {
        if !run.as_mut().is_some_and(|open| open.take_in(sample)) {
            let next = Run::begin(sample, run.as_ref());
            run.replace(next).into_iter().for_each(|done| each(done.encode()));
        }
    }
    run.into_iter().for_each(|done| each(done.encode()));
}

#[cfg(test)]
pub(crate) mod decode;
#[cfg(test)]
mod tests;

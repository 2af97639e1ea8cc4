//! Compressed runs of samples of one kind.
//!
//! ```text
//!   open    samples as they come, in the order they come (`open`)
//!   sealed  columns, each in whichever way takes least:
//!           times   integers (`ints`); kept apart, since the series of one target share them
//!           data  = 1 if starts are there, else 0 | starts: integers | values: `floats` or `histograms`
//! ```
//!
//! Lossless: every bit of a float comes back, NaN payloads and -0 included. Bytes that are no chunk give `None`, and
//! cannot ask for more memory than their size and [`SAMPLES_MAX`] allow.

mod bits;
mod blocks;
mod floats;
mod growing;
pub(crate) mod histograms;
mod ints;
mod open;
#[cfg(test)]
pub(crate) mod tests;
mod xor;

use std::cell::RefCell;
use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{HistogramSample, Sample, Samples, TimeRange, TimestampMs};

pub(crate) use self::ints::Effort;
pub(crate) use self::open::OpenChunk;
use crate::recent::Recent;

/// Samples per chunk of the head.
pub(crate) const SAMPLES_HEAD: usize = 120;
/// Samples per chunk where whole series are at hand, about: what a chunk costs beside its samples weighs less. Six hours
/// of samples 15 s apart.
pub(crate) const SAMPLES_BLOCK: usize = 1440;
/// The most a chunk has; more than half as many again as is usual.
pub(crate) const SAMPLES_MAX: usize = 2 * SAMPLES_BLOCK;

/// What a chunk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Plain values.
    Floats,
    /// Native histograms.
    Histograms,
}

/// One immutable run of samples, ascending in time. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chunk {
    pub(crate) kind: Kind,
    pub(crate) count: u32,
    pub(crate) range: TimeRange,
    pub(crate) times: Arc<[u8]>,
    pub(crate) data: Arc<[u8]>,
}

impl Chunk {
    /// Encodes floats that ascend in time, [`SAMPLES_MAX`] at most; `None` for none. `starts` are as many or none.
    pub(crate) fn floats(samples: &[Sample], starts: &[TimestampMs], effort: Effort) -> Option<Self> {
        let starts = if starts.iter().all(|s| s.0 == 0) { &[] } else { starts };
        let values: Vec<f64> = samples.iter().map(|s| s.v).collect();
        let times: Vec<i64> = samples.iter().map(|s| s.t.0).collect();
        Self::new(Kind::Floats, &times, starts.iter().map(|s| s.0), effort, |out| floats::encode(&values, effort, out))
    }

    /// Encodes histograms that ascend in time and share a layout; see [`histogram_runs`].
    pub(crate) fn histograms(samples: &[HistogramSample], effort: Effort) -> Option<Self> {
        let times: Vec<i64> = samples.iter().map(|s| s.t.0).collect();
        let is_known = samples.iter().any(|s| s.start.0 != 0);
        let starts = samples.iter().map(|s| s.start.0).take(if is_known { samples.len() } else { 0 });
        Self::new(Kind::Histograms, &times, starts, effort, |out| histograms::encode(samples, effort, out))
    }

    fn new(
        kind: Kind,
        times: &[i64],
        starts: impl Iterator<Item = i64>,
        effort: Effort,
        values: impl FnOnce(&mut Writer),
    ) -> Option<Self> {
        let range = TimeRange { start: TimestampMs(*times.first()?), end: TimestampMs(*times.last()?) };
        let count = u32::try_from(times.len()).ok().filter(|&n| n as usize <= SAMPLES_MAX)?;
        let starts: Vec<i64> = starts.collect();
        let mut data = Writer(Vec::with_capacity(16 + times.len() * 2));
        data.byte(u8::from(!starts.is_empty()));
        ints::encode(&starts, effort, &mut data);
        values(&mut data);
        let mut column = Writer(Vec::with_capacity(16));
        ints::encode(times, effort, &mut column);
        Some(Self { kind, count, range, times: column.0.into(), data: data.0.into() })
    }

    /// Lets the chunk have the times of the one before it, if they are the same.
    pub(crate) fn share_times(mut self, last: &mut Option<Arc<[u8]>>) -> Self {
        match last {
            Some(last) if **last == *self.times => self.times = Arc::clone(last),
            _ => *last = Some(Arc::clone(&self.times)),
        }
        self
    }

    /// Appends the samples in `range`, see [`decode`].
    pub(crate) fn decode(&self, range: TimeRange, out: &mut Samples) -> Option<()> {
        with_scratch(|scratch| {
            let key = Column { bytes: Arc::clone(&self.times), count: self.count };
            let address = self.times.as_ptr().addr() as u64 >> 3;
            let decoded = || decode_times(&self.times, self.count as usize).map(Arc::new).ok_or(());
            let times = scratch.times.get(address.wrapping_add(self.count.into()), key, decoded).ok()?;
            decode(self.kind, &self.data, &times, scratch, range, out)
        })
    }
}

/// Runs of histograms that each fit one chunk of at most `samples_max`.
pub(crate) fn histogram_runs(
    samples: &[HistogramSample],
    samples_max: usize,
) -> impl Iterator<Item = &[HistogramSample]> {
    let of_one_layout = samples.chunk_by(|a, b| histograms::same_layout(&a.h, &b.h));
    of_one_layout.flat_map(move |run| run.chunks(histograms::run_max(&run[0].h, samples_max)))
}

/// A column of times: the same bytes in memory.
#[derive(Debug)]
struct Column {
    bytes: Arc<[u8]>,
    count: u32,
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.bytes, &other.bytes) && self.count == other.count
    }
}

/// Samples, those of each kind ascending, as chunks of blocks.
pub(crate) fn chunks_of(samples: &Samples) -> impl Iterator<Item = Chunk> {
    let length = run_length(samples.floats.len());
    let starts =
        move |i: usize| samples.starts.get(i * length..).map(|s| &s[..s.len().min(length)]).unwrap_or_default();
    let floats = samples.floats.chunks(length).enumerate();
    let floats = floats.filter_map(move |(i, run)| Chunk::floats(run, starts(i), Effort::Thorough));
    let histograms = histogram_runs(&samples.histograms, run_length(samples.histograms.len()));
    floats.chain(histograms.filter_map(|run| Chunk::histograms(run, Effort::Thorough)))
}

/// Buffers that decoding uses again and again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Of growing chunks.
    bytes: Vec<u8>,
    /// Times that chunks in memory share.
    times: Recent<Column, Vec<i64>>,
    starts: Vec<i64>,
    ints: Vec<i64>,
    floats: Vec<f64>,
}

/// The times of a chunk; `None` where the bytes are not so many times.
pub(crate) fn decode_times(column: &[u8], count: usize) -> Option<Vec<i64>> {
    let mut times = Vec::with_capacity(count.min(SAMPLES_MAX));
    read_times(column, count, &mut times)?;
    Some(times)
}

fn read_times(column: &[u8], count: usize, times: &mut Vec<i64>) -> Option<()> {
    times.clear();
    if count > SAMPLES_MAX {
        return None;
    }
    let mut from = Reader(column);
    ints::decode(&mut from, count, count, times)?;
    from.0.is_empty().then_some(())
}

/// Into how long runs `count` samples are parted, so that each is about as long as in other blocks.
fn run_length(count: usize) -> usize {
    let runs = ((count + SAMPLES_BLOCK / 2) / SAMPLES_BLOCK).max(1);
    count.div_ceil(runs).max(1)
}

/// Runs `work` with this thread's buffers.
pub(crate) fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => work(&mut scratch),
        Err(_) => work(&mut Scratch::default()),
    })
}

/// Appends the samples of a chunk that lie in `range`. `None` where the bytes are no data of as many samples as there
/// are times; something of them may have been appended then.
pub(crate) fn decode(
    kind: Kind,
    data: &[u8],
    times: &[i64],
    scratch: &mut Scratch,
    range: TimeRange,
    out: &mut Samples,
) -> Option<()> {
    let Scratch { starts, ints, floats, .. } = scratch;
    let mut from = Reader(data);
    starts.clear();
    match from.byte()? {
        0 => {}
        1 => ints::decode(&mut from, times.len(), times.len(), starts)?,
        _ => return None,
    }
    let begin = times.partition_point(|&t| t < range.start.0);
    let end = times.partition_point(|&t| t <= range.end.0).max(begin);
    match kind {
        Kind::Floats => {
            floats.clear();
            // Values are the last column: what comes after the range is not decoded.
            floats::decode(&mut from, times.len(), end, ints, floats)?;
            push_floats(&times[begin..end], starts.get(begin..end), floats.get(begin..end)?, out);
            if end < times.len() {
                return Some(());
            }
        }
        Kind::Histograms => {
            let run = histograms::Run::decode(&mut from, times.len(), ints)?;
            out.histograms.extend((begin..end).map(|i| HistogramSample {
                t: TimestampMs(times[i]),
                start: TimestampMs(starts.get(i).copied().unwrap_or(0)),
                h: Arc::new(run.get(i)),
            }));
        }
    }
    from.0.is_empty().then_some(())
}

fn push_floats(times: &[i64], starts: Option<&[i64]>, values: &[f64], out: &mut Samples) {
    match starts.filter(|starts| !starts.is_empty()) {
        Some(starts) => {
            out.starts.resize(out.floats.len(), TimestampMs(0));
            out.starts.extend(starts.iter().map(|&s| TimestampMs(s)));
        }
        None if !out.starts.is_empty() => out.starts.resize(out.floats.len() + times.len(), TimestampMs(0)),
        None => {}
    }
    out.floats.extend(times.iter().zip(values).map(|(&t, &v)| Sample { t: TimestampMs(t), v }));
}

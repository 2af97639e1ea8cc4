//! What a record of the log says.
//!
//! ```text
//!    1  series       each: reference u64, labels                     6  metadata   (`described`)
//!    2  floats       (`floats`)  11 with start times                 7  histograms (`histograms`)  9 of custom buckets
//!    3  deletions    each: reference u64, start, end varint          8  histograms of floats      10 of custom buckets
//!    4  exemplars    (`described`)                                  12, 13  7 and 8 with start times
//!    5  chunks that were mapped: nothing that is needed here
//!   labels  count uvarint | each: name, value: length uvarint, UTF-8
//! ```
//!
//! References are numbers of series in memory. Kinds that are not known are passed over, as Prometheus does.

mod described;
mod floats;
mod histograms;

use aio_types::{Exemplar, HistogramSample, Labels, Metadata, Sample, TimeRange, TimestampMs};

use crate::bytes::Bytes;
use crate::error::Reason;

/// A float of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RefFloat {
    pub(crate) series: u64,
    pub(crate) sample: Sample,
    pub(crate) start: TimestampMs,
}

/// A native histogram of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RefHistogram {
    pub(crate) series: u64,
    pub(crate) sample: HistogramSample,
}

/// An exemplar of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RefExemplar {
    pub(crate) series: u64,
    pub(crate) exemplar: Exemplar,
}

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Record {
    Series(Vec<(u64, Labels)>),
    Floats(Vec<RefFloat>),
    Histograms(Vec<RefHistogram>),
    Exemplars(Vec<RefExemplar>),
    Deletions(Vec<(u64, TimeRange)>),
    Metadata(Vec<(u64, Metadata)>),
    /// Nothing that matters here.
    Other,
}

/// # Errors
/// Why the bytes are no record.
pub(super) fn decode(bytes: &[u8]) -> Result<Record, Reason> {
    let mut from = Bytes(bytes);
    let malformed = |what: &'static str| move || Reason::Owned(format!("malformed record of {what}"));
    Ok(match from.byte() {
        Some(1) => Record::Series(all(from, series).ok_or_else(malformed("series"))?),
        Some(2) => Record::Floats(floats::decode(from).ok_or_else(malformed("samples"))?),
        Some(3) => Record::Deletions(all(from, deletion).ok_or_else(malformed("deletions"))?),
        Some(4) => Record::Exemplars(described::exemplars(from).ok_or_else(malformed("exemplars"))?),
        Some(6) => Record::Metadata(all(from, described::metadata).ok_or_else(malformed("metadata"))?),
        Some(7 | 9) => Record::Histograms(histograms::decode(from, false)?),
        Some(8 | 10) => Record::Histograms(histograms::decode(from, true)?),
        Some(11) => Record::Floats(floats::decode_with_starts(from).ok_or_else(malformed("samples"))?),
        Some(12) => Record::Histograms(histograms::decode_with_starts(from, false)?),
        Some(13) => Record::Histograms(histograms::decode_with_starts(from, true)?),
        _ => Record::Other,
    })
}

fn all<T>(mut from: Bytes<'_>, one: impl Fn(&mut Bytes<'_>) -> Option<T>) -> Option<Vec<T>> {
    let mut all = Vec::new();
    while !from.is_empty() {
        all.push(one(&mut from)?);
    }
    Some(all)
}

fn series(from: &mut Bytes<'_>) -> Option<(u64, Labels)> {
    Some((from.be64()?, from.labels()?))
}

fn deletion(from: &mut Bytes<'_>) -> Option<(u64, TimeRange)> {
    Some((from.be64()?, TimeRange::new(from.varint()?, from.varint()?)))
}

/// Series and time that the first of a record has, and others tell their difference to.
struct Base {
    series: u64,
    t: i64,
}

impl Base {
    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        Some(Self { series: from.be64()?, t: from.time()? })
    }

    fn next(&self, from: &mut Bytes<'_>) -> Option<(u64, TimestampMs)> {
        let series = self.series.wrapping_add_signed(from.varint()?);
        Some((series, TimestampMs(self.t.wrapping_add(from.varint()?))))
    }
}

/// The same for records with start times: series are told by the difference to the one before.
///
/// ```text
///   first   series, time, start varint
///   others  series less the one before, time less the first varint | 0 no start | 1 that of the one before
///           | 2 start less the first varint
/// ```
#[derive(Default)]
struct WithStart {
    first: Option<(i64, i64)>,
    series: i64,
    start: i64,
}

impl WithStart {
    /// Series, time and start of the next one.
    fn next(&mut self, from: &mut Bytes<'_>) -> Option<(u64, TimestampMs, TimestampMs)> {
        let (series, t) = (from.varint()?, from.varint()?);
        let t = match self.first {
            None => {
                (self.series, self.start) = (series, from.varint()?);
                self.first = Some((t, self.start));
                t
            }
            Some((first_t, first_start)) => {
                self.series = self.series.wrapping_add(series);
                self.start = match from.byte()? {
                    0 => 0,
                    1 => self.start,
                    _ => first_start.wrapping_add(from.varint()?),
                };
                first_t.wrapping_add(t)
            }
        };
        Some((self.series.cast_unsigned(), TimestampMs(t), TimestampMs(self.start)))
    }
}

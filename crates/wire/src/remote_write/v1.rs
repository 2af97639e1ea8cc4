//! Remote write 1.0: `prometheus.WriteRequest`.

use aio_types::{Exemplar, LabelsBuffer, LabelsRef, Metadata, MetricsWrite, Sample, TimestampMs};

use super::labels::{self, RawPair, short_field};
use super::{Decoded, histogram, is_short, kind};
use crate::Error;
use crate::proto::{Fields, varint};
use crate::weight::Budget;

/// Decodes a request that is already decompressed.
///
/// Strings are read as bytes, so that one label of invalid UTF-8 costs its series and not the request.
///
/// # Errors
/// [`Error::Malformed`] when the bytes are no `WriteRequest`, [`Error::TooHeavy`] when it would take too much memory.
/// Series without a usable label set are skipped and counted; an invalid histogram is refused.
pub fn decode(decompressed: &[u8]) -> Result<Decoded, Error> {
    let mut request = Request { budget: Budget::full(), out: Decoded::default(), histograms: Default::default() };
    let mut scratch = Scratch::default();
    // Labels take less than they do here. Pages that are not written to cost nothing.
    request.out.write.reserve(decompressed.len() / USUAL_SERIES_BYTES, decompressed.len());
    for field in Fields::of(decompressed) {
        match field? {
            (1, value) => request.series(value.bytes()?, &mut scratch)?,
            (3, value) => request.metadata(value.bytes()?)?,
            _ => {}
        }
    }
    Ok(request.out)
}

/// About what a series with one sample takes.
const USUAL_SERIES_BYTES: usize = 200;

/// A request under way.
struct Request {
    budget: Budget,
    out: Decoded,
    histograms: histogram::Reader,
}

/// Reused from series to series.
#[derive(Default)]
struct Scratch<'a> {
    pairs: Vec<RawPair<'a>>,
    labels: LabelsBuffer,
    exemplar_labels: LabelsBuffer,
}

impl Request {
    fn series<'a>(&mut self, bytes: &'a [u8], scratch: &mut Scratch<'a>) -> Result<(), Error> {
        self.budget.take(2 * (bytes.len() + MetricsWrite::SERIES_BYTES))?;
        let behind_labels = usual_labels(bytes, &mut scratch.labels);
        if let Some(sample) = behind_labels.and_then(lone_sample)
            && let Some(labels) = scratch.labels.finish()
        {
            self.budget.take(2 * size_of::<Sample>())?;
            self.out.write.push_float(sample, TimestampMs(0));
            self.out.write.finish(labels);
            return Ok(());
        }
        let parts = self.parts(behind_labels.unwrap_or(bytes), scratch)?;
        let is_usual = behind_labels.is_some() && !parts.has_labels;
        if let Some(labels) = if is_usual { scratch.labels.finish() } else { None } {
            self.out.finish(labels, parts.fault.as_deref());
            return Ok(());
        }
        self.collect(bytes, &mut scratch.pairs)?;
        match labels::of_series(&mut scratch.pairs, &mut scratch.labels) {
            Ok(labels) => self.out.finish(labels, parts.fault.as_deref()),
            Err(why) => {
                self.out.write.abandon();
                self.out.skipped.add(format_args!("series {}: {why}", labels::shown(&scratch.pairs)));
            }
        }
        Ok(())
    }

    /// Takes in all of a series but its labels.
    fn parts<'a>(&mut self, bytes: &'a [u8], scratch: &mut Scratch<'a>) -> Result<Parts, Error> {
        let mut parts = Parts::default();
        for field in Fields::of(bytes) {
            match field? {
                (1, _) => parts.has_labels = true,
                (2, value) => {
                    self.budget.take(2 * size_of::<Sample>())?;
                    self.out.write.push_float(sample(value.bytes()?)?, TimestampMs(0));
                }
                (3, value) => {
                    if let Some(exemplar) = self.exemplar(value.bytes()?, scratch)? {
                        self.budget.take(2 * size_of::<Exemplar>())?;
                        self.out.write.push_exemplar(exemplar);
                    }
                }
                (4, value) => match self.histograms.read(value.bytes()?, &mut self.budget)? {
                    Ok(histogram) => {
                        self.budget.take(2 * size_of_val(&histogram))?;
                        self.out.write.push_histogram(histogram);
                    }
                    Err(why) => parts.fault = parts.fault.or(Some(why)),
                },
                _ => {}
            }
        }
        Ok(parts)
    }

    /// The labels of a series or an exemplar, in whichever way they come.
    fn collect<'a>(&mut self, bytes: &'a [u8], pairs: &mut Vec<RawPair<'a>>) -> Result<(), Error> {
        pairs.clear();
        for field in Fields::of(bytes) {
            if let (1, value) = field? {
                self.budget.push(pairs, label(value.bytes()?)?)?;
            }
        }
        labels::charge(pairs, &mut self.budget)
    }

    /// An exemplar with unusable or too long labels is left out: its series is worth more.
    fn exemplar<'a>(&mut self, bytes: &'a [u8], scratch: &mut Scratch<'a>) -> Result<Option<Exemplar>, Error> {
        self.collect(bytes, &mut scratch.pairs)?;
        let mut sample = Sample { t: TimestampMs(0), v: 0.0 };
        for field in Fields::of(bytes) {
            match field? {
                (2, value) => sample.v = value.double()?,
                (3, value) => sample.t = TimestampMs(value.int()?),
                _ => {}
            }
        }
        let labels = labels::of(&mut scratch.pairs, &mut scratch.exemplar_labels).ok();
        Ok(labels.map(|labels| Exemplar { labels: labels.to_labels(), sample }).filter(is_short))
    }

    /// What is said of a family without a name is nothing.
    fn metadata(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (mut name, mut metadata) = (&b""[..], Metadata::default());
        for field in Fields::of(bytes) {
            match field? {
                (1, value) => metadata.kind = kind(value.int32()?),
                (2, value) => name = value.bytes()?,
                (4, value) => metadata.help = String::from_utf8_lossy(value.bytes()?).into_owned(),
                (5, value) => metadata.unit = String::from_utf8_lossy(value.bytes()?).into_owned(),
                _ => {}
            }
        }
        self.budget.take(bytes.len())?;
        match std::str::from_utf8(name) {
            Ok("") | Err(_) => Ok(()),
            Ok(name) => self.budget.push(&mut self.out.write.metadata, (name.to_owned(), metadata)),
        }
    }
}

/// What a series has beside its labels and what went into the write.
#[derive(Debug, Default)]
struct Parts {
    has_labels: bool,
    /// What is wrong with a histogram.
    fault: Option<String>,
}

impl Decoded {
    /// Finishes a series. One without samples and exemplars is nothing.
    fn finish(&mut self, labels: LabelsRef<'_>, fault: Option<&str>) {
        if let Some(why) = fault {
            self.refused.add(format_args!("{why} for series {labels}"));
        }
        let found = self.write.under_way();
        if !found.samples.is_empty() || !found.exemplars.is_empty() {
            self.write.finish(labels);
        }
    }
}

fn label(bytes: &[u8]) -> Result<RawPair<'_>, Error> {
    let mut pair: RawPair<'_> = (b"", b"");
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => pair.0 = value.bytes()?,
            (2, value) => pair.1 = value.bytes()?,
            _ => {}
        }
    }
    Ok(pair)
}

/// Puts labels together that come as all senders write them: before all else, sorted, none of them empty, texts of less
/// than 128 bytes, a metric's name among them. What comes behind them; `None` where they are not like that.
fn usual_labels<'a>(series: &'a [u8], labels: &mut LabelsBuffer) -> Option<&'a [u8]> {
    labels.clear();
    let (mut rest, mut last, mut has_name) = (series, &[][..], false);
    while rest.first() == Some(&LABELS) {
        let (label, behind) = short_field(rest, LABELS)?;
        let (name, value) = short_field(label, LABEL_NAME)?;
        let (value, nothing) = short_field(value, LABEL_VALUE)?;
        if !nothing.is_empty() || value.is_empty() || !labels::is_behind(name, last) {
            return None;
        }
        labels.push(name, value);
        has_name |= labels::is_metric_name(name);
        (rest, last) = (behind, name);
    }
    has_name.then_some(rest)
}

/// Keys of fields of bytes.
const LABELS: u8 = 1 << 3 | 2;
const SAMPLES: u8 = 2 << 3 | 2;
const LABEL_NAME: u8 = 1 << 3 | 2;
const LABEL_VALUE: u8 = 2 << 3 | 2;
/// Keys of numbers.
const SAMPLE_VALUE: u8 = 1 << 3 | 1;
const SAMPLE_TIME: u8 = 2 << 3;

/// The sample of a series that has one and nothing else.
#[inline]
fn lone_sample(behind_labels: &[u8]) -> Option<Sample> {
    let (sample, nothing) = short_field(behind_labels, SAMPLES)?;
    usual_sample(sample).filter(|_| nothing.is_empty())
}

/// A sample as all senders write it: its value, then its time.
#[inline]
fn usual_sample(bytes: &[u8]) -> Option<Sample> {
    let (&value_key, rest) = bytes.split_first()?;
    let (value, rest) = rest.split_first_chunk()?;
    let (&time_key, rest) = rest.split_first()?;
    let (t, rest) = varint(rest).ok()?;
    let is_usual = value_key == SAMPLE_VALUE && time_key == SAMPLE_TIME && rest.is_empty();
    is_usual.then(|| Sample { t: TimestampMs(t.cast_signed()), v: f64::from_le_bytes(*value) })
}

#[inline]
fn sample(bytes: &[u8]) -> Result<Sample, Error> {
    if let Some(sample) = usual_sample(bytes) {
        return Ok(sample);
    }
    let mut sample = Sample { t: TimestampMs(0), v: 0.0 };
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => sample.v = value.double()?,
            (2, value) => sample.t = TimestampMs(value.int()?),
            _ => {}
        }
    }
    Ok(sample)
}

#[cfg(test)]
mod tests;

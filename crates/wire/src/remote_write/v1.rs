//! Remote write 1.0: `prometheus.WriteRequest`.

use aio_types::{Exemplar, Metadata, Sample, Samples, SeriesWrite, TimestampMs};

use super::labels::{self, RawPair};
use super::{Decoded, histogram, is_short, kind};
use crate::Error;
use crate::proto::Fields;
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
    for field in Fields::of(decompressed) {
        match field? {
            (1, value) => request.series(value.bytes()?, &mut scratch)?,
            (3, value) => request.metadata(value.bytes()?)?,
            _ => {}
        }
    }
    Ok(request.out)
}

/// A request under way.
struct Request {
    budget: Budget,
    out: Decoded,
    histograms: histogram::Reader,
}

/// Reused from series to series.
#[derive(Default)]
struct Scratch<'a> {
    labels: Vec<RawPair<'a>>,
    exemplar_labels: Vec<RawPair<'a>>,
}

impl Request {
    fn series<'a>(&mut self, bytes: &'a [u8], scratch: &mut Scratch<'a>) -> Result<(), Error> {
        scratch.labels.clear();
        let (mut samples, mut exemplars) = (Samples::default(), Vec::new());
        let mut fault = None;
        for field in Fields::of(bytes) {
            match field? {
                (1, value) => self.budget.push(&mut scratch.labels, label(value.bytes()?)?)?,
                (2, value) => self.budget.push(&mut samples.floats, sample(value.bytes()?)?)?,
                (3, value) => {
                    if let Some(exemplar) = self.exemplar(value.bytes()?, &mut scratch.exemplar_labels)? {
                        self.budget.push(&mut exemplars, exemplar)?;
                    }
                }
                (4, value) => match self.histograms.read(value.bytes()?, &mut self.budget)? {
                    Ok(histogram) => self.budget.push(&mut samples.histograms, histogram)?,
                    Err(why) => fault = fault.or(Some(why)),
                },
                _ => {}
            }
        }
        labels::charge(&scratch.labels, &mut self.budget)?;
        let labels = match labels::of_series(&scratch.labels) {
            Ok(labels) => labels,
            Err(why) => {
                self.out.skipped.add(format_args!("series {}: {why}", labels::shown(&scratch.labels)));
                return Ok(());
            }
        };
        if let Some(why) = fault {
            self.out.refused.add(format_args!("{why} for series {labels}"));
        }
        if !samples.is_empty() || !exemplars.is_empty() {
            self.budget.push(&mut self.out.write.series, SeriesWrite { labels, samples, exemplars })?;
        }
        Ok(())
    }

    /// An exemplar with unusable or too long labels is left out: its series is worth more.
    fn exemplar<'a>(&mut self, bytes: &'a [u8], pairs: &mut Vec<RawPair<'a>>) -> Result<Option<Exemplar>, Error> {
        pairs.clear();
        let mut sample = Sample { t: TimestampMs(0), v: 0.0 };
        for field in Fields::of(bytes) {
            match field? {
                (1, value) => self.budget.push(pairs, label(value.bytes()?)?)?,
                (2, value) => sample.v = value.double()?,
                (3, value) => sample.t = TimestampMs(value.int()?),
                _ => {}
            }
        }
        labels::charge(pairs, &mut self.budget)?;
        Ok(labels::of(pairs).ok().map(|labels| Exemplar { labels, sample }).filter(is_short))
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

fn sample(bytes: &[u8]) -> Result<Sample, Error> {
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

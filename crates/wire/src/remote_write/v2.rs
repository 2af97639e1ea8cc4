//! Remote write 2.0: `io.prometheus.write.v2.Request`. Text is in a table of symbols, everything refers to it.

use std::collections::HashSet;

use aio_types::{Exemplar, LabelsBuffer, LabelsRef, Metadata, MetricsWrite, Sample, TimestampMs};

use super::labels::{self, RawPair, short_field};
use super::{Decoded, family, histogram, is_short, kind};
use crate::Error;
use crate::proto::{Fields, Value, varint};
use crate::weight::Budget;

/// Decodes a request that is already decompressed.
///
/// # Errors
/// [`Error::Malformed`] when the bytes are no `Request` or its first symbol is not empty, [`Error::TooHeavy`] when it
/// would take too much memory. Everything else costs a series, a histogram or an exemplar, which is refused.
pub fn decode(decompressed: &[u8]) -> Result<Decoded, Error> {
    let mut budget = Budget::full();
    let symbols = symbols(decompressed, &mut budget)?;
    let mut request = Request {
        symbols: &symbols,
        budget,
        out: Decoded::default(),
        histograms: Default::default(),
        families: HashSet::new(),
    };
    let mut scratch = Scratch::default();
    for field in Fields::of(decompressed) {
        if let (5, value) = field? {
            let series = value.bytes()?;
            request.series(series, &mut scratch)?;
            if request.out.write.series_count() == 1 {
                request.expect_more_of(series, decompressed.len());
            }
        }
    }
    Ok(request.out)
}

/// The table, which may stand anywhere in the request.
fn symbols<'a>(request: &'a [u8], budget: &mut Budget) -> Result<Vec<&'a [u8]>, Error> {
    let mut symbols: Vec<&[u8]> = Vec::new();
    for field in Fields::of(request) {
        if let (4, value) = field? {
            budget.push(&mut symbols, value.bytes()?)?;
        }
    }
    match symbols.first() {
        Some(first) if !first.is_empty() => {
            Err(Error::malformed("remote write request", "the first symbol must be the empty string"))
        }
        _ => Ok(symbols),
    }
}

/// A request under way.
struct Request<'a> {
    symbols: &'a [&'a [u8]],
    budget: Budget,
    out: Decoded,
    histograms: histogram::Reader,
    /// Families whose metadata is known: every series repeats it.
    families: HashSet<String>,
}

/// Most series, and bytes of labels, for which room is made before they come.
const EXPECTED_MAX: usize = 10_000;
const EXPECTED_BYTES_MAX: usize = 2 << 20;

/// The key of a series' references.
const LABELS_REFS: u8 = 1 << 3 | 2;

/// A series as it came; reused from one to the next.
#[derive(Default)]
struct Scratch<'a> {
    /// Those of labels that did not come as usual.
    refs: Vec<u64>,
    pairs: Vec<RawPair<'a>>,
    exemplars: Vec<&'a [u8]>,
    metadata: &'a [u8],
    /// What is wrong with histograms.
    faults: Vec<String>,
    labels: LabelsBuffer,
    exemplar_labels: LabelsBuffer,
}

impl Scratch<'_> {
    fn clear(&mut self) {
        self.refs.clear();
        self.exemplars.clear();
        self.metadata = &[];
        self.faults.clear();
    }
}

impl<'a> Request<'a> {
    fn series(&mut self, bytes: &'a [u8], scratch: &mut Scratch<'a>) -> Result<(), Error> {
        scratch.clear();
        let mut buffer = std::mem::take(&mut scratch.labels);
        let kept = self.read(bytes, &mut buffer, scratch);
        scratch.labels = buffer;
        if let Err(why) = kept? {
            self.out.write.abandon();
            self.out.refused.add(why);
        }
        Ok(())
    }

    /// Makes room for the others, in the belief that they are like the first.
    fn expect_more_of(&mut self, series: &[u8], request_bytes: usize) {
        let count = (request_bytes / series.len().max(1)).min(EXPECTED_MAX);
        let labels = self.out.write.labels().next().map_or(0, LabelsRef::bytes);
        self.out.write.reserve(count, count.saturating_mul(labels).min(EXPECTED_BYTES_MAX));
    }

    /// Reads and finishes a series, or says why it is none.
    fn read(
        &mut self,
        bytes: &'a [u8],
        buffer: &mut LabelsBuffer,
        scratch: &mut Scratch<'a>,
    ) -> Result<Result<(), String>, Error> {
        let behind_labels = self.usual_labels(bytes, buffer)?;
        for field in Fields::of(behind_labels.unwrap_or(bytes)) {
            let (number, value) = field?;
            self.field(number, value, scratch)?;
        }
        let is_usual = behind_labels.is_some() && scratch.refs.is_empty();
        match if is_usual { buffer.finish() } else { None } {
            Some(labels) => match self.metadata(scratch.metadata)? {
                Ok(metadata) => self.keep(labels, metadata, scratch),
                Err(why) => Ok(Err(format!("metadata of series {labels}: {why}"))),
            },
            None => self.read_unusual(bytes, buffer, scratch),
        }
    }

    /// Puts labels together that come as all senders write them: before all else, sorted, none of them empty, a metric's
    /// name among them. What comes behind them; `None` where they are not like that.
    fn usual_labels(&mut self, series: &'a [u8], labels: &mut LabelsBuffer) -> Result<Option<&'a [u8]>, Error> {
        labels.clear();
        let Some((mut refs, behind)) = short_field(series, LABELS_REFS) else { return Ok(None) };
        let (mut last, mut has_name) = (&[][..], false);
        while !refs.is_empty() {
            let Some((name, value, rest)) = self.usual_pair(refs, last) else { return Ok(None) };
            self.budget.take(name.len() + value.len() + 2 * size_of::<usize>())?;
            labels.push(name, value);
            has_name |= labels::is_metric_name(name);
            (refs, last) = (rest, name);
        }
        Ok(has_name.then_some(behind))
    }

    #[inline]
    fn usual_pair(&self, refs: &'a [u8], last: &[u8]) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
        let (name, rest) = varint(refs).ok()?;
        let (value, rest) = varint(rest).ok()?;
        let symbol = |reference: u64| self.symbols.get(usize::try_from(reference).ok()?).copied();
        let (name, value) = (symbol(name)?, symbol(value)?);
        (labels::is_behind(name, last) && !value.is_empty()).then_some((name, value, rest))
    }

    fn field(&mut self, number: u64, value: Value<'a>, scratch: &mut Scratch<'a>) -> Result<(), Error> {
        match number {
            1 => read_refs(value, &mut scratch.refs, &mut self.budget)?,
            2 => {
                let (sample, start) = sample(value.bytes()?)?;
                // Where one has a start, all have room for it.
                self.budget.take(2 * size_of::<(Sample, TimestampMs)>())?;
                self.out.write.push_float(sample, start);
            }
            3 => match self.histograms.read(value.bytes()?, &mut self.budget)? {
                Ok(histogram) => {
                    self.budget.take(2 * size_of_val(&histogram))?;
                    self.out.write.push_histogram(histogram);
                }
                Err(why) => self.budget.push(&mut scratch.faults, why)?,
            },
            4 => self.budget.push(&mut scratch.exemplars, value.bytes()?)?,
            5 => scratch.metadata = value.bytes()?,
            _ => {}
        }
        Ok(())
    }

    /// Finishes a series whose labels come in any way, or says why it is none.
    fn read_unusual(
        &mut self,
        bytes: &'a [u8],
        buffer: &mut LabelsBuffer,
        scratch: &mut Scratch<'a>,
    ) -> Result<Result<(), String>, Error> {
        scratch.refs.clear();
        for field in Fields::of(bytes) {
            if let (1, value) = field? {
                read_refs(value, &mut scratch.refs, &mut self.budget)?;
            }
        }
        if let Err(why) = self.resolve(&scratch.refs, &mut scratch.pairs)? {
            return Ok(Err(format!("labels of a series: {why}")));
        }
        labels::charge(&scratch.pairs, &mut self.budget)?;
        let metadata = match self.metadata(scratch.metadata)? {
            Ok(metadata) => metadata,
            Err(why) => return Ok(Err(format!("metadata of series {}: {why}", labels::shown(&scratch.pairs)))),
        };
        match labels::of_series(&mut scratch.pairs, buffer) {
            Ok(labels) => self.keep(labels, metadata, scratch),
            Err(why) => Ok(Err(format!("series {}: {why}", labels::shown(&scratch.pairs)))),
        }
    }

    /// Finishes a series, or says why it is none.
    fn keep(
        &mut self,
        labels: LabelsRef<'_>,
        metadata: RawMetadata<'a>,
        scratch: &mut Scratch<'a>,
    ) -> Result<Result<(), String>, Error> {
        let samples = self.out.write.under_way().samples;
        if samples.is_empty() && scratch.faults.is_empty() {
            return Ok(Err(format!("neither a sample nor a histogram came for series {labels}")));
        }
        let is_native = !samples.histograms.is_empty();
        for why in &scratch.faults {
            self.out.refused.add(format_args!("{why} for series {labels}"));
        }
        for bytes in std::mem::take(&mut scratch.exemplars) {
            match self.exemplar(bytes, scratch)? {
                Ok(exemplar) if is_short(&exemplar) => {
                    self.budget.take(2 * size_of::<Exemplar>())?;
                    self.out.write.push_exemplar(exemplar);
                }
                Ok(_) => {}
                Err(why) => self.out.refused.add(format_args!("an exemplar of series {labels}: {why}")),
            }
        }
        self.describe(family::of(labels, metadata.kind, is_native), metadata)?;
        self.budget.take(2 * MetricsWrite::SERIES_BYTES)?;
        self.out.write.finish(labels);
        Ok(Ok(()))
    }

    fn exemplar(&mut self, bytes: &'a [u8], scratch: &mut Scratch<'a>) -> Result<Result<Exemplar, String>, Error> {
        let Scratch { refs, pairs, .. } = scratch;
        refs.clear();
        let mut sample = Sample { t: TimestampMs(0), v: 0.0 };
        for field in Fields::of(bytes) {
            match field? {
                (1, value) => read_refs(value, refs, &mut self.budget)?,
                (2, value) => sample.v = value.double()?,
                (3, value) => sample.t = TimestampMs(value.int()?),
                _ => {}
            }
        }
        if let Err(why) = self.resolve(refs, pairs)? {
            return Ok(Err(why));
        }
        labels::charge(pairs, &mut self.budget)?;
        let labels = labels::of(pairs, &mut scratch.exemplar_labels);
        Ok(labels.map(|labels| Exemplar { labels: labels.to_labels(), sample }))
    }

    /// The pairs that references stand for, or why they are none.
    fn resolve(&mut self, refs: &[u64], pairs: &mut Vec<RawPair<'a>>) -> Result<Result<(), String>, Error> {
        pairs.clear();
        let (both, odd) = refs.as_chunks();
        if !odd.is_empty() {
            return Ok(Err(format!("{} references are no pairs of name and value", refs.len())));
        }
        for [name, value] in both {
            match self.symbol(*name).and_then(|name| Ok((name, self.symbol(*value)?))) {
                Ok(pair) => self.budget.push(pairs, pair)?,
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(()))
    }

    fn symbol(&self, reference: u64) -> Result<&'a [u8], String> {
        let symbol = usize::try_from(reference).ok().and_then(|at| self.symbols.get(at)).copied();
        symbol
            .ok_or_else(|| format!("reference {reference} lies outside of the table of {} symbols", self.symbols.len()))
    }

    fn metadata(&self, bytes: &[u8]) -> Result<Result<RawMetadata<'a>, String>, Error> {
        let (mut kind_number, mut help, mut unit) = (0, 0, 0);
        for field in Fields::of(bytes) {
            match field? {
                (1, value) => kind_number = value.int32()?,
                (3, value) => help = value.uint()?,
                (4, value) => unit = value.uint()?,
                _ => {}
            }
        }
        let text = |reference| if reference == 0 { Ok(&b""[..]) } else { self.symbol(reference) };
        Ok(text(help).and_then(|help| Ok(RawMetadata { kind: kind(kind_number), help, unit: text(unit)? })))
    }

    /// Keeps what the first series of a family says of it.
    fn describe(&mut self, family: &str, raw: RawMetadata<'_>) -> Result<(), Error> {
        if raw == RawMetadata::default() || self.families.contains(family) {
            return Ok(());
        }
        self.budget.take(2 * family.len() + raw.help.len() + raw.unit.len())?;
        self.families.insert(family.to_owned());
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let metadata = Metadata { kind: raw.kind, help: text(raw.help), unit: text(raw.unit) };
        self.budget.push(&mut self.out.write.metadata, (family.to_owned(), metadata))
    }
}

/// What a series says of its family.
#[derive(Default, Clone, Copy, PartialEq)]
struct RawMetadata<'a> {
    kind: aio_types::MetricKind,
    help: &'a [u8],
    unit: &'a [u8],
}

fn read_refs(value: Value<'_>, refs: &mut Vec<u64>, budget: &mut Budget) -> Result<(), Error> {
    value.uints(|reference| budget.push(refs, reference))
}

#[inline]
fn sample(bytes: &[u8]) -> Result<(Sample, TimestampMs), Error> {
    let (mut sample, mut start) = (Sample { t: TimestampMs(0), v: 0.0 }, TimestampMs(0));
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => sample.v = value.double()?,
            (2, value) => sample.t = TimestampMs(value.int()?),
            (3, value) => start = TimestampMs(value.int()?),
            _ => {}
        }
    }
    Ok((sample, start))
}

#[cfg(test)]
mod tests;

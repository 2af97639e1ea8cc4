//! What one record of the log holds: the accepted part of one write.
//!
//! ```text
//!   record    = version 2 | tenant | epoch | base time | n metadata: name kind help unit | n series
//!   series    = flags | reference, less the one before | what the flags say, in this order:
//!               LABELS n: name value | floats: (n unless ONE_FLOAT) t v | STARTS one per float
//!               | HISTOGRAMS n | EXEMPLARS n: labels t v
//!   histogram = hint + 4 if the start is known + 8 if the layout is the one before | t | start | layout
//!               | count sum zero-count buckets…
//!   t         = milliseconds after the sample before; of a series' first, after the base
//!   start     = milliseconds after the start before; of a series' first, after the base
//!   v         = LEB128 of the bits, their last byte first: round numbers are short
//! ```
//!
//! Labels are written once per head, whose number the epoch is; from then on a reference stands for them.

use std::sync::Arc;

use aio_types::{
    Exemplar, Histogram, HistogramSample, Labels, LabelsRef, Metadata, MetricKind, ResetHint, Sample, Samples,
    SamplesRef, TenantId, TimestampMs,
};

use crate::chunk::histograms::{decode_layout, encode_layout, same_layout};
use aio_kit::bytes::{Reader, Writer};

const VERSION: u8 = 2;

const LABELS: u8 = 1;
const ONE_FLOAT: u8 = 2;
const FLOATS: u8 = 4;
const STARTS: u8 = 8;
const HISTOGRAMS: u8 = 16;
const EXEMPLARS: u8 = 32;

const HINTS: [ResetHint; 4] = [ResetHint::Unknown, ResetHint::Reset, ResetHint::NotReset, ResetHint::Gauge];
const HINT_BITS: u8 = 3;
const STARTED: u8 = 4;
const SAME_LAYOUT: u8 = 8;

const KINDS: [MetricKind; 8] = [
    MetricKind::Unknown,
    MetricKind::Counter,
    MetricKind::Gauge,
    MetricKind::Histogram,
    MetricKind::GaugeHistogram,
    MetricKind::Summary,
    MetricKind::Info,
    MetricKind::StateSet,
];

/// What a record says of one series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// The series' position in its head.
    pub(crate) reference: u32,
    /// Where the reference is new to the log.
    pub(crate) labels: Option<LabelsRef<'a>>,
    pub(crate) samples: SamplesRef<'a>,
    pub(crate) exemplars: &'a [Exemplar],
}

/// An entry that was read.
#[derive(Debug, Default)]
pub(crate) struct OwnedEntry {
    pub(crate) reference: u32,
    pub(crate) labels: Option<Labels>,
    pub(crate) samples: Samples,
    pub(crate) exemplars: Vec<Exemplar>,
}

impl OwnedEntry {
    pub(crate) fn borrowed(&self) -> Entry<'_> {
        let Self { reference, labels, samples, exemplars } = self;
        let labels = labels.as_ref().map(Labels::borrowed);
        Entry { reference: *reference, labels, samples: samples.borrowed(), exemplars }
    }
}

/// A record that was read.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) tenant: TenantId,
    pub(crate) epoch: u64,
    pub(crate) metadata: Vec<(String, Metadata)>,
    pub(crate) series: Vec<OwnedEntry>,
}

pub(crate) fn encode<'a>(
    tenant: &TenantId,
    epoch: u64,
    metadata: &[(String, Metadata)],
    series: impl ExactSizeIterator<Item = Entry<'a>> + Clone,
) -> Vec<u8> {
    let base = series.clone().find_map(|entry| entry.samples.times().next()).unwrap_or_default();
    let mut encoder = Encoder::begin(tenant, epoch, base, metadata, series.len());
    series.for_each(|entry| encoder.entry(&entry));
    encoder.finish()
}

/// A record under way.
#[derive(Debug)]
pub(crate) struct Encoder {
    out: Writer,
    base: i64,
    /// The reference before.
    before: i64,
}

impl Encoder {
    /// Begins a record of exactly `series` entries. The nearer times are to `base`, the less they take.
    pub(crate) fn begin(
        tenant: &TenantId,
        epoch: u64,
        base: TimestampMs,
        metadata: &[(String, Metadata)],
        series: usize,
    ) -> Self {
        let mut out = Writer(Vec::with_capacity(64 + series * 24));
        out.byte(VERSION);
        out.text(tenant.as_str());
        out.uint(epoch);
        out.int(base.0);
        encode_metadata(&mut out, metadata);
        out.uint(series as u64);
        Self { out, base: base.0, before: 0 }
    }

    pub(crate) fn entry(&mut self, entry: &Entry<'_>) {
        let difference = self.step(entry.reference);
        encode_entry(&mut self.out, entry, difference, self.base);
    }

    /// As an entry of one float, of which nobody knows since when it counts, of a series that is known: most are.
    #[inline]
    pub(crate) fn float(&mut self, reference: u32, sample: Sample) {
        let difference = self.step(reference);
        self.out.byte(ONE_FLOAT);
        self.out.int(difference);
        self.out.int(sample.t.0.wrapping_sub(self.base));
        encode_value(&mut self.out, sample.v);
    }

    #[inline]
    fn step(&mut self, reference: u32) -> i64 {
        let before = std::mem::replace(&mut self.before, reference.into());
        self.before - before
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.out.0
    }
}

/// `None` where the bytes are no record of ours.
pub(crate) fn decode(bytes: &[u8]) -> Option<Record> {
    decode_with(bytes, Vec::new())
}

/// As [`decode`], with entries that nobody needs any more, so that their memory is used again.
pub(crate) fn decode_with(bytes: &[u8], mut spare: Vec<OwnedEntry>) -> Option<Record> {
    let mut from = Reader(bytes);
    if from.byte()? != VERSION {
        return None;
    }
    let tenant = TenantId::new(from.text()?).ok()?;
    let (epoch, base) = (from.uint()?, from.int()?);
    let metadata = decode_metadata(&mut from)?;
    let count = from.count()?;
    let mut before = 0;
    spare.truncate(count);
    for entry in &mut spare {
        decode_entry(&mut from, before, base, entry)?;
        before = i64::from(entry.reference);
    }
    spare.reserve((count - spare.len()).min(1 << 16));
    while spare.len() < count {
        let mut entry = OwnedEntry::default();
        decode_entry(&mut from, before, base, &mut entry)?;
        before = i64::from(entry.reference);
        spare.push(entry);
    }
    from.0.is_empty().then_some(Record { tenant, epoch, metadata, series: spare })
}

pub(crate) fn encode_metadata(out: &mut Writer, metadata: &[(String, Metadata)]) {
    out.uint(metadata.len() as u64);
    for (name, metadata) in metadata {
        out.text(name);
        out.uint(KINDS.iter().position(|k| *k == metadata.kind).unwrap_or(0) as u64);
        out.text(&metadata.help);
        out.text(&metadata.unit);
    }
}

pub(crate) fn decode_metadata(from: &mut Reader<'_>) -> Option<Vec<(String, Metadata)>> {
    let one = |from: &mut Reader<'_>| {
        let name = from.text()?.to_owned();
        let kind = *KINDS.get(usize::try_from(from.uint()?).ok()?)?;
        Some((name, Metadata { kind, help: from.text()?.to_owned(), unit: from.text()?.to_owned() }))
    };
    (0..from.count()?).map(|_| one(from)).collect()
}

fn encode_entry(out: &mut Writer, entry: &Entry<'_>, reference: i64, base: i64) {
    let Entry { samples, exemplars, labels, .. } = *entry;
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    out.byte(
        flag(labels.is_some(), LABELS)
            | flag(samples.floats.len() == 1, ONE_FLOAT)
            | flag(samples.floats.len() > 1, FLOATS)
            | flag(!samples.starts.is_empty() && !samples.floats.is_empty(), STARTS)
            | flag(!samples.histograms.is_empty(), HISTOGRAMS)
            | flag(!exemplars.is_empty(), EXEMPLARS),
    );
    out.int(reference);
    if let Some(labels) = labels {
        encode_labels(out, labels);
    }
    encode_floats(out, samples, base);
    if !samples.histograms.is_empty() {
        encode_histograms(out, samples.histograms, base);
    }
    if !exemplars.is_empty() {
        encode_exemplars(out, exemplars.iter());
    }
}

/// Whatever was in the entry before goes.
fn decode_entry(from: &mut Reader<'_>, before: i64, base: i64, entry: &mut OwnedEntry) -> Option<()> {
    let flags = from.byte()?;
    entry.reference = u32::try_from(before.checked_add(from.int()?)?).ok()?;
    entry.labels = if flags & LABELS == 0 { None } else { Some(decode_labels(from)?) };
    entry.samples.clear();
    entry.exemplars.clear();
    if flags & (ONE_FLOAT | FLOATS) != 0 {
        let count = if flags & ONE_FLOAT != 0 { 1 } else { from.count()? };
        decode_floats(from, count, flags & STARTS != 0, base, &mut entry.samples)?;
    }
    if flags & HISTOGRAMS != 0 {
        entry.samples.histograms = decode_histograms(from, base)?;
    }
    if flags & EXEMPLARS != 0 {
        entry.exemplars = decode_exemplars(from)?;
    }
    Some(())
}

fn encode_floats(out: &mut Writer, samples: SamplesRef<'_>, base: i64) {
    if samples.floats.len() > 1 {
        out.uint(samples.floats.len() as u64);
    }
    let mut before = base;
    for sample in samples.floats {
        out.int(sample.t.0.wrapping_sub(before));
        before = sample.t.0;
        encode_value(out, sample.v);
    }
    let mut before = base;
    for start in samples.starts.iter().take(samples.floats.len()) {
        out.int(start.0.wrapping_sub(before));
        before = start.0;
    }
}

fn decode_floats(
    from: &mut Reader<'_>,
    count: usize,
    has_starts: bool,
    base: i64,
    samples: &mut Samples,
) -> Option<()> {
    let mut t = base;
    samples.floats.reserve_exact(count);
    for _ in 0..count {
        t = t.wrapping_add(from.int()?);
        samples.floats.push(Sample { t: TimestampMs(t), v: decode_value(from)? });
    }
    let mut start = base;
    for _ in 0..if has_starts { count } else { 0 } {
        start = start.wrapping_add(from.int()?);
        samples.starts.push(TimestampMs(start));
    }
    Some(())
}

fn encode_histograms(out: &mut Writer, histograms: &[HistogramSample], base: i64) {
    out.uint(histograms.len() as u64);
    let (mut before, mut start, mut layout): (_, _, Option<&Histogram>) = (base, base, None);
    for sample in histograms {
        let h = &sample.h;
        let hint = HINTS.iter().position(|hint| *hint == h.reset_hint).and_then(|i| u8::try_from(i).ok()).unwrap_or(0);
        let is_same = layout.is_some_and(|layout| same_layout(layout, h));
        let started = if sample.start.0 == 0 { 0 } else { STARTED };
        out.byte(hint | started | if is_same { SAME_LAYOUT } else { 0 });
        out.int(sample.t.0.wrapping_sub(before));
        before = sample.t.0;
        if started != 0 {
            out.int(sample.start.0.wrapping_sub(start));
            start = sample.start.0;
        }
        if !is_same {
            encode_layout(h, out);
        }
        layout = Some(h);
        let plain = [h.count, h.sum, h.zero_count];
        plain.iter().chain(&h.positive_buckets).chain(&h.negative_buckets).for_each(|v| encode_value(out, *v));
    }
}

fn decode_histograms(from: &mut Reader<'_>, base: i64) -> Option<Vec<HistogramSample>> {
    let (mut t, mut last_start, mut layout) = (base, base, None);
    let mut all = Vec::new();
    for _ in 0..from.count()? {
        let flags = from.byte()?;
        t = t.wrapping_add(from.int()?);
        let mut start = 0;
        if flags & STARTED != 0 {
            last_start = last_start.wrapping_add(from.int()?);
            start = last_start;
        }
        if flags & SAME_LAYOUT == 0 {
            layout = Some(decode_layout(from)?);
        }
        let (layout, positive, negative) = layout.as_ref()?;
        let mut numbers = |count: usize| (0..count).map(|_| decode_value(from)).collect::<Option<Vec<_>>>();
        let [count, sum, zero_count] = numbers(3)?.try_into().ok()?;
        let h = Histogram {
            reset_hint: HINTS[usize::from(flags & HINT_BITS)],
            count,
            sum,
            zero_count,
            positive_buckets: numbers(*positive)?,
            negative_buckets: numbers(*negative)?,
            ..layout.clone()
        };
        all.push(HistogramSample { t: TimestampMs(t), start: TimestampMs(start), h: Arc::new(h) });
    }
    Some(all)
}

fn encode_labels(out: &mut Writer, labels: LabelsRef<'_>) {
    out.uint(labels.len() as u64);
    for (name, value) in labels.iter() {
        out.text(name);
        out.text(value);
    }
}

fn decode_labels(from: &mut Reader<'_>) -> Option<Labels> {
    let pairs: Option<Vec<_>> = (0..from.count()?).map(|_| Some((from.text()?, from.text()?))).collect();
    labels_of(&pairs?)
}

/// A set of labels that is as sets are; `None` of other pairs.
pub(crate) fn labels_of(pairs: &[(&str, &str)]) -> Option<Labels> {
    let is_set = pairs.is_sorted_by(|a, b| a.0 < b.0) && pairs.iter().all(|(_, value)| !value.is_empty());
    is_set.then(|| Labels::from_sorted(pairs.iter().copied()))
}

pub(crate) fn encode_exemplars<'a>(out: &mut Writer, exemplars: impl ExactSizeIterator<Item = &'a Exemplar>) {
    out.uint(exemplars.len() as u64);
    for exemplar in exemplars {
        encode_labels(out, exemplar.labels.borrowed());
        out.int(exemplar.sample.t.0);
        encode_value(out, exemplar.sample.v);
    }
}

pub(crate) fn decode_exemplars(from: &mut Reader<'_>) -> Option<Vec<Exemplar>> {
    let one = |from: &mut Reader<'_>| {
        let labels = decode_labels(from)?;
        let sample = Sample { t: TimestampMs(from.int()?), v: decode_value(from)? };
        Some(Exemplar { labels, sample })
    };
    (0..from.count()?).map(|_| one(from)).collect()
}

#[inline]
fn encode_value(out: &mut Writer, value: f64) {
    out.uint(value.to_bits().swap_bytes());
}

fn decode_value(from: &mut Reader<'_>) -> Option<f64> {
    Some(f64::from_bits(from.uint()?.swap_bytes()))
}

#[cfg(test)]
mod tests {
    use aio_types::stale_nan;

    use super::*;
    use crate::chunk::tests::histogram;

    fn entries() -> Vec<OwnedEntry> {
        let float = |t, v| Sample { t: TimestampMs(t), v };
        let labels = Labels::from_pairs([("__name__", "m"), ("a", "b")]);
        let sample = |t, start, layout| HistogramSample {
            t: TimestampMs(t),
            start: TimestampMs(start),
            h: Arc::new(histogram(layout, &[1.0, 0.5, 1e300])),
        };
        let histograms = vec![sample(5, 0, 1), sample(1, 3, 1), sample(9, 4, 2), sample(10, 0, 0)];
        let starts = vec![TimestampMs(0), TimestampMs(-5)];
        let exemplars = vec![Exemplar { labels: labels.clone(), sample: float(i64::MIN, -0.0) }];
        vec![
            OwnedEntry { reference: 7, samples: vec![float(1000, stale_nan())].into(), ..OwnedEntry::default() },
            OwnedEntry {
                reference: 3,
                labels: Some(labels),
                samples: Samples { floats: vec![float(i64::MAX, 1.0), float(0, 1.5)], starts, histograms },
                exemplars,
            },
            OwnedEntry { reference: u32::MAX, ..OwnedEntry::default() },
        ]
    }

    #[test]
    fn what_was_written_is_read() {
        let (tenant, entries) = (TenantId::default(), entries());
        let metadata = [("m".to_owned(), Metadata { help: "h".into(), unit: "u".into(), kind: MetricKind::Info })];
        let bytes = encode(&tenant, 9, &metadata, entries.iter().map(OwnedEntry::borrowed));
        let record = decode(&bytes).expect("reads");
        assert_eq!((&record.tenant, record.epoch, record.metadata.as_slice()), (&tenant, 9, &metadata[..]));
        for (found, expected) in record.series.iter().zip(&entries) {
            assert_eq!((found.reference, &found.labels), (expected.reference, &expected.labels));
            assert_eq!((&found.samples, &found.exemplars), (&expected.samples, &expected.exemplars));
        }
        assert_eq!(record.series.len(), entries.len());
        let again = decode_with(&bytes, record.series.into_iter().rev().take(2).collect()).expect("reads");
        let bytes_again = encode(&again.tenant, 9, &metadata, again.series.iter().map(OwnedEntry::borrowed));
        assert_eq!(bytes_again, bytes, "nothing of what was in an entry stays");
        assert!((0..bytes.len()).all(|cut| decode(&bytes[..cut]).is_none()));
    }

    #[test]
    fn a_float_is_an_entry() {
        let (tenant, sample) = (TenantId::default(), Sample { t: TimestampMs(-5), v: 1.25 });
        let samples = Samples::from(vec![sample]);
        let begin = || Encoder::begin(&tenant, 3, TimestampMs(7), &[], 3);
        let (mut short, mut long) = (begin(), begin());
        for reference in [9, 4, u32::MAX] {
            short.float(reference, sample);
            long.entry(&Entry { reference, labels: None, samples: samples.borrowed(), exemplars: &[] });
        }
        assert_eq!(short.finish(), long.finish());
    }

    #[test]
    fn one_sample_of_a_known_series_takes_few_bytes() {
        let samples = Samples::from(vec![Sample { t: TimestampMs(1_700_000_000_000), v: 12_345.0 }]);
        let entry = |reference| Entry { reference, labels: None, samples: samples.borrowed(), exemplars: &[] };
        let bytes = |count: u32| encode(&TenantId::default(), 1, &[], (0..count).map(entry)).len();
        assert!((bytes(101) - bytes(1)) / 100 <= 8, "{}", bytes(101) - bytes(1));
    }
}

//! What one record of the log holds: the accepted part of one write.
//!
//! ```text
//!   record = version 1 | tenant | n metadata: name kind help unit
//!            | n series: n labels: name value | n samples: t v | n exemplars: n labels: name value | t v
//! ```

use aio_types::{Exemplar, Labels, Metadata, MetricKind, MetricsWrite, Sample, SeriesWrite, TenantId, TimestampMs};

use aio_kit::bytes::{Reader, Writer};

const VERSION: u8 = 1;

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

pub(crate) fn encode(tenant: &TenantId, write: &MetricsWrite) -> Vec<u8> {
    let mut out = Writer::default();
    out.byte(VERSION);
    out.text(tenant.as_str());
    out.uint(write.metadata.len() as u64);
    for (name, metadata) in &write.metadata {
        out.text(name);
        out.uint(KINDS.iter().position(|k| *k == metadata.kind).unwrap_or(0) as u64);
        out.text(&metadata.help);
        out.text(&metadata.unit);
    }
    out.uint(write.series.len() as u64);
    for series in &write.series {
        encode_labels(&mut out, &series.labels);
        out.uint(series.samples.floats.len() as u64);
        for sample in &series.samples.floats {
            encode_sample(&mut out, *sample);
        }
        encode_exemplars(&mut out, &series.exemplars);
    }
    out.0
}

/// `None` where the bytes are no record of ours.
pub(crate) fn decode(bytes: &[u8]) -> Option<(TenantId, MetricsWrite)> {
    let mut from = Reader(bytes);
    if from.byte()? != VERSION {
        return None;
    }
    let tenant = TenantId::new(from.text()?).ok()?;
    let mut write = MetricsWrite::default();
    for _ in 0..from.count()? {
        let name = from.text()?.to_owned();
        let kind = *KINDS.get(usize::try_from(from.uint()?).ok()?)?;
        write.metadata.push((name, Metadata { kind, help: from.text()?.to_owned(), unit: from.text()?.to_owned() }));
    }
    for _ in 0..from.count()? {
        let labels = decode_labels(&mut from)?;
        let samples = (0..from.count()?).map(|_| decode_sample(&mut from)).collect::<Option<Vec<_>>>()?.into();
        let exemplars = decode_exemplars(&mut from)?;
        write.series.push(SeriesWrite { labels, samples, exemplars });
    }
    from.0.is_empty().then_some((tenant, write))
}

pub(crate) fn encode_labels(out: &mut Writer, labels: &Labels) {
    out.uint(labels.len() as u64);
    for (name, value) in labels.iter() {
        out.text(name);
        out.text(value);
    }
}

pub(crate) fn decode_labels(from: &mut Reader<'_>) -> Option<Labels> {
    let pairs: Option<Vec<_>> = (0..from.count()?).map(|_| Some((from.text()?, from.text()?))).collect();
    Some(Labels::from_pairs(pairs?))
}

pub(crate) fn encode_exemplars<'a>(
    out: &mut Writer,
    exemplars: impl IntoIterator<Item = &'a Exemplar, IntoIter: ExactSizeIterator>,
) {
    let exemplars = exemplars.into_iter();
    out.uint(exemplars.len() as u64);
    for exemplar in exemplars {
        encode_labels(out, &exemplar.labels);
        encode_sample(out, exemplar.sample);
    }
}

pub(crate) fn decode_exemplars(from: &mut Reader<'_>) -> Option<Vec<Exemplar>> {
    (0..from.count()?).map(|_| Some(Exemplar { labels: decode_labels(from)?, sample: decode_sample(from)? })).collect()
}

fn encode_sample(out: &mut Writer, sample: Sample) {
    out.int(sample.t.0);
    out.float(sample.v);
}

fn decode_sample(from: &mut Reader<'_>) -> Option<Sample> {
    Some(Sample { t: TimestampMs(from.int()?), v: from.float()? })
}

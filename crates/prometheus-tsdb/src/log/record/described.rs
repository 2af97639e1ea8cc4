//! Exemplars, and what is known of metrics.
//!
//! ```text
//!   exemplars  series u64, time i64 of the first | each: series less that, time less that varint, value 64 bits, labels
//!   metadata   each: series uvarint, type u8, count of fields uvarint | each: name, value
//! ```

use aio_types::{Exemplar, Metadata, MetricKind, Sample};

use super::{Base, RefExemplar};
use crate::bytes::Bytes;

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

pub(super) fn exemplars(mut from: Bytes<'_>) -> Option<Vec<RefExemplar>> {
    if from.is_empty() {
        return Some(Vec::new());
    }
    let base = Base::read(&mut from)?;
    let mut all = Vec::new();
    while !from.is_empty() {
        let (series, t) = base.next(&mut from)?;
        let sample = Sample { t, v: from.float()? };
        all.push(RefExemplar { series, exemplar: Exemplar { labels: from.labels()?, sample } });
    }
    Some(all)
}

pub(super) fn metadata(from: &mut Bytes<'_>) -> Option<(u64, Metadata)> {
    let series = from.uvarint()?;
    let kind = KINDS.get(usize::from(from.byte()?)).copied().unwrap_or_default();
    let mut metadata = Metadata { kind, ..Metadata::default() };
    for _ in 0..from.count(2)? {
        let (name, value) = (from.text()?, from.text()?);
        match name {
            "UNIT" => value.clone_into(&mut metadata.unit),
            "HELP" => value.clone_into(&mut metadata.help),
            _ => (),
        }
    }
    Some((series, metadata))
}

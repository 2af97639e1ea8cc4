//! What is known of a block without opening it: the value of its entry in the catalogue.

use std::collections::BTreeSet;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{AttributeValue, Span, TimestampNs};

/// Larger sets of names are left out, so that a catalogue's value stays small.
const NAMES_BYTES_MAX: usize = 3 << 10;

/// A block, described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockMeta {
    /// Spans of the log's records `first..=marker` that belong to the day are in this block.
    pub(crate) first: u64,
    pub(crate) marker: u64,
    /// First and last start of a span, and the last end.
    pub(crate) min: TimestampNs,
    pub(crate) max: TimestampNs,
    pub(crate) end: TimestampNs,
    pub(crate) spans: u64,
    /// All service names, or `None` where there are too many to list.
    pub(crate) services: Option<BTreeSet<Box<str>>>,
    /// All span names, likewise.
    pub(crate) names: Option<BTreeSet<Box<str>>>,
}

impl BlockMeta {
    pub(crate) fn of(spans: &[&Span], first: u64, marker: u64) -> Self {
        Self {
            first,
            marker,
            min: spans.iter().map(|s| s.start).min().unwrap_or_default(),
            max: spans.iter().map(|s| s.start).max().unwrap_or_default(),
            end: spans.iter().map(|s| s.end.max(s.start)).max().unwrap_or_default(),
            spans: spans.len() as u64,
            services: services(spans),
            names: names(spans.iter().map(|s| &*s.name)),
        }
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        out.uint(self.first);
        out.uint(self.marker);
        out.int(self.min.0);
        out.int(self.max.0);
        out.int(self.end.0);
        out.uint(self.spans);
        for set in [&self.services, &self.names] {
            out.byte(u8::from(set.is_some()));
            out.uint(set.as_ref().map_or(0, |s| s.len() as u64));
            set.iter().flatten().for_each(|name| out.text(name));
        }
    }

    pub(crate) fn decode(from: &mut Reader<'_>) -> Option<Self> {
        let (first, marker) = (from.uint()?, from.uint()?);
        let (min, max, end) = (TimestampNs(from.int()?), TimestampNs(from.int()?), TimestampNs(from.int()?));
        let spans = from.uint()?;
        Some(Self { first, marker, min, max, end, spans, services: read_names(from)?, names: read_names(from)? })
    }

    /// Whether a span may be under way in `start..end`.
    pub(crate) fn overlaps(&self, start: TimestampNs, end: TimestampNs) -> bool {
        self.min < end && self.end >= start
    }

    /// Whether everything of the other block is in this one too.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.first <= other.first && other.marker <= self.marker
    }

    /// Whether the block may hold spans that are wanted.
    pub(crate) fn may_match(&self, services: &[String], names: &[String]) -> bool {
        let has_all = |known: &Option<BTreeSet<Box<str>>>, wanted: &[String]| {
            known.as_ref().is_none_or(|known| wanted.iter().all(|w| known.contains(w.as_str())))
        };
        has_all(&self.services, services) && has_all(&self.names, names)
    }
}

/// Unknown where a service has several names at once: each of them would have to be listed.
fn services(spans: &[&Span]) -> Option<BTreeSet<Box<str>>> {
    let is_list = |s: &&Span| {
        s.resource.attributes.iter().any(|(k, v)| &**k == "service.name" && matches!(v, AttributeValue::Array(_)))
    };
    if spans.iter().any(is_list) { None } else { names(spans.iter().map(|s| s.resource.service_name())) }
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> Option<BTreeSet<Box<str>>> {
    let unique: BTreeSet<&str> = all.collect();
    let bytes: usize = unique.iter().map(|n| n.len() + 2).sum();
    (bytes <= NAMES_BYTES_MAX).then(|| unique.into_iter().map(Into::into).collect())
}

fn read_names(from: &mut Reader<'_>) -> Option<Option<BTreeSet<Box<str>>>> {
    let known = from.byte()? == 1;
    let names: BTreeSet<Box<str>> = (0..from.count()?).map(|_| from.text().map(Into::into)).collect::<Option<_>>()?;
    Some(known.then_some(names))
}

//! Spans that are in memory and in the log of writes, but in no block yet.

use std::collections::HashMap;

use aio_types::{AttributeValue, Attributes, Span, TimestampMs, TimestampNs, TraceId};

use crate::table::TableWriter;

const NS_PER_DAY: u64 = 86_400_000_000_000;

/// The day a span is kept under, and with which it goes: the one it began on, or that of its arrival where the two are
/// more than a day apart. So absurd times make no days of their own, and late spans are kept as long as any.
///
/// It depends on nothing else: replaying a record finds the same day as writing it did.
pub(crate) fn day(start: TimestampNs, arrival: TimestampMs) -> i64 {
    let arrival = TimestampNs::from_ms(arrival);
    if start.0.abs_diff(arrival.0) <= NS_PER_DAY { start.day() } else { arrival.day() }
}

/// A span and the day it is kept under.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) day: i64,
    pub(crate) span: Span,
}

/// What is known of one trace.
#[derive(Debug)]
pub(crate) struct HeldTrace {
    pub(crate) spans: Vec<Held>,
    /// First start.
    pub(crate) start: TimestampNs,
    /// Last end, not before the last start.
    pub(crate) end: TimestampNs,
}

/// Spans by trace.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) traces: HashMap<TraceId, HeldTrace>,
    /// Memory held, roughly.
    pub(crate) bytes: usize,
    /// When the first span arrived.
    pub(crate) since: Option<TimestampMs>,
    shared: TableWriter,
}

impl Head {
    /// Adds the spans of one write.
    pub(crate) fn insert(&mut self, spans: impl IntoIterator<Item = Held>, arrival: TimestampMs) {
        for held in spans {
            self.insert_one(held);
            self.since.get_or_insert(arrival);
        }
        self.shared.forget_addresses();
    }

    fn insert_one(&mut self, mut held: Held) {
        self.bytes += self.shared.share(&mut held.span) + memory_bytes(&held.span);
        let (start, end) = (held.span.start, held.span.start.max(held.span.end));
        let trace = self.traces.entry(held.span.trace_id).or_insert_with(|| {
            self.bytes += TRACE_BYTES;
            HeldTrace { spans: Vec::with_capacity(1), start, end }
        });
        trace.start = trace.start.min(start);
        trace.end = trace.end.max(end);
        trace.spans.push(held);
    }

    /// Copies of a trace's spans.
    pub(crate) fn trace(&self, id: TraceId) -> Vec<Span> {
        self.traces.get(&id).map(|t| t.spans.iter().map(|h| h.span.clone()).collect()).unwrap_or_default()
    }
}

/// A trace's entry beside its spans.
const TRACE_BYTES: usize = 128;

fn memory_bytes(span: &Span) -> usize {
    let events: usize = span.events.iter().map(|e| 64 + e.name.len() + attributes_bytes(&e.attributes)).sum();
    let links: usize = span.links.iter().map(|l| 80 + l.trace_state.len() + attributes_bytes(&l.attributes)).sum();
    size_of::<Held>()
        + span.name.len()
        + span.status_message.len()
        + span.trace_state.len()
        + attributes_bytes(&span.attributes)
        + events
        + links
}

fn attributes_bytes(attributes: &Attributes) -> usize {
    attributes.iter().map(|(name, value)| 16 + name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    size_of::<AttributeValue>()
        + match value {
            AttributeValue::String(s) => s.len(),
            AttributeValue::Bytes(b) => b.len(),
            AttributeValue::Array(items) => items.iter().map(value_bytes).sum(),
            AttributeValue::Map(map) => attributes_bytes(map),
            AttributeValue::Empty | AttributeValue::Bool(_) | AttributeValue::Int(_) | AttributeValue::Double(_) => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_kept_under_its_own_day_if_that_is_near() {
        const DAY_MS: i64 = 86_400_000;
        let arrival = TimestampMs(20_000 * DAY_MS + 1000);
        let at = |ms: i64| day(TimestampNs::from_ms(TimestampMs(ms)), arrival);
        assert_eq!(at(20_000 * DAY_MS), 20_000);
        assert_eq!(at(20_000 * DAY_MS - 1), 19_999);
        assert_eq!(at(20_001 * DAY_MS), 20_001);
        for absurd in [0, 19_998 * DAY_MS, 20_003 * DAY_MS, i64::MIN, i64::MAX] {
            assert_eq!(at(absurd), 20_000, "{absurd}");
        }
    }
}

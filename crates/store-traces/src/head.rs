//! Spans that are in memory and in the log of writes, but in no block yet.

use std::collections::HashMap;

use aio_types::{AttributeValue, Attributes, Span, TimestampMs, TraceId};

/// Spans by trace.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) traces: HashMap<TraceId, Vec<Span>>,
    pub(crate) spans: usize,
    /// Memory held, roughly.
    pub(crate) bytes: usize,
    /// When the first span arrived.
    pub(crate) since: Option<TimestampMs>,
}

impl Head {
    pub(crate) fn insert(&mut self, span: Span, now: TimestampMs) {
        self.bytes += memory_bytes(&span);
        self.spans += 1;
        self.traces.entry(span.trace_id).or_default().push(span);
        self.since.get_or_insert(now);
    }
}

fn memory_bytes(span: &Span) -> usize {
    let events: usize = span.events.iter().map(|e| 64 + e.name.len() + attributes_bytes(&e.attributes)).sum();
    let links: usize = span.links.iter().map(|l| 80 + attributes_bytes(&l.attributes)).sum();
    size_of::<Span>()
        + span.name.len()
        + span.status_message.len()
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

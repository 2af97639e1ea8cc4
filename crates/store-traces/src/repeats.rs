//! A sender that got no answer sends again: exact repeats of a span are one span.

use std::collections::HashSet;

use aio_kit::bytes::Writer;
use aio_types::Span;

use crate::codec;

/// Sorts by trace, start and span id, and removes repeats. Spans are the same if they are encoded alike, so that a NaN
/// in an attribute does not make a span differ from itself.
pub(crate) fn sort_and_remove(spans: &mut Vec<Span>) {
    spans.sort_by_key(key);
    let mut keep = Vec::with_capacity(spans.len());
    for alike in spans.chunk_by(|a, b| key(a) == key(b)) {
        if alike.len() == 1 {
            keep.push(true);
            continue;
        }
        let mut seen = HashSet::new();
        keep.extend(alike.iter().map(|span| seen.insert(bytes(span))));
    }
    let mut keep = keep.into_iter();
    spans.retain(|_| keep.next().unwrap_or(true));
}

fn key(span: &Span) -> (aio_types::TraceId, aio_types::TimestampNs, aio_types::SpanId) {
    (span.trace_id, span.start, span.span_id)
}

fn bytes(span: &Span) -> Vec<u8> {
    let mut out = Writer::default();
    codec::resource(&mut out, &span.resource);
    codec::scope(&mut out, &span.scope);
    codec::span(&mut out, span);
    out.0
}

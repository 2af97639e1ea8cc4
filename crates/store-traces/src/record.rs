//! What one record of the log of writes holds.
//!
//! ```text
//!   record = version 2 | sequence | tenant | arrival (ms) | table
//!            | n spans: resource scope ids name kind status start end rest
//! ```

use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{Resource, Scope, Span, TenantId, TimestampMs, TimestampNs, TracesWrite};

use crate::codec;
use crate::table::{Table, TableWriter};

const VERSION: u8 = 2;

pub(crate) struct Record {
    /// Greater than that of every record before it.
    pub(crate) sequence: u64,
    pub(crate) tenant: TenantId,
    /// When the write came in: with it, replay finds the days the spans are kept under.
    pub(crate) arrival: TimestampMs,
    pub(crate) write: TracesWrite,
}

pub(crate) fn encode(sequence: u64, tenant: &TenantId, arrival: TimestampMs, write: &TracesWrite) -> Vec<u8> {
    let mut table = TableWriter::default();
    let mut spans = Writer::default();
    spans.uint(write.spans.len() as u64);
    for span in &write.spans {
        let (resource, scope) = table.numbers(span);
        spans.uint(resource);
        spans.uint(scope);
        spans.0.extend_from_slice(&span.trace_id.0);
        codec::span(&mut spans, span);
    }
    let mut out = Writer::default();
    out.byte(VERSION);
    out.uint(sequence);
    out.text(tenant.as_str());
    out.int(arrival.0);
    table.encode(&mut out);
    out.0.extend_from_slice(&spans.0);
    out.0
}

/// `None` where the bytes are no record of ours.
pub(crate) fn decode(bytes: &[u8]) -> Option<Record> {
    let mut from = Reader(bytes);
    if from.byte()? != VERSION {
        return None;
    }
    let sequence = from.uint()?;
    let tenant = TenantId::new(from.text()?).ok()?;
    let arrival = TimestampMs(from.int()?);
    let table = Table::decode(&mut from)?;
    let spans = (0..from.count()?).map(|_| span(&mut from, &table)).collect::<Option<_>>()?;
    from.0.is_empty().then_some(Record { sequence, tenant, arrival, write: TracesWrite { spans } })
}

fn span(from: &mut Reader<'_>, table: &Table) -> Option<Span> {
    let mut span = blank(table.resource(from.uint()?)?, table.scope(from.uint()?)?);
    span.trace_id = codec::trace_id(from)?;
    codec::read_span(from, &mut span)?;
    Some(span)
}

/// A span to be filled in.
pub(crate) fn blank(resource: Arc<Resource>, scope: Arc<Scope>) -> Span {
    Span {
        trace_id: Default::default(),
        span_id: Default::default(),
        parent_span_id: Default::default(),
        trace_state: Default::default(),
        flags: 0,
        name: Default::default(),
        kind: 0,
        start: TimestampNs(0),
        end: TimestampNs(0),
        attributes: Vec::new(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: 0,
        status_message: Default::default(),
        resource,
        scope,
    }
}

//! Spans as bytes: the alphabet of log records and of the blocks' columns.
//!
//! ```text
//!   attributes = n | n times: name value        value = tag | what the tag says
//!   resource   = attributes dropped schema      scope = name version attributes dropped schema
//!   rest       = trace_state flags attributes dropped | n events | dropped | n links | dropped | status_message
//! ```

use aio_kit::bytes::{Reader, Writer};
use aio_types::{AttributeValue, Attributes, Resource, Scope, Span, SpanEvent, SpanId, SpanLink, TimestampNs, TraceId};

/// Deeper attribute values are damage: what is written never nests deeper than the decoders of requests allow.
const DEPTH_MAX: usize = 200;

pub(crate) fn attributes(out: &mut Writer, attributes: &Attributes) {
    out.uint(attributes.len() as u64);
    for (name, v) in attributes {
        out.text(name);
        value(out, v);
    }
}

fn value(out: &mut Writer, v: &AttributeValue) {
    match v {
        AttributeValue::Empty => out.byte(0),
        AttributeValue::String(s) => {
            out.byte(1);
            out.text(s);
        }
        AttributeValue::Bool(b) => out.byte(if *b { 3 } else { 2 }),
        AttributeValue::Int(i) => {
            out.byte(4);
            out.int(*i);
        }
        AttributeValue::Double(d) => {
            out.byte(5);
            out.float(*d);
        }
        AttributeValue::Bytes(b) => {
            out.byte(6);
            out.blob(b);
        }
        AttributeValue::Array(items) => {
            out.byte(7);
            out.uint(items.len() as u64);
            items.iter().for_each(|item| value(out, item));
        }
        AttributeValue::Map(map) => {
            out.byte(8);
            attributes(out, map);
        }
    }
}

pub(crate) fn read_attributes(from: &mut Reader<'_>) -> Option<Attributes> {
    read_attributes_at(from, 0)
}

fn read_attributes_at(from: &mut Reader<'_>, depth: usize) -> Option<Attributes> {
    (0..from.count()?).map(|_| Some((from.text()?.into(), read_value(from, depth)?))).collect()
}

fn read_value(from: &mut Reader<'_>, depth: usize) -> Option<AttributeValue> {
    if depth > DEPTH_MAX {
        return None;
    }
    Some(match from.byte()? {
        0 => AttributeValue::Empty,
        1 => AttributeValue::String(from.text()?.into()),
        2 => AttributeValue::Bool(false),
        3 => AttributeValue::Bool(true),
        4 => AttributeValue::Int(from.int()?),
        5 => AttributeValue::Double(from.float()?),
        6 => AttributeValue::Bytes(from.blob()?.into()),
        7 => AttributeValue::Array((0..from.count()?).map(|_| read_value(from, depth + 1)).collect::<Option<_>>()?),
        8 => AttributeValue::Map(read_attributes_at(from, depth + 1)?),
        _ => return None,
    })
}

pub(crate) fn resource(out: &mut Writer, resource: &Resource) {
    attributes(out, &resource.attributes);
    out.uint(u64::from(resource.dropped_attributes));
    out.text(&resource.schema_url);
}

pub(crate) fn read_resource(from: &mut Reader<'_>) -> Option<Resource> {
    Some(Resource {
        attributes: read_attributes(from)?,
        dropped_attributes: count(from)?,
        schema_url: from.text()?.into(),
    })
}

pub(crate) fn scope(out: &mut Writer, scope: &Scope) {
    out.text(&scope.name);
    out.text(&scope.version);
    attributes(out, &scope.attributes);
    out.uint(u64::from(scope.dropped_attributes));
    out.text(&scope.schema_url);
}

pub(crate) fn read_scope(from: &mut Reader<'_>) -> Option<Scope> {
    Some(Scope {
        name: from.text()?.into(),
        version: from.text()?.into(),
        attributes: read_attributes(from)?,
        dropped_attributes: count(from)?,
        schema_url: from.text()?.into(),
    })
}

fn count(from: &mut Reader<'_>) -> Option<u32> {
    u32::try_from(from.uint()?).ok()
}

pub(crate) fn trace_id(from: &mut Reader<'_>) -> Option<TraceId> {
    from.take(16)?.try_into().ok().map(TraceId)
}

pub(crate) fn span_id(from: &mut Reader<'_>) -> Option<SpanId> {
    from.take(8)?.try_into().ok().map(SpanId)
}

/// A span without its trace id, resource and scope. Two spans of a trace with the same bytes are the same span.
pub(crate) fn span(out: &mut Writer, span: &Span) {
    out.0.extend_from_slice(&span.span_id.0);
    out.0.extend_from_slice(&span.parent_span_id.0);
    out.text(&span.name);
    out.byte(span.kind);
    out.byte(span.status);
    out.int(span.start.0);
    out.int(span.end.0);
    rest(out, span);
}

pub(crate) fn read_span(from: &mut Reader<'_>, span: &mut Span) -> Option<()> {
    span.span_id = span_id(from)?;
    span.parent_span_id = span_id(from)?;
    span.name = from.text()?.into();
    span.kind = from.byte()?;
    span.status = from.byte()?;
    span.start = TimestampNs(from.int()?);
    span.end = TimestampNs(from.int()?);
    read_rest(from, span)
}

/// Everything of a span that has no column of its own.
pub(crate) fn rest(out: &mut Writer, span: &Span) {
    out.text(&span.trace_state);
    out.uint(u64::from(span.flags));
    attributes(out, &span.attributes);
    out.uint(u64::from(span.dropped_attributes));
    out.uint(span.events.len() as u64);
    for event in &span.events {
        out.int(event.time.0);
        out.text(&event.name);
        attributes(out, &event.attributes);
        out.uint(u64::from(event.dropped_attributes));
    }
    out.uint(u64::from(span.dropped_events));
    out.uint(span.links.len() as u64);
    for link in &span.links {
        out.0.extend_from_slice(&link.trace_id.0);
        out.0.extend_from_slice(&link.span_id.0);
        out.text(&link.trace_state);
        attributes(out, &link.attributes);
        out.uint(u64::from(link.dropped_attributes));
        out.uint(u64::from(link.flags));
    }
    out.uint(u64::from(span.dropped_links));
    out.text(&span.status_message);
}

pub(crate) fn read_rest(from: &mut Reader<'_>, span: &mut Span) -> Option<()> {
    span.trace_state = from.text()?.into();
    span.flags = count(from)?;
    span.attributes = read_attributes(from)?;
    span.dropped_attributes = count(from)?;
    span.events = (0..from.count()?).map(|_| read_event(from)).collect::<Option<_>>()?;
    span.dropped_events = count(from)?;
    span.links = (0..from.count()?).map(|_| read_link(from)).collect::<Option<_>>()?;
    span.dropped_links = count(from)?;
    span.status_message = from.text()?.into();
    Some(())
}

fn read_event(from: &mut Reader<'_>) -> Option<SpanEvent> {
    Some(SpanEvent {
        time: TimestampNs(from.int()?),
        name: from.text()?.into(),
        attributes: read_attributes(from)?,
        dropped_attributes: count(from)?,
    })
}

fn read_link(from: &mut Reader<'_>) -> Option<SpanLink> {
    Some(SpanLink {
        trace_id: trace_id(from)?,
        span_id: span_id(from)?,
        trace_state: from.text()?.into(),
        attributes: read_attributes(from)?,
        dropped_attributes: count(from)?,
        flags: count(from)?,
    })
}

//! How much memory a body takes once it is decoded, found without decoding it.
//!
//! Two bytes of protobuf can ask for an empty span of several hundred bytes, so a cap on a body's size alone bounds
//! nothing. This pass walks the messages, adds up what their decoded form takes, and reserves no memory itself.

use crate::Error;

/// The most one request may take when decoded.
pub const WEIGHT_MAX: usize = 240 << 20;

/// The header of a text, or the slot of a value in a list.
const TEXT_BYTES: usize = 24;
/// A JSON object: the struct it becomes, or its share of a map.
const OBJECT_BYTES: usize = 320;
/// Prost refuses deeper nesting; so does this.
const DEPTH_MAX: usize = 100;

/// The messages of OTLP, as far as they nest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    Request,
    ResourceGroup,
    Resource,
    ScopeGroup,
    Scope,
    Span,
    Event,
    Link,
    LogRecord,
    Metric,
    Numbers,
    Histograms,
    Exponentials,
    Summaries,
    NumberPoint,
    HistogramPoint,
    ExponentialPoint,
    Buckets,
    SummaryPoint,
    Exemplar,
    KeyValue,
    Value,
    Array,
    Map,
    Small,
}

/// The signal of a body: the messages inside a scope differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `ExportMetricsServiceRequest`
    Metrics,
    /// `ExportLogsServiceRequest`
    Logs,
    /// `ExportTraceServiceRequest`
    Traces,
}

impl Message {
    /// Which message a field holds; `None` for text, numbers and bytes.
    fn child(self, field: u64, signal: Signal) -> Option<Self> {
        use Message as M;
        Some(match (self, field) {
            (M::Request, 1) => M::ResourceGroup,
            (M::ResourceGroup, 1) => M::Resource,
            (M::ResourceGroup, 2) => M::ScopeGroup,
            (M::Resource, 3) | (M::Span, 15) | (M::SummaryPoint, 6) => M::Small,
            (M::Resource, 1)
            | (M::Scope | M::Event, 3)
            | (M::Span, 9)
            | (M::Link, 4)
            | (M::LogRecord, 6)
            | (M::Metric, 12)
            | (M::NumberPoint | M::SummaryPoint | M::Exemplar, 7)
            | (M::HistogramPoint, 9)
            | (M::ExponentialPoint | M::Map, 1) => M::KeyValue,
            (M::ScopeGroup, 1) => M::Scope,
            (M::ScopeGroup, 2) => match signal {
                Signal::Metrics => M::Metric,
                Signal::Logs => M::LogRecord,
                Signal::Traces => M::Span,
            },
            (M::Span, 11) => M::Event,
            (M::Span, 13) => M::Link,
            (M::LogRecord, 5) | (M::KeyValue, 2) | (M::Array, 1) => M::Value,
            (M::Value, 5) => M::Array,
            (M::Value, 6) => M::Map,
            (M::Metric, 5 | 7) => M::Numbers,
            (M::Metric, 9) => M::Histograms,
            (M::Metric, 10) => M::Exponentials,
            (M::Metric, 11) => M::Summaries,
            (M::Numbers, 1) => M::NumberPoint,
            (M::Histograms, 1) => M::HistogramPoint,
            (M::Exponentials, 1) => M::ExponentialPoint,
            (M::Summaries, 1) => M::SummaryPoint,
            (M::NumberPoint, 5) | (M::HistogramPoint, 8) | (M::ExponentialPoint, 11) => M::Exemplar,
            (M::ExponentialPoint, 8 | 9) => M::Buckets,
            _ => return None,
        })
    }

    /// Bytes the decoded message takes by itself, a little generously.
    fn size(self) -> usize {
        use Message as M;
        match self {
            M::Request => 0,
            M::Span | M::Metric => 400,
            M::LogRecord | M::HistogramPoint | M::ExponentialPoint => 320,
            M::ResourceGroup | M::ScopeGroup | M::Scope | M::Event | M::Link | M::NumberPoint => 160,
            M::Exemplar | M::SummaryPoint | M::KeyValue => 112,
            M::Numbers | M::Histograms | M::Exponentials | M::Summaries => 64,
            M::Resource | M::Buckets | M::Value | M::Array | M::Map | M::Small => 64,
        }
    }
}

/// Bytes a protobuf body takes when decoded.
///
/// # Errors
/// [`Error::Malformed`] where it is no protobuf, [`Error::TooHeavy`] past [`WEIGHT_MAX`].
pub fn of_protobuf(body: &[u8], signal: Signal) -> Result<usize, Error> {
    let mut weight = body.len();
    walk(body, Message::Request, signal, 0, &mut weight)?;
    Ok(weight)
}

fn walk(mut bytes: &[u8], message: Message, signal: Signal, depth: usize, weight: &mut usize) -> Result<(), Error> {
    if depth > DEPTH_MAX {
        return Err(malformed("messages are nested too deeply"));
    }
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let Some(content) = field(tag & 7, &mut bytes)? else { continue };
        // Text costs its own header besides its bytes; packed counts grow from one byte to eight.
        add(weight, if message == Message::Buckets { content.len().saturating_mul(8) } else { TEXT_BYTES })?;
        if let Some(child) = message.child(tag >> 3, signal) {
            add(weight, child.size())?;
            walk(content, child, signal, depth + 1, weight)?;
        }
    }
    Ok(())
}

fn add(weight: &mut usize, bytes: usize) -> Result<(), Error> {
    *weight = weight.saturating_add(bytes);
    if *weight > WEIGHT_MAX { Err(Error::TooHeavy { limit: WEIGHT_MAX }) } else { Ok(()) }
}

/// Passes over one field and gives its content where that is a text, bytes or a message.
fn field<'a>(wire_type: u64, bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, Error> {
    let len = match wire_type {
        0 => return varint(bytes).map(|_| None),
        1 => 8,
        2 => usize::try_from(varint(bytes)?).map_err(|_| malformed("length of a field"))?,
        5 => 4,
        _ => return Err(malformed("wire type of a field")),
    };
    let (content, rest) = bytes.split_at_checked(len).ok_or_else(|| malformed("a field is cut off"))?;
    *bytes = rest;
    Ok((wire_type == 2).then_some(content))
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Error> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or_else(|| malformed("a number is cut off"))?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(malformed("a number is too long"))
}

fn malformed(reason: &str) -> Error {
    Error::malformed("protobuf body", reason)
}

/// Bytes a JSON body takes when decoded, judged by its punctuation.
///
/// # Errors
/// [`Error::TooHeavy`] past [`WEIGHT_MAX`].
pub fn of_json(body: &[u8]) -> Result<usize, Error> {
    let mut weight = body.len();
    let (mut in_text, mut escaped) = (false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' if !in_text => add(&mut weight, OBJECT_BYTES)?,
            b'[' | b',' if !in_text => add(&mut weight, TEXT_BYTES)?,
            _ => {}
        }
    }
    Ok(weight)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use prost::Message as _;

    use super::*;

    fn nested(levels: &[u8], inner: &[u8]) -> Vec<u8> {
        levels.iter().rev().fold(inner.to_vec(), |inner, field| {
            let mut outer = vec![field << 3 | 2];
            prost::encode_length_delimiter(inner.len(), &mut outer).expect("room");
            outer.extend_from_slice(&inner);
            outer
        })
    }

    #[test]
    fn empty_messages_weigh_what_they_take_when_decoded() {
        let spans = nested(&[1, 2], &[0x12, 0].repeat(1000));
        let decoded = ExportTraceServiceRequest::decode(&*spans).expect("decodes");
        let count = decoded.resource_spans[0].scope_spans[0].spans.len();
        let takes = count * size_of::<opentelemetry_proto::tonic::trace::v1::Span>();
        let weight = of_protobuf(&spans, Signal::Traces).expect("fits");
        assert!(weight >= takes && weight < takes * 2, "{weight} for {takes}");
    }

    #[test]
    fn bombs_of_empty_messages_are_too_heavy() {
        for (path, signal) in [(&[1, 2][..], Signal::Traces), (&[1, 2], Signal::Logs), (&[1, 1], Signal::Metrics)] {
            let field = if path == [1, 1] { 0x0a } else { 0x12 };
            let bomb = nested(path, &[field, 0].repeat(2 << 20));
            assert_eq!(of_protobuf(&bomb, signal), Err(Error::TooHeavy { limit: WEIGHT_MAX }), "{signal:?}");
        }
        let json = format!("[{}{{}}]", "{},".repeat(1 << 20));
        assert_eq!(of_json(json.as_bytes()), Err(Error::TooHeavy { limit: WEIGHT_MAX }));
    }

    #[test]
    fn punctuation_in_json_text_weighs_nothing() {
        let body = format!(r#"{{"a":"{}\"{}"}}"#, "{".repeat(1000), "[".repeat(1000));
        assert_eq!(of_json(body.as_bytes()), Ok(body.len() + OBJECT_BYTES));
    }

    #[test]
    fn broken_protobuf_is_malformed() {
        for bytes in [&[0x0a, 5, 1][..], &[0x0a], &[0xff; 11], &[0x0b]] {
            assert!(matches!(of_protobuf(bytes, Signal::Logs), Err(Error::Malformed { .. })), "{bytes:?}");
        }
        // Value, array, value, array …
        let deep = nested(&[&[1, 1, 1, 2][..], &[5, 1].repeat(80)].concat(), &[]);
        assert!(matches!(of_protobuf(&deep, Signal::Traces), Err(Error::Malformed { .. })));
    }
}

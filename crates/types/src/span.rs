//! Spans, with everything OTLP says about them.

use std::sync::Arc;

use crate::TimestampNs;

/// Sixteen bytes that name a trace. All zero is no id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TraceId(pub [u8; 16]);

/// Eight bytes that name a span within its trace. All zero is no id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SpanId(pub [u8; 8]);

impl TraceId {
    /// From 1 to 32 hexadecimal digits, zeros added on the left, as Tempo reads ids.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let valid = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !valid {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|n| Self(n.to_be_bytes()))
    }

    /// Whether no byte is set.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 16]
    }
}

impl SpanId {
    /// Whether no byte is set.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 8]
    }
}

impl std::fmt::Display for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl std::fmt::Debug for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for SpanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl std::fmt::Debug for SpanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    /// Present, but without a value.
    Empty,
    /// Text.
    String(Box<str>),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// Anything.
    Bytes(Box<[u8]>),
    /// Values in order.
    Array(Vec<AttributeValue>),
    /// Named values in order.
    Map(Attributes),
}

/// Named values, in the order they were sent.
pub type Attributes = Vec<(Box<str>, AttributeValue)>;

/// Who produced spans.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource {
    /// What is known about it.
    pub attributes: Attributes,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
    /// Which convention the names follow.
    pub schema_url: Box<str>,
}

impl Resource {
    /// The value of `service.name`, or `""`.
    #[must_use]
    pub fn service_name(&self) -> &str {
        let found = self.attributes.iter().find(|(k, _)| &**k == "service.name");
        match found {
            Some((_, AttributeValue::String(name))) => name,
            _ => "",
        }
    }
}

/// Which instrumentation produced spans.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope {
    /// Its name.
    pub name: Box<str>,
    /// Its version.
    pub version: Box<str>,
    /// What is known about it.
    pub attributes: Attributes,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
    /// Which convention the names follow.
    pub schema_url: Box<str>,
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanEvent {
    /// When.
    pub time: TimestampNs,
    /// What.
    pub name: Box<str>,
    /// Details.
    pub attributes: Attributes,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
}

/// A pointer from a span to another one.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanLink {
    /// Trace pointed to.
    pub trace_id: TraceId,
    /// Span pointed to.
    pub span_id: SpanId,
    /// W3C tracestate.
    pub trace_state: Box<str>,
    /// Details.
    pub attributes: Attributes,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
    /// W3C trace flags.
    pub flags: u32,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own name within the trace.
    pub span_id: SpanId,
    /// Its parent, zero for a root.
    pub parent_span_id: SpanId,
    /// W3C tracestate.
    pub trace_state: Box<str>,
    /// W3C trace flags.
    pub flags: u32,
    /// What it did.
    pub name: Box<str>,
    /// OTLP's number of the kind: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
    pub kind: u8,
    /// When it began.
    pub start: TimestampNs,
    /// When it ended.
    pub end: TimestampNs,
    /// Details.
    pub attributes: Attributes,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
    /// What happened meanwhile.
    pub events: Vec<SpanEvent>,
    /// How many events the sender dropped.
    pub dropped_events: u32,
    /// What it points to.
    pub links: Vec<SpanLink>,
    /// How many links the sender dropped.
    pub dropped_links: u32,
    /// OTLP's number of the status: 0 unset, 1 ok, 2 error.
    pub status: u8,
    /// What the status says.
    pub status_message: Box<str>,
    /// Who produced it.
    pub resource: Arc<Resource>,
    /// Which instrumentation.
    pub scope: Arc<Scope>,
}

impl Span {
    /// Nanoseconds it took; 0 where it ends before it begins.
    #[must_use]
    pub fn duration_ns(&self) -> i64 {
        self.end.0.saturating_sub(self.start.0).max(0)
    }
}

/// One request's worth of spans.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TracesWrite {
    /// In any order.
    pub spans: Vec<Span>,
}

//! What a query means.

use regex::Regex;

/// A query: which spans of a trace match.
#[derive(Debug, Clone)]
pub enum Expr {
    /// `{ … }`
    Spans(Condition),
    /// Both sides must match spans of the trace; the result is all of them.
    And(Box<Expr>, Box<Expr>),
    /// Either side suffices.
    Or(Box<Expr>, Box<Expr>),
}

/// What must hold for a span.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Anything does.
    True,
    /// Nothing does.
    False,
    /// A comparison.
    Compare(Field, CompareOp, Operand),
    /// The field exists and is true.
    Truthy(Field),
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// Not.
    Not(Box<Condition>),
}

/// What a comparison looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Attribute of the span.
    Span(String),
    /// Attribute of the resource.
    Resource(String),
    /// Attribute of the instrumentation scope.
    Instrumentation(String),
    /// Attribute of any event of the span.
    Event(String),
    /// Attribute of any link of the span.
    Link(String),
    /// Attribute of the span, or else of the resource.
    Any(String),
    /// A property every span or trace has.
    Intrinsic(Intrinsic),
}

/// Properties that are no attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intrinsic {
    /// Name of the span.
    Name,
    /// How long the span took.
    Duration,
    /// Status code.
    Status,
    /// Status message.
    StatusMessage,
    /// Kind of the span.
    Kind,
    /// How long the trace took.
    TraceDuration,
    /// Name of the trace's root span.
    RootName,
    /// Service of the trace's root span.
    RootService,
    /// The trace's id, hexadecimal.
    TraceId,
    /// The span's id, hexadecimal.
    SpanId,
    /// The parent's id, hexadecimal.
    ParentId,
    /// Name of any event of the span.
    EventName,
    /// Time from the span's start to any event of it.
    EventTime,
    /// The trace any link of the span points to, hexadecimal.
    LinkTraceId,
    /// The span any link of the span points to, hexadecimal.
    LinkSpanId,
    /// Name of the instrumentation scope.
    ScopeName,
    /// Version of the instrumentation scope.
    ScopeVersion,
}

/// How a comparison compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, anchored at both ends
    Match,
    /// `!~`
    NotMatch,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// What a field is compared with.
#[derive(Debug, Clone)]
pub enum Operand {
    /// Text.
    Text(String),
    /// A pattern.
    Pattern(Regex),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Nanoseconds.
    Duration(i64),
    /// True or false.
    Bool(bool),
    /// OTLP's number of a status code.
    Status(u8),
    /// OTLP's number of a kind.
    Kind(u8),
    /// Absence.
    Nil,
}

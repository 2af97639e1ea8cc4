//! What can be asked of a span.

/// Something a span may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// An attribute by its name.
    Attribute(Scope, String),
    /// A property every span or trace has.
    Intrinsic(Intrinsic),
    /// Something of the parent: in the language, but not evaluated.
    Parent(Box<Field>),
}

/// Where an attribute is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The span, or else the resource.
    Any,
    /// The span.
    Span,
    /// The resource.
    Resource,
    /// Any event of the span.
    Event,
    /// Any link of the span.
    Link,
    /// The instrumentation scope.
    Instrumentation,
}

impl Scope {
    /// As queries write it; nothing for [`Scope::Any`].
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Span => "span",
            Self::Resource => "resource",
            Self::Event => "event",
            Self::Link => "link",
            Self::Instrumentation => "instrumentation",
        }
    }
}

/// Properties that are no attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// How many spans have it as their parent.
    ChildCount,
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
    /// Position of the span when the tree of the trace is walked; 0 where it does not hang on the root.
    NestedSetLeft,
    /// Position behind all spans below it.
    NestedSetRight,
    /// [`Self::NestedSetLeft`] of the parent; -1 for the root.
    NestedSetParent,
    /// In the language, but not evaluated.
    Parent,
}

impl Intrinsic {
    /// By the names that queries may use; the first of several is how it is printed.
    pub(crate) const NAMES: [(&'static str, Self); 30] = [
        ("name", Self::Name),
        ("duration", Self::Duration),
        ("status", Self::Status),
        ("statusMessage", Self::StatusMessage),
        ("kind", Self::Kind),
        ("parent", Self::Parent),
        ("rootName", Self::RootName),
        ("rootServiceName", Self::RootService),
        ("traceDuration", Self::TraceDuration),
        ("nestedSetLeft", Self::NestedSetLeft),
        ("nestedSetRight", Self::NestedSetRight),
        ("nestedSetParent", Self::NestedSetParent),
        ("trace:duration", Self::TraceDuration),
        ("trace:rootName", Self::RootName),
        ("trace:rootService", Self::RootService),
        ("trace:id", Self::TraceId),
        ("span:duration", Self::Duration),
        ("span:name", Self::Name),
        ("span:kind", Self::Kind),
        ("span:status", Self::Status),
        ("span:statusMessage", Self::StatusMessage),
        ("span:id", Self::SpanId),
        ("span:parentID", Self::ParentId),
        ("span:childCount", Self::ChildCount),
        ("event:name", Self::EventName),
        ("event:timeSinceStart", Self::EventTime),
        ("link:traceID", Self::LinkTraceId),
        ("link:spanID", Self::LinkSpanId),
        ("instrumentation:name", Self::ScopeName),
        ("instrumentation:version", Self::ScopeVersion),
    ];
}

//! What a span has of what a query names.

use std::borrow::Cow;

use aio_types::{AttributeValue, Attributes, Span, SpanEvent, SpanLink};

use super::{Trace, Value};
use crate::ast::{Field, Intrinsic, Scope};

/// A span, and which of its events and links is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) trace: &'a Trace<'a>,
    /// Position of the span.
    pub(crate) at: usize,
    pub(crate) span: &'a Span,
    pub(crate) event: Option<&'a SpanEvent>,
    pub(crate) link: Option<&'a SpanLink>,
}

impl<'a> Row<'a> {
    /// With its first event and link.
    pub(crate) fn first(trace: &'a Trace<'a>, at: usize) -> Self {
        let span = &trace.spans[at];
        Self { trace, at, span, event: span.events.first(), link: span.links.first() }
    }

    pub(crate) fn get(&self, field: &Field) -> Value<'a> {
        match field {
            Field::Attribute(scope, name) => self.attribute(*scope, name).map_or(Value::Nil, Value::of_attribute),
            Field::Intrinsic(intrinsic) => self.intrinsic(*intrinsic),
            Field::Parent(_) => Value::Nil,
        }
    }

    fn attribute(&self, scope: Scope, name: &str) -> Option<&'a AttributeValue> {
        match scope {
            Scope::Span => get(&self.span.attributes, name),
            Scope::Resource => get(&self.span.resource.attributes, name),
            Scope::Instrumentation => get(&self.span.scope.attributes, name),
            Scope::Event => get(&self.event?.attributes, name),
            Scope::Link => get(&self.link?.attributes, name),
            Scope::Any => get(&self.span.attributes, name).or_else(|| get(&self.span.resource.attributes, name)),
        }
    }

    fn intrinsic(&self, intrinsic: Intrinsic) -> Value<'a> {
        let Self { span, trace, .. } = *self;
        let text = |t: &'a str| Value::Text(Cow::Borrowed(t));
        match intrinsic {
            Intrinsic::Name => text(&span.name),
            Intrinsic::Duration => Value::Duration(span.duration_ns()),
            Intrinsic::Status => Value::Status(span.status),
            Intrinsic::StatusMessage => text(&span.status_message),
            Intrinsic::Kind => Value::Kind(span.kind),
            Intrinsic::TraceDuration => Value::Duration(trace.duration_ns),
            Intrinsic::RootName => text(trace.root.map_or("", |root| &root.name)),
            Intrinsic::RootService => text(trace.root.map_or("", |root| root.resource.service_name())),
            Intrinsic::TraceId => Value::Text(Cow::Owned(trimmed(&span.trace_id.to_string()))),
            Intrinsic::SpanId => Value::Text(Cow::Owned(span.span_id.to_string())),
            Intrinsic::ParentId => Value::Text(Cow::Owned(span.parent_span_id.to_string())),
            Intrinsic::ChildCount => Value::Int(i64::from(trace.tree().child_counts[self.at])),
            Intrinsic::EventName => self.event.map_or(Value::Nil, |event| text(&event.name)),
            Intrinsic::EventTime => {
                self.event.map_or(Value::Nil, |event| Value::Duration(event.time.0.saturating_sub(span.start.0)))
            }
            Intrinsic::LinkTraceId => {
                self.link.map_or(Value::Nil, |link| Value::Text(Cow::Owned(trimmed(&link.trace_id.to_string()))))
            }
            Intrinsic::LinkSpanId => {
                self.link.map_or(Value::Nil, |link| Value::Text(Cow::Owned(link.span_id.to_string())))
            }
            Intrinsic::ScopeName => text(&span.scope.name),
            Intrinsic::ScopeVersion => text(&span.scope.version),
            Intrinsic::NestedSetLeft => Value::Int(trace.tree().nested_sets[self.at].0),
            Intrinsic::NestedSetRight => Value::Int(trace.tree().nested_sets[self.at].1),
            Intrinsic::NestedSetParent => Value::Int(trace.tree().nested_set_parent(self.at)),
            Intrinsic::Parent => Value::Nil,
        }
    }
}

/// The value of an attribute; one without a value counts as missing.
fn get<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a AttributeValue> {
    let found = attributes.iter().find(|(key, _)| &**key == name).map(|(_, value)| value);
    found.filter(|v| !matches!(v, AttributeValue::Empty))
}

/// Ids of traces are told without leading zeros.
fn trimmed(id: &str) -> String {
    id.trim_start_matches('0').to_owned()
}

//! Expressions on a span with one of its events and one of its links.

use aio_traceql::ast::{BinaryOp, Field, FieldExpr, Intrinsic, Scope, Static};
use aio_types::{Attributes, Span, SpanEvent, SpanLink};

use super::Trace;
use super::operator::binary;
use super::value::Value;

#[derive(Clone, Copy)]
struct At<'a> {
    trace: &'a Trace<'a>,
    place: usize,
    event: Option<&'a SpanEvent>,
    link: Option<&'a SpanLink>,
}

/// Whether a condition holds with any of the events and any of the links.
pub(super) fn holds(trace: &Trace<'_>, place: usize, condition: &FieldExpr) -> bool {
    pairs(trace, place).into_iter().any(|at| eval(at, condition) == Value::Bool(true))
}

/// The first value there is.
pub(super) fn first_value(trace: &Trace<'_>, place: usize, expr: &FieldExpr) -> Value {
    pairs(trace, place).into_iter().map(|at| eval(at, expr)).find(|value| *value != Value::Nil).unwrap_or(Value::Nil)
}

fn pairs<'a>(trace: &'a Trace<'a>, place: usize) -> Vec<At<'a>> {
    let span: &Span = &trace.spans[place];
    let mut events: Vec<Option<&SpanEvent>> = span.events.iter().map(Some).collect();
    let mut links: Vec<Option<&SpanLink>> = span.links.iter().map(Some).collect();
    if events.is_empty() {
        events.push(None);
    }
    if links.is_empty() {
        links.push(None);
    }
    let mut pairs = Vec::new();
    for event in events {
        for link in &links {
            pairs.push(At { trace, place, event, link: *link });
        }
    }
    pairs
}

fn eval(at: At<'_>, expr: &FieldExpr) -> Value {
    match expr {
        FieldExpr::Static(value) => Value::of_static(value),
        FieldExpr::Field(field) => get(at, field),
        FieldExpr::Binary(op, left, right) => {
            let (left_value, right_value) = (eval(at, left), eval(at, right));
            match op {
                BinaryOp::Compare(_) => {
                    binary(*op, &whole_id(left, right, left_value), &whole_id(right, left, right_value))
                }
                _ => binary(*op, &left_value, &right_value),
            }
        }
        FieldExpr::Not(of) => match eval(at, of) {
            Value::Bool(b) => Value::Bool(!b),
            _ => Value::Nil,
        },
        FieldExpr::Negative(of) => match eval(at, of) {
            Value::Int(n) => Value::Int(-n),
            Value::Float(n) => Value::Float(-n),
            Value::Duration(ns) => Value::Duration(-ns),
            _ => Value::Nil,
        },
        FieldExpr::Exists(true, of) => Value::Bool(eval(at, of) != Value::Nil),
        FieldExpr::Exists(false, of) => Value::Bool(first_value(at.trace, at.place, of) == Value::Nil),
    }
}

/// Ids that a query names are padded to their full length.
fn whole_id(of: &FieldExpr, opposite: &FieldExpr, value: Value) -> Value {
    let (FieldExpr::Static(Static::String(id)), FieldExpr::Field(Field::Intrinsic(intrinsic))) = (of, opposite) else {
        return value;
    };
    match intrinsic {
        Intrinsic::TraceId | Intrinsic::LinkTraceId => Value::Text(format!("{id:0>32}")),
        Intrinsic::SpanId | Intrinsic::ParentId | Intrinsic::LinkSpanId => Value::Text(format!("{id:0>16}")),
        _ => value,
    }
}

fn get(at: At<'_>, field: &Field) -> Value {
    let span = &at.trace.spans[at.place];
    let find = |attributes: &Attributes, name: &str| {
        attributes.iter().find(|(key, _)| &**key == name).map_or(Value::Nil, |(_, value)| Value::of_attribute(value))
    };
    match field {
        Field::Attribute(scope, name) => match scope {
            Scope::Span => find(&span.attributes, name),
            Scope::Resource => find(&span.resource.attributes, name),
            Scope::Instrumentation => find(&span.scope.attributes, name),
            Scope::Event => at.event.map_or(Value::Nil, |event| find(&event.attributes, name)),
            Scope::Link => at.link.map_or(Value::Nil, |link| find(&link.attributes, name)),
            Scope::Any => match find(&span.attributes, name) {
                Value::Nil => find(&span.resource.attributes, name),
                value => value,
            },
        },
        Field::Intrinsic(intrinsic) => intrinsic_value(at, span, *intrinsic),
        Field::Parent(_) => Value::Nil,
    }
}

fn intrinsic_value(at: At<'_>, span: &Span, intrinsic: Intrinsic) -> Value {
    let text = |text: &dyn ToString| Value::Text(text.to_string());
    let root = at.trace.spans.iter().find(|span| span.parent_span_id.is_zero());
    let (left, right, parent) = at.trace.tree.numbers[at.place];
    match intrinsic {
        Intrinsic::Name => text(&span.name),
        Intrinsic::Duration => Value::Duration((span.end.0 - span.start.0).max(0)),
        Intrinsic::Status => Value::Status(span.status),
        Intrinsic::StatusMessage => text(&span.status_message),
        Intrinsic::Kind => Value::Kind(span.kind),
        Intrinsic::TraceDuration => {
            let start = at.trace.spans.iter().map(|span| span.start.0).min();
            let end = at.trace.spans.iter().map(|span| span.end.0.max(span.start.0)).max();
            end.zip(start).map_or(Value::Nil, |(end, start)| Value::Duration(end - start))
        }
        Intrinsic::RootName => root.map_or(text(&""), |root| text(&root.name)),
        Intrinsic::RootService => root.map_or(text(&""), |root| text(&root.resource.service_name())),
        Intrinsic::TraceId => text(&span.trace_id),
        Intrinsic::SpanId => text(&span.span_id),
        Intrinsic::ParentId => text(&span.parent_span_id),
        Intrinsic::ChildCount => Value::Int(at.trace.tree.children(at.place).len() as i64),
        Intrinsic::EventName => at.event.map_or(Value::Nil, |event| text(&event.name)),
        Intrinsic::EventTime => at.event.map_or(Value::Nil, |event| Value::Duration(event.time.0 - span.start.0)),
        Intrinsic::LinkTraceId => at.link.map_or(Value::Nil, |link| text(&link.trace_id)),
        Intrinsic::LinkSpanId => at.link.map_or(Value::Nil, |link| text(&link.span_id)),
        Intrinsic::ScopeName => text(&span.scope.name),
        Intrinsic::ScopeVersion => text(&span.scope.version),
        Intrinsic::NestedSetLeft => Value::Int(left),
        Intrinsic::NestedSetRight => Value::Int(right),
        Intrinsic::NestedSetParent => Value::Int(parent),
        Intrinsic::Parent => Value::Nil,
    }
}

//! Conditions on the spans of one trace.

use std::borrow::Cow;

use aio_types::{AttributeValue, Attributes, Span, SpanEvent};

use crate::ast::{CompareOp, Condition, Expr, Field, Intrinsic, Operand};

/// A trace with what is asked of it as a whole.
pub(crate) struct Trace<'a> {
    pub(crate) spans: &'a [Span],
    pub(crate) root: Option<&'a Span>,
    pub(crate) duration_ns: i64,
}

impl<'a> Trace<'a> {
    pub(crate) fn new(spans: &'a [Span]) -> Self {
        let start = spans.iter().map(|s| s.start.0).min().unwrap_or(0);
        let end = spans.iter().map(|s| s.end.0.max(s.start.0)).max().unwrap_or(0);
        let root = spans.iter().find(|s| s.parent_span_id.is_zero());
        Self { spans, root, duration_ns: end.saturating_sub(start) }
    }

    /// Which spans match, by position, ascending; empty where the trace does not.
    pub(crate) fn matched(&self, expr: &Expr) -> Vec<usize> {
        match expr {
            Expr::Spans(condition) => {
                (0..self.spans.len()).filter(|&i| self.holds(condition, &self.spans[i])).collect()
            }
            Expr::And(left, right) => {
                let (left, right) = (self.matched(left), self.matched(right));
                if left.is_empty() || right.is_empty() { Vec::new() } else { union(left, right) }
            }
            Expr::Or(left, right) => union(self.matched(left), self.matched(right)),
        }
    }

    fn holds(&self, condition: &Condition, span: &Span) -> bool {
        match condition {
            Condition::True => true,
            Condition::False => false,
            Condition::And(left, right) => self.holds(left, span) && self.holds(right, span),
            Condition::Or(left, right) => self.holds(left, span) || self.holds(right, span),
            Condition::Not(inner) => !self.holds(inner, span),
            Condition::Truthy(field) => {
                self.values(field, span).iter().any(|v| matches!(v, Value::Attribute(AttributeValue::Bool(true))))
            }
            Condition::Compare(field, CompareOp::Equal, Operand::Nil) => self.values(field, span).is_empty(),
            Condition::Compare(field, CompareOp::NotEqual, Operand::Nil) => !self.values(field, span).is_empty(),
            Condition::Compare(field, op, operand) => {
                self.values(field, span).iter().any(|value| value.compare(*op, operand))
            }
        }
    }

    /// Values of a field; several only for events and links, none where it is missing.
    pub(crate) fn values<'s>(&'s self, field: &Field, span: &'s Span) -> Vec<Value<'s>> {
        let one = |found: Option<&'s AttributeValue>| found.map(Value::Attribute).into_iter().collect();
        match field {
            Field::Span(name) => one(get(&span.attributes, name)),
            Field::Resource(name) => one(get(&span.resource.attributes, name)),
            Field::Instrumentation(name) => one(get(&span.scope.attributes, name)),
            Field::Event(name) => {
                span.events.iter().filter_map(|e| get(&e.attributes, name)).map(Value::Attribute).collect()
            }
            Field::Link(name) => {
                span.links.iter().filter_map(|l| get(&l.attributes, name)).map(Value::Attribute).collect()
            }
            Field::Any(name) => one(get(&span.attributes, name).or_else(|| get(&span.resource.attributes, name))),
            Field::Intrinsic(intrinsic) => self.intrinsic(*intrinsic, span),
        }
    }

    fn intrinsic<'s>(&'s self, intrinsic: Intrinsic, span: &'s Span) -> Vec<Value<'s>> {
        let text = |t: &'s str| Value::Text(Cow::Borrowed(t));
        vec![match intrinsic {
            Intrinsic::Name => text(&span.name),
            Intrinsic::Duration => Value::Duration(span.duration_ns()),
            Intrinsic::Status => Value::Status(span.status),
            Intrinsic::StatusMessage => text(&span.status_message),
            Intrinsic::Kind => Value::Kind(span.kind),
            Intrinsic::TraceDuration => Value::Duration(self.duration_ns),
            Intrinsic::RootName => match self.root {
                Some(root) => text(&root.name),
                None => return Vec::new(),
            },
            Intrinsic::RootService => match self.root {
                Some(root) => text(root.resource.service_name()),
                None => return Vec::new(),
            },
            Intrinsic::TraceId => Value::Text(Cow::Owned(span.trace_id.to_string())),
            Intrinsic::SpanId => Value::Text(Cow::Owned(span.span_id.to_string())),
            Intrinsic::ParentId if span.parent_span_id.is_zero() => return Vec::new(),
            Intrinsic::ParentId => Value::Text(Cow::Owned(span.parent_span_id.to_string())),
            Intrinsic::EventName => return span.events.iter().map(|e| text(&e.name)).collect(),
            Intrinsic::EventTime => {
                let since = |e: &SpanEvent| Value::Duration(e.time.0.saturating_sub(span.start.0));
                return span.events.iter().map(since).collect();
            }
            Intrinsic::LinkTraceId => {
                return span.links.iter().map(|l| Value::Text(Cow::Owned(l.trace_id.to_string()))).collect();
            }
            Intrinsic::LinkSpanId => {
                return span.links.iter().map(|l| Value::Text(Cow::Owned(l.span_id.to_string()))).collect();
            }
            Intrinsic::ScopeName => text(&span.scope.name),
            Intrinsic::ScopeVersion => text(&span.scope.version),
        }]
    }
}

fn union(mut left: Vec<usize>, right: Vec<usize>) -> Vec<usize> {
    left.extend(right);
    left.sort_unstable();
    left.dedup();
    left
}

/// The value of an attribute; one without a value counts as missing.
fn get<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a AttributeValue> {
    let found = attributes.iter().find(|(key, _)| &**key == name).map(|(_, value)| value);
    found.filter(|v| !matches!(v, AttributeValue::Empty))
}

/// A value of a field.
pub(crate) enum Value<'a> {
    Attribute(&'a AttributeValue),
    Text(Cow<'a, str>),
    Duration(i64),
    Status(u8),
    Kind(u8),
}

impl Value<'_> {
    /// Values of different types satisfy no comparison.
    fn compare(&self, op: CompareOp, operand: &Operand) -> bool {
        match (self, operand) {
            (Self::Attribute(AttributeValue::String(left)), Operand::Text(right)) => order(op, &**left, right.as_str()),
            (Self::Attribute(AttributeValue::String(left)), Operand::Pattern(right)) => {
                right.is_match(left) == (op == CompareOp::Match)
            }
            (Self::Text(left), Operand::Text(right)) => order(op, &**left, right.as_str()),
            (Self::Text(left), Operand::Pattern(right)) => right.is_match(left) == (op == CompareOp::Match),
            (Self::Attribute(AttributeValue::Bool(left)), Operand::Bool(right)) => order(op, left, right),
            (Self::Attribute(AttributeValue::Array(items)), operand) => {
                let mut holds = items.iter().map(|item| Value::Attribute(item).compare(op, operand));
                // Differing from a list means differing from each of its elements.
                if matches!(op, CompareOp::NotEqual | CompareOp::NotMatch) {
                    holds.all(|h| h)
                } else {
                    holds.any(|h| h)
                }
            }
            (Self::Status(left), Operand::Status(right)) | (Self::Kind(left), Operand::Kind(right)) => {
                order(op, left, right)
            }
            (Self::Attribute(AttributeValue::Int(left)), Operand::Int(right) | Operand::Duration(right)) => {
                order(op, left, right)
            }
            (Self::Duration(left), Operand::Int(right) | Operand::Duration(right)) => order(op, left, right),
            _ => match (self.number(), number(operand)) {
                (Some(left), Some(right)) => order(op, &left, &right),
                _ => false,
            },
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "mixed comparisons are made in floats")]
    fn number(&self) -> Option<f64> {
        match self {
            Self::Attribute(AttributeValue::Int(n)) | Self::Duration(n) => Some(*n as f64),
            Self::Attribute(AttributeValue::Double(n)) => Some(*n),
            _ => None,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "mixed comparisons are made in floats")]
fn number(operand: &Operand) -> Option<f64> {
    match operand {
        Operand::Int(n) | Operand::Duration(n) => Some(*n as f64),
        Operand::Float(n) => Some(*n),
        _ => None,
    }
}

fn order<T: PartialOrd + ?Sized>(op: CompareOp, left: &T, right: &T) -> bool {
    match op {
        CompareOp::Equal => left == right,
        CompareOp::NotEqual => left != right,
        CompareOp::Greater => left > right,
        CompareOp::GreaterOrEqual => left >= right,
        CompareOp::Less => left < right,
        CompareOp::LessOrEqual => left <= right,
        CompareOp::Match | CompareOp::NotMatch => false,
    }
}

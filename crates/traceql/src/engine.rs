//! Searches.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_types::{AttributeValue, Span, SpanId, TimestampNs, TraceId};

use crate::ast::{CompareOp, Condition, Expr, Field, Intrinsic, Operand};
use crate::error::Error;
use crate::eval::Trace;

/// What to search for.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Which spans.
    pub expr: Expr,
    /// First nanosecond inside.
    pub start: TimestampNs,
    /// First nanosecond after it.
    pub end: TimestampNs,
    /// Shortest trace wanted, nanoseconds.
    pub min_duration_ns: i64,
    /// Longest trace wanted, nanoseconds.
    pub max_duration_ns: i64,
    /// Most traces.
    pub limit: usize,
    /// Most matched spans shown per trace; 0 means all.
    pub spans_per_trace: usize,
}

/// A span that matched.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchedSpan {
    /// Its id.
    pub span_id: SpanId,
    /// Its name.
    pub name: Box<str>,
    /// When it began.
    pub start: TimestampNs,
    /// How long it took.
    pub duration_ns: i64,
    /// Attributes the query asked about, by name as it is shown.
    pub attributes: Vec<(String, AttributeValue)>,
}

/// A trace that matched.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSummary {
    /// The trace.
    pub trace_id: TraceId,
    /// Service and name of its root span, where one is known.
    pub root: Option<(Box<str>, Box<str>)>,
    /// When it began.
    pub start: TimestampNs,
    /// How long it took.
    pub duration_ns: i64,
    /// How many spans matched.
    pub matched: usize,
    /// The first of them.
    pub spans: Vec<MatchedSpan>,
    /// Spans and errors by service.
    pub services: BTreeMap<Box<str>, (u32, u32)>,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inspected {
    /// Traces.
    pub traces: u64,
    /// Spans.
    pub spans: u64,
}

/// Searches the traces of a source, newest first. `stop` is looked at often.
///
/// # Errors
/// [`Error::Stopped`], [`Error::Storage`].
pub fn search(
    source: &dyn TracesSource,
    request: &SearchRequest,
    stop: &AtomicBool,
) -> Result<(Vec<TraceSummary>, Inspected), Error> {
    let mut select = TracesSelect { start: request.start, end: request.end, services: Vec::new(), names: Vec::new() };
    hints(&request.expr, &mut select);
    let mut shown = Vec::new();
    fields(&request.expr, &mut shown);
    let mut out = Vec::new();
    let mut inspected = Inspected::default();
    let mut stopped = false;
    source.select(&select, &mut |trace| {
        if stop.load(Ordering::Relaxed) {
            stopped = true;
            return ControlFlow::Break(());
        }
        inspected.traces += 1;
        inspected.spans += trace.spans.len() as u64;
        out.extend(summary(&trace, request, &shown));
        if out.len() >= request.limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if stopped { Err(Error::Stopped) } else { Ok((out, inspected)) }
}

fn summary(trace: &TraceSpans, request: &SearchRequest, shown: &[Field]) -> Option<TraceSummary> {
    let whole = Trace::new(&trace.spans);
    if whole.duration_ns < request.min_duration_ns || whole.duration_ns > request.max_duration_ns {
        return None;
    }
    let matched = whole.matched(&request.expr);
    if matched.is_empty() {
        return None;
    }
    let most = if request.spans_per_trace == 0 { usize::MAX } else { request.spans_per_trace };
    let mut services: BTreeMap<Box<str>, (u32, u32)> = BTreeMap::new();
    for span in &trace.spans {
        let (spans, errors) = services.entry(span.resource.service_name().into()).or_default();
        *spans += 1;
        *errors += u32::from(span.status == 2);
    }
    Some(TraceSummary {
        trace_id: trace.trace_id,
        root: whole.root.map(|r| (r.resource.service_name().into(), r.name.clone())),
        start: trace.spans.iter().map(|s| s.start).min().unwrap_or_default(),
        duration_ns: whole.duration_ns,
        matched: matched.len(),
        spans: matched.iter().take(most).map(|&i| matched_span(&trace.spans[i], shown)).collect(),
        services,
    })
}

fn matched_span(span: &Span, shown: &[Field]) -> MatchedSpan {
    let get = |attributes: &aio_types::Attributes, name: &str| {
        attributes.iter().find(|(key, _)| &**key == name).map(|(_, value)| value.clone())
    };
    let mut attributes: Vec<(String, AttributeValue)> = Vec::new();
    for field in shown {
        let value = match field {
            Field::Span(name) => get(&span.attributes, name).map(|v| (name.clone(), v)),
            Field::Resource(name) => get(&span.resource.attributes, name).map(|v| (name.clone(), v)),
            Field::Any(name) => {
                get(&span.attributes, name).or_else(|| get(&span.resource.attributes, name)).map(|v| (name.clone(), v))
            }
            Field::Intrinsic(Intrinsic::Status) => {
                let status = ["unset", "ok", "error"].get(usize::from(span.status)).copied().unwrap_or("unset");
                Some(("status".to_owned(), AttributeValue::String(status.into())))
            }
            Field::Intrinsic(Intrinsic::Kind) => {
                let kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];
                let kind = kinds.get(usize::from(span.kind)).copied().unwrap_or("unspecified");
                Some(("kind".to_owned(), AttributeValue::String(kind.into())))
            }
            Field::Instrumentation(_) | Field::Event(_) | Field::Intrinsic(_) => None,
        };
        attributes.extend(value.filter(|(name, _)| !attributes.iter().any(|(known, _)| known == name)));
    }
    MatchedSpan {
        span_id: span.span_id,
        name: span.name.clone(),
        start: span.start,
        duration_ns: span.duration_ns(),
        attributes,
    }
}

/// What every matching trace must have.
fn hints(expr: &Expr, out: &mut TracesSelect) {
    match expr {
        Expr::Spans(condition) => condition_hints(condition, out),
        Expr::And(left, right) => {
            hints(left, out);
            hints(right, out);
        }
        Expr::Or(..) => {}
    }
}

fn condition_hints(condition: &Condition, out: &mut TracesSelect) {
    match condition {
        Condition::And(left, right) => {
            condition_hints(left, out);
            condition_hints(right, out);
        }
        Condition::Compare(Field::Resource(name), CompareOp::Equal, Operand::Text(value)) if name == "service.name" => {
            out.services.push(value.clone());
        }
        Condition::Compare(Field::Intrinsic(Intrinsic::Name), CompareOp::Equal, Operand::Text(value)) => {
            out.names.push(value.clone());
        }
        _ => {}
    }
}

/// Fields the query mentions: search results show them.
fn fields(expr: &Expr, out: &mut Vec<Field>) {
    match expr {
        Expr::Spans(condition) => condition_fields(condition, out),
        Expr::And(left, right) | Expr::Or(left, right) => {
            fields(left, out);
            fields(right, out);
        }
    }
}

fn condition_fields(condition: &Condition, out: &mut Vec<Field>) {
    match condition {
        Condition::True | Condition::False => {}
        Condition::Compare(field, ..) | Condition::Truthy(field) => out.push(field.clone()),
        Condition::And(left, right) | Condition::Or(left, right) => {
            condition_fields(left, out);
            condition_fields(right, out);
        }
        Condition::Not(inner) => condition_fields(inner, out),
    }
}

//! Searches.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_types::{AttributeValue, SpanId, TimestampNs, TraceId};

use crate::ast::{CompareOp, Condition, Expr, Field, Intrinsic, Operand};
use crate::error::Error;
use crate::eval::Trace;
use crate::shown::Shown;

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
    /// Its name, if the query asked about it.
    pub name: Option<Box<str>>,
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

/// Searches the traces of a source: of those that match, the ones that began last, newest first. `stop` is looked at
/// often.
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
    let shown = Shown::of(&request.expr);
    let mut newest = Newest { traces: BTreeMap::new(), limit: request.limit };
    let mut inspected = Inspected::default();
    let mut stopped = false;
    source.select(&select, &mut |trace, bound| {
        stopped = stop.load(Ordering::Relaxed);
        if stopped || newest.is_settled(bound) {
            return ControlFlow::Break(());
        }
        inspected.traces += 1;
        inspected.spans += trace.spans.len() as u64;
        newest.extend(summary(&trace, request, &shown));
        ControlFlow::Continue(())
    })?;
    if stopped { Err(Error::Stopped) } else { Ok((newest.traces.into_values().rev().collect(), inspected)) }
}

/// The traces that began last, up to a limit.
struct Newest {
    traces: BTreeMap<(TimestampNs, TraceId), TraceSummary>,
    limit: usize,
}

impl Newest {
    fn extend(&mut self, trace: Option<TraceSummary>) {
        let Some(trace) = trace else { return };
        self.traces.insert((trace.start, trace.trace_id), trace);
        if self.traces.len() > self.limit {
            self.traces.pop_first();
        }
    }

    /// Whether no trace that begins at `bound` or earlier can change the answer.
    fn is_settled(&self, bound: TimestampNs) -> bool {
        self.traces.len() >= self.limit && self.traces.first_key_value().is_none_or(|((oldest, _), _)| bound < *oldest)
    }
}

fn summary(trace: &TraceSpans, request: &SearchRequest, shown: &Shown) -> Option<TraceSummary> {
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
        spans: matched.iter().take(most).map(|&i| shown.span(&whole, &trace.spans[i])).collect(),
        services,
    })
}

/// What every matching trace must have.
pub(crate) fn hints(expr: &Expr, out: &mut TracesSelect) {
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

//! Searches.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_types::{AttributeValue, SpanId, TimestampNs, TraceId};

use crate::ast::{Pipeline, Query, Root};
use crate::error::Error;
use crate::eval::{Plan, Spanset, Trace};
use crate::hints::hints;
use crate::shown::Shown;

/// What to search for.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Which spans.
    pub query: Query,
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
    /// Most matched spans shown of a set; 0 means all.
    pub spans_per_set: usize,
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

/// Spans of a trace that matched together.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchedSet {
    /// How many.
    pub matched: usize,
    /// The first of them.
    pub spans: Vec<MatchedSpan>,
    /// What the query found out about all: `by(name)`, `count()`.
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
    /// At least one.
    pub sets: Vec<MatchedSet>,
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
/// [`Error::Unfit`] for queries of metrics, [`Error::Evaluation`], [`Error::Stopped`], [`Error::Storage`].
pub fn search(
    source: &dyn TracesSource,
    request: &SearchRequest,
    stop: &AtomicBool,
) -> Result<(Vec<TraceSummary>, Inspected), Error> {
    let search = Search::new(request)?;
    let mut newest = Newest { traces: BTreeMap::new(), limit: request.limit };
    let mut inspected = Inspected::default();
    let mut failed = None;
    source.select(&search.select, &mut |trace, bound| {
        if stop.load(Ordering::Relaxed) {
            failed = Some(Error::Stopped);
        }
        if failed.is_some() || newest.is_settled(bound) {
            return ControlFlow::Break(());
        }
        inspected.traces += 1;
        inspected.spans += trace.spans.len() as u64;
        match search.summary(&trace) {
            Ok(found) => newest.extend(found),
            Err(error) => failed = Some(error),
        }
        ControlFlow::Continue(())
    })?;
    match failed {
        Some(error) => Err(error),
        None => Ok((newest.traces.into_values().rev().collect(), inspected)),
    }
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

/// A search that is ready to go.
struct Search<'a> {
    request: &'a SearchRequest,
    select: TracesSelect,
    plan: Plan,
    shown: Shown,
}

impl<'a> Search<'a> {
    fn new(request: &'a SearchRequest) -> Result<Self, Error> {
        let pipeline = spans_of(&request.query)?;
        let mut select =
            TracesSelect { start: request.start, end: request.end, services: Vec::new(), names: Vec::new() };
        hints(pipeline, &mut select);
        Ok(Self { request, select, plan: Plan::new(pipeline), shown: Shown::of(pipeline) })
    }

    fn summary(&self, trace: &TraceSpans) -> Result<Option<TraceSummary>, Error> {
        let whole = Trace::new(&trace.spans);
        let range = self.request.min_duration_ns..=self.request.max_duration_ns;
        if !range.contains(&whole.duration_ns) {
            return Ok(None);
        }
        let sets = self.plan.run(&whole)?;
        if sets.is_empty() {
            return Ok(None);
        }
        Ok(Some(TraceSummary {
            trace_id: trace.trace_id,
            root: whole.root.map(|r| (r.resource.service_name().into(), r.name.clone())),
            start: trace.spans.iter().map(|s| s.start).min().unwrap_or_default(),
            duration_ns: whole.duration_ns,
            sets: sets.iter().map(|set| self.set(&whole, set)).collect(),
            services: services(trace),
        }))
    }

    fn set(&self, trace: &Trace<'_>, set: &Spanset) -> MatchedSet {
        let most = if self.request.spans_per_set == 0 { usize::MAX } else { self.request.spans_per_set };
        MatchedSet {
            matched: set.spans.len(),
            spans: set.spans.iter().take(most).map(|at| self.shown.span(trace, *at)).collect(),
            attributes: set.attributes.iter().map(|(name, value)| (name.clone(), value.to_attribute())).collect(),
        }
    }
}

/// # Errors
/// [`Error::Unfit`] for queries of metrics.
pub(crate) fn spans_of(query: &Query) -> Result<&Pipeline, Error> {
    match &query.root {
        Root::Spans(pipeline) => Ok(pipeline),
        Root::Metrics(_) => Err(Error::Unfit(
            "a metrics query has series, not traces: ask for it at /api/metrics/query_range".to_owned(),
        )),
    }
}

fn services(trace: &TraceSpans) -> BTreeMap<Box<str>, (u32, u32)> {
    let mut services: BTreeMap<Box<str>, (u32, u32)> = BTreeMap::new();
    for span in &trace.spans {
        let name = span.resource.service_name();
        if !services.contains_key(name) {
            services.insert(name.into(), (0, 0));
        }
        if let Some((spans, errors)) = services.get_mut(name) {
            *spans += 1;
            *errors += u32::from(span.status == 2);
        }
    }
    services
}

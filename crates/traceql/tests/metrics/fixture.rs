//! Small traces to count, and answers as text.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aio_source::{TraceSpans, TracesSelect, TracesSource};
use aio_traceql::{Error, Grid, MetricsAnswer, MetricsRequest, Series, metrics, parse};
use aio_types::{AttributeValue, Resource, Scope, Span, SpanId, TimestampNs, TraceId};

/// Nanoseconds of a second.
pub(crate) const S: i64 = 1_000_000_000;

/// Hands out the traces that are under way in the range, as stores do.
pub(crate) struct Fixed(pub(crate) Vec<TraceSpans>);

impl TracesSource for Fixed {
    fn trace(&self, _id: TraceId) -> Result<Option<TraceSpans>, aio_source::Error> {
        Ok(None)
    }

    fn select(
        &self,
        select: &TracesSelect,
        visit: &mut dyn FnMut(TraceSpans, TimestampNs) -> ControlFlow<()>,
    ) -> Result<(), aio_source::Error> {
        for trace in &self.0 {
            let has_begun = trace.spans.iter().any(|span| span.start < select.end);
            let goes_on = trace.spans.iter().any(|span| span.end >= select.start);
            if has_begun && goes_on && visit(trace.clone(), TimestampNs::MAX).is_break() {
                break;
            }
        }
        Ok(())
    }
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::String(text.into())
}

pub(crate) fn int(n: i64) -> AttributeValue {
    AttributeValue::Int(n)
}

/// A root span that starts at so many nanoseconds, which are its id as well, and lasts so many.
pub(crate) fn span(start: i64, duration: i64, attributes: &[(&str, AttributeValue)]) -> Span {
    Span {
        trace_id: TraceId::default(),
        span_id: SpanId(start.to_be_bytes()),
        parent_span_id: SpanId::default(),
        trace_state: "".into(),
        flags: 0,
        name: "GET".into(),
        kind: 2,
        start: TimestampNs(start),
        end: TimestampNs(start + duration),
        attributes: attributes.iter().map(|(k, v)| ((*k).into(), v.clone())).collect(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: 0,
        status_message: "".into(),
        resource: Arc::new(Resource::default()),
        scope: Arc::new(Scope::default()),
    }
}

pub(crate) fn trace(id: u64, spans: Vec<Span>) -> TraceSpans {
    TraceSpans { trace_id: TraceId(u128::from(id).to_be_bytes()), spans }
}

/// Steps of ten seconds that end at 10, 20 and 30 s.
pub(crate) fn steps() -> Grid {
    Grid::range(TimestampNs(10 * S), TimestampNs(30 * S), 10 * S)
}

pub(crate) fn request(query: &str, grid: Grid) -> MetricsRequest {
    let query = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    MetricsRequest { query, grid, exemplars: 0, series_max: 1000 }
}

pub(crate) fn run(request: &MetricsRequest, traces: &[TraceSpans]) -> Result<MetricsAnswer, Error> {
    metrics(&Fixed(traces.to_vec()), request, &AtomicBool::new(false))
}

/// Series as `label=value: 1 - 3`, gaps as `-`, one after the other.
pub(crate) fn ask(query: &str, grid: Grid, traces: &[TraceSpans]) -> String {
    let answer = run(&request(query, grid), traces).unwrap_or_else(|error| panic!("{query}: {error}"));
    answer.series.iter().map(shown).collect::<Vec<_>>().join("; ")
}

pub(crate) fn shown(series: &Series) -> String {
    let labels: Vec<String> = series.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let values = series.values.iter().map(|v| if v.is_nan() { " -".to_owned() } else { format!(" {v}") });
    format!("{}:{}", labels.join(","), values.collect::<String>())
}

//! A little of each signal, so that what parses is evaluated as well.

use std::ops::ControlFlow;
use std::sync::Arc;

use aio_source::{
    Error, FixedMetrics, LogsBatch, LogsRead, LogsSelect, LogsSource, LogsStats, TraceSpans, TracesSelect, TracesSource,
};
use aio_types::{
    AttributeValue, Labels, LogEntry, Matcher, Resource, Sample, Scope, Span, SpanId, TimestampMs, TimestampNs, TraceId,
};

const NOW_MS: i64 = 1_700_000_000_000;

/// The source.
pub(crate) struct Few;

fn series() -> impl Iterator<Item = Labels> {
    let rows = [("up", "a", "0.5"), ("up", "b", "1"), ("b", "a", "+Inf")];
    rows.into_iter().map(|(n, j, le)| Labels::from_pairs([("__name__", n), ("job", j), ("le", le)]))
}

fn samples() -> Vec<Sample> {
    let values = [1.0, -0.0, f64::NAN, f64::INFINITY, 1e308, 0.1];
    let times = (0_i64..).map(|i| TimestampMs(NOW_MS - 75_000 + i * 15_000));
    times.zip(values).map(|(t, v)| Sample { t, v }).collect()
}

/// The metrics among them.
pub(crate) fn metrics() -> FixedMetrics {
    FixedMetrics { series: series().map(|labels| (labels, samples().into())).collect() }
}

impl LogsSource for Few {
    fn select(
        &self,
        _select: &LogsSelect,
        visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
    ) -> Result<LogsRead, Error> {
        let lines = [
            r#"{"a":1,"b":{"c":[1,2]},"level":"error","d":"1.5s"}"#,
            r#"a=1 b="x y" level=info d=250ms size=1KB"#,
            "",
            "\u{e9}\0 plain",
        ];
        let ts = TimestampNs(NOW_MS * 1_000_000);
        let entry = |line: &&str| LogEntry { ts, line: (*line).into(), metadata: Labels::from_pairs([("a", "meta")]) };
        let labels = Labels::from_pairs([("app", "a")]);
        let _end_of_data = visit(LogsBatch { labels, frontier: ts, entries: lines.iter().map(entry).collect() });
        Ok(LogsRead::default())
    }

    fn streams(&self, _: &[Vec<Matcher>], _: TimestampNs, _: TimestampNs) -> Result<Vec<Labels>, Error> {
        Ok(Vec::new())
    }

    fn stats(&self, _: &[Matcher], _: TimestampNs, _: TimestampNs) -> Result<LogsStats, Error> {
        Ok(LogsStats::default())
    }
}

fn trace() -> TraceSpans {
    let attributes = || vec![("a".into(), AttributeValue::Int(1)), ("b".into(), AttributeValue::String("x".into()))];
    let resource = Arc::new(Resource { attributes: attributes(), ..Resource::default() });
    let span = |id: u8, parent: u8| Span {
        trace_id: TraceId([1; 16]),
        span_id: SpanId([id; 8]),
        parent_span_id: SpanId([parent; 8]),
        name: "GET /".into(),
        start: TimestampNs(i64::from(id)),
        end: TimestampNs(i64::MAX),
        attributes: attributes(),
        ..blank(&resource)
    };
    TraceSpans { trace_id: TraceId([1; 16]), spans: vec![span(1, 0), span(2, 1), span(3, 1)] }
}

fn blank(resource: &Arc<Resource>) -> Span {
    Span {
        trace_id: TraceId::default(),
        span_id: SpanId::default(),
        parent_span_id: SpanId::default(),
        trace_state: "".into(),
        flags: 0,
        name: "".into(),
        kind: 2,
        start: TimestampNs(0),
        end: TimestampNs(0),
        attributes: Vec::new(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: 2,
        status_message: "".into(),
        resource: Arc::clone(resource),
        scope: Arc::new(Scope::default()),
    }
}

impl TracesSource for Few {
    fn trace(&self, _id: TraceId) -> Result<Option<TraceSpans>, Error> {
        Ok(Some(trace()))
    }

    fn select(
        &self,
        _: &TracesSelect,
        visit: &mut dyn FnMut(TraceSpans, TimestampNs) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let _end_of_data = visit(trace(), TimestampNs::MAX);
        Ok(())
    }
}

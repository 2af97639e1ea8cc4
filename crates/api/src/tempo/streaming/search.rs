//! `Search`

use std::sync::Arc;

use aio_traceql::{MatchedSet, MatchedSpan, TraceSummary, search as run};
use aio_types::TenantId;
use aio_wire::otlp::traces::value_to_otlp;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use prost::encoding::message;

use super::message::{SearchMetrics, SearchRequest, SearchResponse, ServiceStats, Span, SpanSet, TraceMetadata};
use super::{MESSAGE_BYTES_MAX, metrics};
use crate::core::Core;
use crate::error::ApiError;
use crate::tempo::legacy_tags;
use crate::tempo::params::Fields;
use crate::tempo::search::{NO_ROOT, duration_ms, short_id};

pub(super) async fn search(
    core: Arc<Core>,
    tenant: TenantId,
    request: SearchRequest,
) -> Result<Vec<SearchResponse>, ApiError> {
    let request = translate(&request, core.ingest.now())?;
    let source = (core.sources.traces)(&tenant);
    let (traces, inspected) = core.queries.run(None, move |stop| Ok(run(&*source, &request, stop)?)).await?;
    Ok(messages(traces.iter().map(metadata), metrics(inspected)))
}

/// Clients merge messages by trace; each carries the totals. There is one even without traces.
fn messages(traces: impl Iterator<Item = TraceMetadata>, metrics: SearchMetrics) -> Vec<SearchResponse> {
    let empty = || SearchResponse { traces: Vec::new(), metrics: Some(metrics) };
    let (mut out, mut bytes) = (vec![empty()], 0);
    let room = MESSAGE_BYTES_MAX - message::encoded_len(2, &metrics);
    for trace in traces {
        let len = message::encoded_len(1, &trace);
        if bytes > 0 && bytes + len > room {
            out.push(empty());
            bytes = 0;
        }
        bytes += len;
        if let Some(last) = out.last_mut() {
            last.traces.push(trace);
        }
    }
    out
}

fn translate(request: &SearchRequest, now: aio_types::TimestampMs) -> Result<aio_traceql::SearchRequest, ApiError> {
    let from_tags = match request.query.is_empty() {
        true => legacy_tags::of_pairs(request.tags.iter().map(|(k, v)| (k.as_str(), v.as_str()))),
        false => String::new(),
    };
    let query = if request.query.is_empty() { &from_tags } else { &request.query };
    let (start, end) = (request.start, request.end);
    let fields = Fields { query, start, end, limit: request.limit, spans: request.spans_per_span_set };
    let mut search = fields.search(aio_types::TimestampNs::from_ms(now))?;
    let nanos = |ms: u32| i64::from(ms).saturating_mul(1_000_000);
    search.min_duration_ns = nanos(request.min_duration_ms);
    if request.max_duration_ms > 0 {
        search.max_duration_ns = nanos(request.max_duration_ms);
    }
    Ok(search)
}

fn metadata(trace: &TraceSummary) -> TraceMetadata {
    let (service, name) = trace.root.as_ref().map_or((NO_ROOT, ""), |(s, n)| (&**s, &**n));
    let sets: Vec<SpanSet> = trace.sets.iter().map(set).collect();
    let stats = trace.services.iter().map(|(service, (spans, errors))| {
        (service.to_string(), ServiceStats { span_count: *spans, error_count: *errors })
    });
    TraceMetadata {
        trace_id: short_id(trace),
        root_service_name: service.to_owned(),
        root_trace_name: name.to_owned(),
        start_time_unix_nano: u64::try_from(trace.start.0).unwrap_or(0),
        duration_ms: duration_ms(trace),
        span_set: sets.first().cloned(),
        span_sets: sets,
        service_stats: stats.collect(),
    }
}

fn set(set: &MatchedSet) -> SpanSet {
    SpanSet {
        spans: set.spans.iter().map(span).collect(),
        matched: u32::try_from(set.matched).unwrap_or(u32::MAX),
        attributes: set.attributes.iter().map(attribute).collect(),
    }
}

fn attribute((key, value): &(String, aio_types::AttributeValue)) -> KeyValue {
    KeyValue { key: key.clone(), value: Some(value_to_otlp(value)), ..KeyValue::default() }
}

fn span(span: &MatchedSpan) -> Span {
    Span {
        span_id: span.span_id.to_string(),
        name: span.name.as_deref().unwrap_or_default().to_owned(),
        start_time_unix_nano: u64::try_from(span.start.0).unwrap_or(0),
        duration_nanos: u64::try_from(span.duration_ns).unwrap_or(0),
        attributes: span.attributes.iter().map(attribute).collect(),
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn many_traces_come_in_messages_of_bounded_size() {
        let trace = |n: u32| TraceMetadata {
            trace_id: n.to_string(),
            root_trace_name: "x".repeat(1000),
            ..TraceMetadata::default()
        };
        let inspected = SearchMetrics { inspected_spans: u64::MAX, ..SearchMetrics::default() };
        let out = messages((0..5000).map(trace), inspected);
        assert!(out.len() > 2 && out.iter().all(|m| m.encoded_len() <= MESSAGE_BYTES_MAX));
        let ids: Vec<_> = out.iter().flat_map(|m| &m.traces).map(|t| t.trace_id.clone()).collect();
        assert_eq!(ids, (0..5000).map(|n: u32| n.to_string()).collect::<Vec<_>>());
        assert_eq!(messages(std::iter::empty(), SearchMetrics::default()).len(), 1);
    }
}

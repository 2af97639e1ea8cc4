//! `tempopb.StreamingQuerier/Search`, which Grafana asks on the data source's host and port when streaming is on. All
//! results are sent at once, in messages small enough for any client: a search here takes no longer than its newest
//! results.

use std::collections::HashMap;

use aio_traceql::{Inspected, MatchedSpan, TraceSummary, search as run};
use aio_wire::otlp::traces::value_to_otlp;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{any, post};
use http::{HeaderMap, HeaderValue};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use prost::Message;
use prost::encoding::message;

use super::params::Fields;
use super::search::{NO_ROOT, duration_ms};
use super::{legacy_tags, search};
use crate::core::Readiness;
use crate::error::ApiError;
use crate::{grpc, tenant};

/// Queries are bounded by the language; this leaves room for the other fields.
const REQUEST_BYTES_MAX: usize = 256 << 10;
/// As Tempo cuts its messages; clients take 4 MiB by default.
const MESSAGE_BYTES_MAX: usize = 2 << 20;

#[derive(Clone, PartialEq, Message)]
struct SearchRequest {
    #[prost(map = "string, string", tag = "1")]
    tags: HashMap<String, String>,
    #[prost(uint32, tag = "2")]
    min_duration_ms: u32,
    #[prost(uint32, tag = "3")]
    max_duration_ms: u32,
    #[prost(uint32, tag = "4")]
    limit: u32,
    #[prost(uint32, tag = "5")]
    start: u32,
    #[prost(uint32, tag = "6")]
    end: u32,
    #[prost(string, tag = "8")]
    query: String,
    #[prost(uint32, tag = "9")]
    spans_per_span_set: u32,
}

#[derive(Clone, PartialEq, Message)]
struct SearchResponse {
    #[prost(message, repeated, tag = "1")]
    traces: Vec<TraceMetadata>,
    #[prost(message, optional, tag = "2")]
    metrics: Option<SearchMetrics>,
}

#[derive(Clone, PartialEq, Message)]
struct TraceMetadata {
    #[prost(string, tag = "1")]
    trace_id: String,
    #[prost(string, tag = "2")]
    root_service_name: String,
    #[prost(string, tag = "3")]
    root_trace_name: String,
    #[prost(uint64, tag = "4")]
    start_time_unix_nano: u64,
    #[prost(uint32, tag = "5")]
    duration_ms: u32,
    #[prost(message, optional, tag = "6")]
    span_set: Option<SpanSet>,
    #[prost(message, repeated, tag = "7")]
    span_sets: Vec<SpanSet>,
    #[prost(map = "string, message", tag = "8")]
    service_stats: HashMap<String, ServiceStats>,
}

#[derive(Clone, PartialEq, Message)]
struct SpanSet {
    #[prost(message, repeated, tag = "1")]
    spans: Vec<Span>,
    #[prost(uint32, tag = "2")]
    matched: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(string, tag = "1")]
    span_id: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(uint64, tag = "3")]
    start_time_unix_nano: u64,
    #[prost(uint64, tag = "4")]
    duration_nanos: u64,
    #[prost(message, repeated, tag = "5")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct ServiceStats {
    #[prost(uint32, tag = "1")]
    span_count: u32,
    #[prost(uint32, tag = "2")]
    error_count: u32,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct SearchMetrics {
    #[prost(uint32, tag = "1")]
    inspected_traces: u32,
    #[prost(uint32, tag = "4")]
    completed_jobs: u32,
    #[prost(uint32, tag = "5")]
    total_jobs: u32,
    #[prost(uint64, tag = "7")]
    inspected_spans: u64,
}

pub(crate) fn router(readiness: Readiness) -> Router {
    let unknown = |uri: http::Uri| async move {
        let method = uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        grpc::refuse(&ApiError::NotImplemented(format!("not supported yet: streaming {method}")))
    };
    Router::new()
        .route("/tempopb.StreamingQuerier/Search", post(answer))
        .route("/tempopb.StreamingQuerier/{*method}", any(unknown))
        .with_state(readiness)
}

async fn answer(State(readiness): State<Readiness>, headers: HeaderMap, body: Body) -> Response {
    match find(&readiness, &headers, body).await {
        Ok(responses) => grpc::answer_all(&responses),
        Err(error) => grpc::refuse(&error),
    }
}

async fn find(readiness: &Readiness, headers: &HeaderMap, body: Body) -> Result<Vec<SearchResponse>, ApiError> {
    grpc::check_content_type(headers)?;
    let core = readiness.get().ok_or(ApiError::NotReady)?;
    let tenant = tenant::parse(headers.get(tenant::HEADER).map(HeaderValue::as_bytes))?;
    let encoding = grpc::encoding(headers)?;
    let body = core.inbound.read(body, REQUEST_BYTES_MAX).await?;
    let message = grpc::message(body.bytes, encoding, REQUEST_BYTES_MAX)?;
    let request =
        SearchRequest::decode(message).map_err(|e| ApiError::BadRequest(format!("malformed request: {e}")))?;
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

fn metrics(inspected: Inspected) -> SearchMetrics {
    SearchMetrics {
        inspected_traces: u32::try_from(inspected.traces).unwrap_or(u32::MAX),
        completed_jobs: 1,
        total_jobs: 1,
        inspected_spans: inspected.spans,
    }
}

fn metadata(trace: &TraceSummary) -> TraceMetadata {
    let (service, name) = trace.root.as_ref().map_or((NO_ROOT, ""), |(s, n)| (&**s, &**n));
    let set = SpanSet {
        spans: trace.spans.iter().map(span).collect(),
        matched: u32::try_from(trace.matched).unwrap_or(u32::MAX),
    };
    let stats = trace.services.iter().map(|(service, (spans, errors))| {
        (service.to_string(), ServiceStats { span_count: *spans, error_count: *errors })
    });
    TraceMetadata {
        trace_id: search::short_id(trace),
        root_service_name: service.to_owned(),
        root_trace_name: name.to_owned(),
        start_time_unix_nano: u64::try_from(trace.start.0).unwrap_or(0),
        duration_ms: duration_ms(trace),
        span_set: Some(set.clone()),
        span_sets: vec![set],
        service_stats: stats.collect(),
    }
}

fn span(span: &MatchedSpan) -> Span {
    let attribute = |(key, value): &(String, aio_types::AttributeValue)| KeyValue {
        key: key.clone(),
        value: Some(value_to_otlp(value)),
        ..KeyValue::default()
    };
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

//! Trace by id.

use aio_types::TraceId;
use aio_wire::otlp::traces::to_otlp;
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use serde_json::json;

use super::json::resource_spans;
use crate::error::{ApiError, TextError};
use crate::loki::params::Call;

const PROTOBUF: &str = "application/protobuf";

/// `tempopb.TraceByIDResponse`, its fields beyond the trace left empty.
#[derive(Clone, PartialEq, Message)]
struct TraceById {
    #[prost(message, optional, tag = "1")]
    trace: Option<TracesData>,
    #[prost(message, optional, tag = "2")]
    metrics: Option<Empty>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Empty {}

fn wants_protobuf(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|v| v.to_str().is_ok_and(|v| v.contains(PROTOBUF)))
}

fn protobuf(message: &impl Message) -> Response {
    ([(header::CONTENT_TYPE, PROTOBUF)], message.encode_to_vec()).into_response()
}

async fn find(call: &Call, id: &str) -> Result<Option<TracesData>, ApiError> {
    let id = TraceId::from_hex(id).ok_or_else(|| {
        ApiError::BadRequest("trace IDs can only contain hex characters and be of at most 128 bit".to_owned())
    })?;
    let source = (call.core.sources.traces)(&call.tenant);
    let found = call.core.queries.run(None, move |_stop| Ok(source.trace(id)?)).await?;
    Ok(found.map(|trace| to_otlp(&trace.spans)))
}

pub(super) async fn v1(Path(id): Path<String>, headers: HeaderMap, call: Call) -> Result<Response, TextError> {
    Ok(match find(&call, &id).await? {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(trace) if wants_protobuf(&headers) => protobuf(&trace),
        Some(trace) => Json(json!({"batches": resource_spans(&trace.resource_spans)})).into_response(),
    })
}

pub(super) async fn v2(Path(id): Path<String>, headers: HeaderMap, call: Call) -> Result<Response, TextError> {
    let trace = find(&call, &id).await?.unwrap_or_default();
    if wants_protobuf(&headers) {
        return Ok(protobuf(&TraceById { trace: Some(trace), metrics: Some(Empty {}) }));
    }
    let spans = resource_spans(&trace.resource_spans);
    let trace = if trace.resource_spans.is_empty() { json!({}) } else { json!({"resourceSpans": spans}) };
    Ok(Json(json!({"trace": trace, "metrics": {}})).into_response())
}

//! Trace by id.

use aio_types::TraceId;
use aio_wire::otlp::traces::to_otlp;
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use serde_json::json;

use super::json::resource_spans;
use super::params;
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

/// Grafana, for which this form is, leaves out the spans of a resource without attributes.
fn shown_by_grafana(mut trace: TracesData) -> TracesData {
    for group in &mut trace.resource_spans {
        let resource = group.resource.get_or_insert_default();
        if resource.attributes.is_empty() {
            let value = Some(AnyValue { value: Some(any_value::Value::StringValue(String::new())) });
            resource.attributes.push(KeyValue { key: "service.name".to_owned(), value, ..KeyValue::default() });
        }
    }
    trace
}

/// The trace, and a body made of it: both take time for large ones, so both are made away from the async threads.
async fn find(
    call: &Call,
    id: &str,
    render: impl FnOnce(TracesData) -> Response + Send + 'static,
) -> Result<Option<Response>, ApiError> {
    let id = TraceId::from_hex(id).ok_or_else(|| {
        ApiError::BadRequest("trace IDs can only contain hex characters and be of at most 128 bit".to_owned())
    })?;
    // Tempo is told by them where to look; here a trace is found, and found whole, wherever it lies.
    params::bounds(call)?;
    let source = (call.core.sources.traces)(&call.tenant);
    call.core.queries.run(None, move |_stop| Ok(source.trace(id)?.map(|trace| render(to_otlp(&trace.spans))))).await
}

pub(super) async fn v1(Path(id): Path<String>, headers: HeaderMap, call: Call) -> Result<Response, TextError> {
    let as_protobuf = wants_protobuf(&headers);
    let render = move |trace: TracesData| {
        if as_protobuf {
            return protobuf(&shown_by_grafana(trace));
        }
        Json(json!({"batches": resource_spans(&trace.resource_spans)})).into_response()
    };
    Ok(find(&call, &id, render).await?.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response()))
}

/// An unknown trace is an empty one here.
pub(super) async fn v2(Path(id): Path<String>, headers: HeaderMap, call: Call) -> Result<Response, TextError> {
    let as_protobuf = wants_protobuf(&headers);
    let render = move |trace: TracesData| {
        if as_protobuf {
            return protobuf(&TraceById { trace: Some(shown_by_grafana(trace)), metrics: Some(Empty {}) });
        }
        Json(json!({"trace": {"resourceSpans": resource_spans(&trace.resource_spans)}, "metrics": {}})).into_response()
    };
    let found = find(&call, &id, render).await?;
    Ok(found.unwrap_or_else(|| {
        if as_protobuf {
            return protobuf(&TraceById { trace: Some(TracesData::default()), metrics: Some(Empty {}) });
        }
        Json(json!({"trace": {}, "metrics": {}})).into_response()
    }))
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::trace::v1::ResourceSpans;

    use super::*;

    #[test]
    fn every_resource_has_an_attribute() {
        let shown = shown_by_grafana(TracesData { resource_spans: vec![ResourceSpans::default()] });
        let resource = shown.resource_spans[0].resource.as_ref().expect("present");
        assert_eq!(resource.attributes[0].key, "service.name");
    }
}

//! OTLP/HTTP: protobuf or JSON in, the same out; errors are `google.rpc.Status` of that type.

use aio_wire::body::{Encoding, decompress};
use aio_wire::otlp::Signal;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use prost::Message;
use serde_json::{Value, json};

use super::NO_STREAM;
use super::receive::{Format, Outcome, receive};
use crate::core::{Readiness, Ready};
use crate::error::ApiError;
use crate::grpc::RpcStatus;
use crate::tenant::Tenant;

/// The collector's, Loki's and Prometheus' spellings of the base path.
const BASES: [&str; 3] = ["", LOKI_BASE, "/api/v1/otlp"];
const LOKI_BASE: &str = "/otlp";

pub(crate) fn router(readiness: Readiness) -> Router {
    let mut router = Router::new();
    for base in BASES {
        for (name, signal) in [("metrics", Signal::Metrics), ("logs", Signal::Logs), ("traces", Signal::Traces)] {
            let manner = if base == LOKI_BASE && signal == Signal::Logs { Manner::Loki } else { Manner::Otlp };
            router = router.merge(route(&format!("{base}/v1/{name}"), signal, manner));
        }
    }
    router.with_state(readiness)
}

/// Logs alone, where Loki has them.
pub(crate) fn loki_router(readiness: Readiness) -> Router {
    route("/otlp/v1/logs", Signal::Logs, Manner::Loki).with_state(readiness)
}

/// Metrics alone, where Prometheus has them.
pub(crate) fn prometheus_router(readiness: Readiness) -> Router {
    route("/api/v1/otlp/v1/metrics", Signal::Metrics, Manner::Otlp).with_state(readiness)
}

/// How what was taken whole is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// With a message, as the protocol says.
    Otlp,
    /// With nothing; and an export of nothing is refused.
    Loki,
}

fn route(path: &str, signal: Signal, manner: Manner) -> Router<Readiness> {
    let handler = move |ready: Result<Ready, ApiError>, tenant: Result<Tenant, ApiError>, headers, body| {
        export((signal, manner), ready, tenant, headers, body)
    };
    Router::new().route(path, post(handler))
}

fn format_of(headers: &HeaderMap) -> Result<Format, ApiError> {
    let value = headers.get(header::CONTENT_TYPE).map_or("", |v| v.to_str().unwrap_or("?"));
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/x-protobuf") {
        return Ok(Format::Protobuf);
    }
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(Format::Json);
    }
    Err(ApiError::UnsupportedMediaType(format!(
        "content type {value:?} is not supported; send application/x-protobuf or application/json"
    )))
}

async fn export(
    (signal, manner): (Signal, Manner),
    ready: Result<Ready, ApiError>,
    tenant: Result<Tenant, ApiError>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match store(signal, ready, tenant, &headers, body).await {
        Ok((_, outcome)) if manner == Manner::Loki && outcome.is_empty => {
            fault(&headers, &ApiError::Unprocessable(NO_STREAM.to_owned()))
        }
        Ok((_, outcome)) if manner == Manner::Loki && outcome.is_success() => StatusCode::NO_CONTENT.into_response(),
        Ok((Format::Protobuf, outcome)) => protobuf(StatusCode::OK, &outcome.response()),
        Ok((Format::Json, outcome)) => axum::Json(outcome_json(signal, &outcome)).into_response(),
        Err(error) => fault(&headers, &error),
    }
}

async fn store(
    signal: Signal,
    ready: Result<Ready, ApiError>,
    tenant: Result<Tenant, ApiError>,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Format, Outcome), ApiError> {
    let (Ready(core), Tenant(tenant)) = (ready?, tenant?);
    let format = format_of(headers)?;
    let encoding = headers.get(header::CONTENT_ENCODING).map(|v| v.to_str().unwrap_or("?"));
    let encoding = Encoding::from_header(encoding)?;
    let body = core.inbound.read(body, core.config.body_bytes_max).await?;
    let max_bytes = core.config.decompressed_bytes_max;
    let open = move |bytes: Bytes| -> Result<Bytes, ApiError> { Ok(decompress(bytes, encoding, max_bytes)?) };
    let outcome = receive(&core, tenant, signal, format, body, open).await?;
    Ok((format, outcome))
}

fn protobuf(status: StatusCode, message: &impl Message) -> Response {
    (status, [(header::CONTENT_TYPE, "application/x-protobuf")], message.encode_to_vec()).into_response()
}

/// Nothing where all was taken; 64-bit numbers are text in protobuf's JSON.
fn outcome_json(signal: Signal, outcome: &Outcome) -> Value {
    if outcome.is_success() {
        return json!({});
    }
    let counted = match signal {
        Signal::Metrics => "rejectedDataPoints",
        Signal::Logs => "rejectedLogRecords",
        Signal::Traces => "rejectedSpans",
    };
    json!({"partialSuccess": {counted: outcome.rejected.to_string(), "errorMessage": outcome.message}})
}

fn fault(headers: &HeaderMap, error: &ApiError) -> Response {
    if matches!(error, ApiError::Internal(_)) {
        tracing::error!(%error, "request failed");
    }
    let status = RpcStatus::of(error);
    let response = match format_of(headers) {
        Ok(Format::Json) => {
            (error.status(), axum::Json(json!({"code": status.code, "message": status.message}))).into_response()
        }
        Ok(Format::Protobuf) | Err(_) => protobuf(error.status(), &RpcStatus { details: Vec::new(), ..status }),
    };
    error.with_retry_hint(response)
}

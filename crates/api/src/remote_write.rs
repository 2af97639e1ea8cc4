//! Prometheus remote write 1.0.

use aio_wire::body::{Encoding, decompress};
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use crate::admission;
use crate::core::{Core, Ready};
use crate::error::ApiError;
use crate::tenant::Tenant;

pub(crate) async fn write(Ready(core): Ready, Tenant(tenant): Tenant, headers: HeaderMap, body: Body) -> Response {
    match store(&core, tenant, &headers, body).await {
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Ok(Some(fault)) => (StatusCode::BAD_REQUEST, fault + "\n").into_response(),
        // Senders show the body's first line as it is: plain text, not the query envelope.
        Err(error) => error.with_retry_hint((error.status(), format!("{error}\n")).into_response()),
    }
}

/// Stores what is good; the text says what was not.
async fn store(
    core: &Core,
    tenant: aio_types::TenantId,
    headers: &HeaderMap,
    body: Body,
) -> Result<Option<String>, ApiError> {
    check_content_type(headers)?;
    let encoding = match headers.get(header::CONTENT_ENCODING).map(|v| v.to_str().unwrap_or("?")) {
        None | Some("snappy") => Encoding::Snappy,
        Some(other) => {
            return Err(ApiError::UnsupportedMediaType(format!(
                "{other} encoding (compression) is not accepted by this server; only snappy is acceptable"
            )));
        }
    };
    let body = read_body(body, core.config.body_bytes_max).await?;
    let decompressed = decompress(body, encoding, core.config.decompressed_bytes_max)?;
    let decoded = aio_wire::remote_write::decode(&decompressed)?;
    if decoded.invalid_series > 0 {
        let first = decoded.first_invalid.unwrap_or_default();
        tracing::warn!(%tenant, series = decoded.invalid_series, first, "remote write: series skipped");
    }
    let report = core.ingest.write_metrics(tenant, decoded.write, decompressed.len()).await?;
    Ok(report.first_rejection.map(|why| format!("{} samples rejected: {why}", report.rejected)))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let value = headers.get(header::CONTENT_TYPE).map_or("", |v| v.to_str().unwrap_or("?"));
    let mut parts = value.split(';').map(str::trim);
    let known = parts.next() == Some("application/x-protobuf")
        && parts.all(|p| p.strip_prefix("proto=").is_none_or(|proto| proto == "prometheus.WriteRequest"));
    if known {
        return Ok(());
    }
    Err(ApiError::UnsupportedMediaType(format!(
        "content type {value:?} is not supported; send application/x-protobuf (prometheus.WriteRequest)"
    )))
}

/// Reads a body up to `limit` bytes.
pub(crate) async fn read_body(body: Body, limit: usize) -> Result<bytes::Bytes, ApiError> {
    to_bytes(body, limit).await.map_err(|error| {
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            if let Some(refusal) = admission::refusal(inner) {
                return refusal;
            }
            if inner.is::<http_body_util::LengthLimitError>() {
                return ApiError::TooLarge { limit };
            }
            source = inner.source();
        }
        ApiError::BadRequest(format!("reading the request body: {error}"))
    })
}

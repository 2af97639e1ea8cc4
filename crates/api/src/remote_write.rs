//! Prometheus remote write 1.0.

use aio_ingest::OnFault;
use aio_wire::body::{Encoding, decompress};
use aio_wire::remote_write::Decoded;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

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

/// Largest request after decompression, as Prometheus has it; what is larger is a bad request.
const DECOMPRESSED_BYTES_MAX: usize = 32 << 20;

/// Stores all of a request, or nothing where a sample is out of order, out of bounds or contradicts a stored one; the
/// text says what was wrong. Series with impossible labels cost only themselves, and no error.
async fn store(
    core: &Core,
    tenant: aio_types::TenantId,
    headers: &HeaderMap,
    body: Body,
) -> Result<Option<String>, ApiError> {
    check_content_type(headers)?;
    check_encoding(headers)?;
    let body = core.inbound.read(body, core.config.body_bytes_max).await?;
    let max_bytes = core.config.decompressed_bytes_max;
    let (decoded, decompressed_bytes) = core.inbound.decode(body, move |bytes| decode(bytes, max_bytes)).await?;
    if decoded.invalid_series > 0 {
        let first = decoded.first_invalid.unwrap_or_default();
        tracing::warn!(%tenant, series = decoded.invalid_series, first, "remote write: series skipped");
    }
    let report = core.ingest.write_metrics(tenant, decoded.write, decompressed_bytes, OnFault::KeepNothing).await?;
    let left_out = decoded.first_histogram.map(|series| {
        let histograms = decoded.histograms;
        format!(
            "not supported yet: native histograms ({histograms} left out, first of series {series}; the rest is stored)"
        )
    });
    Ok(report.first_rejection.or(left_out))
}

/// The request, and its size after decompression.
fn decode(body: Bytes, max_bytes: usize) -> Result<(Decoded, usize), ApiError> {
    let decompressed = decompress(body, Encoding::Snappy, max_bytes)?;
    if decompressed.len() > DECOMPRESSED_BYTES_MAX {
        return Err(ApiError::BadRequest(format!("decoded data is larger than {DECOMPRESSED_BYTES_MAX} bytes")));
    }
    Ok((aio_wire::remote_write::decode(&decompressed)?, decompressed.len()))
}

/// An absent encoding is taken for snappy.
fn check_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    match headers.get(header::CONTENT_ENCODING).map(|v| v.to_str().unwrap_or("?")) {
        None | Some("") => Ok(()),
        Some(encoding) if encoding.eq_ignore_ascii_case("snappy") => Ok(()),
        Some(other) => Err(ApiError::UnsupportedMediaType(format!(
            "{other} encoding (compression) is not accepted by this server; only snappy is acceptable"
        ))),
    }
}

/// An absent type is taken for protobuf: old senders leave it out.
fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let value = headers.get(header::CONTENT_TYPE).map_or("", |v| v.to_str().unwrap_or("?"));
    let mut parts = value.split(';').map(str::trim);
    let known = value.is_empty()
        || parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/x-protobuf"))
            && parts.all(|p| p.strip_prefix("proto=").is_none_or(|proto| proto == "prometheus.WriteRequest"));
    if known {
        return Ok(());
    }
    Err(ApiError::UnsupportedMediaType(format!(
        "content type {value:?} is not supported; send application/x-protobuf (prometheus.WriteRequest)"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a header value"))])
    }

    #[test]
    fn what_may_be_left_out_may_be_left_out() {
        let none = HeaderMap::new();
        assert!(check_content_type(&none).is_ok() && check_encoding(&none).is_ok());
        for (value, ok) in [
            ("application/x-protobuf", true),
            ("Application/X-Protobuf; proto=prometheus.WriteRequest", true),
            ("application/x-protobuf;proto=io.prometheus.write.v2.Request", false),
            ("text/plain", false),
        ] {
            assert_eq!(check_content_type(&headers(header::CONTENT_TYPE, value)).is_ok(), ok, "{value}");
        }
        for (value, ok) in [("snappy", true), ("Snappy", true), ("gzip", false), ("snappy, snappy", false)] {
            assert_eq!(check_encoding(&headers(header::CONTENT_ENCODING, value)).is_ok(), ok, "{value}");
        }
    }
}

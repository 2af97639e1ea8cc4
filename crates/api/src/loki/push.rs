//! Loki push.

use aio_wire::body::{Encoding, decompress};
use aio_wire::loki::{LabelsFault, Push, decode_json, decode_legacy_json, decode_protobuf};
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use crate::core::{Core, Readiness};
use crate::error::{ApiError, TextError};
use crate::otlp::NO_STREAM;
use crate::tenant;

pub(super) async fn push(
    State(readiness): State<Readiness>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, TextError> {
    store(&readiness, &headers, body, decode_json).await
}

/// `/api/prom/push`, whose JSON is older.
pub(super) async fn push_legacy(
    State(readiness): State<Readiness>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, TextError> {
    store(&readiness, &headers, body, decode_legacy_json).await
}

/// Keeps what is good. If there is anything else the answer is an error all the same, and names it.
async fn store(
    readiness: &Readiness,
    headers: &HeaderMap,
    body: Body,
    decode_json: impl Fn(&[u8]) -> Result<Push, aio_wire::Error> + Send + 'static,
) -> Result<StatusCode, TextError> {
    let core = readiness.get().ok_or(ApiError::NotReady)?;
    let tenant = tenant::parse(headers.get(tenant::HEADER).map(http::HeaderValue::as_bytes))?;
    let is_json = is_json(headers)?;
    let open = opener(&core, headers, is_json)?;
    let body = core.inbound.read(body, core.config.body_bytes_max).await?;
    let decode = move |bytes| -> Result<(Push, usize), ApiError> {
        let bytes = open(bytes)?;
        Ok((if is_json { decode_json(&bytes)? } else { decode_protobuf(&bytes)? }, bytes.len()))
    };
    let (Push { write, unreadable, misnamed }, decompressed_bytes) = core.inbound.decode(body, decode).await?;
    if let Some(why) = misnamed {
        // Loki's answer, although the fault is not the server's.
        return Err(ApiError::Internal(why).into());
    }
    if write.streams.is_empty() && unreadable.is_empty() {
        return Err(ApiError::Unprocessable(NO_STREAM.to_owned()).into());
    }
    let mut report = core.ingest.write_logs(tenant, write, decompressed_bytes).await?;
    let is_readable = unreadable.is_empty();
    unreadable.into_iter().for_each(|(lines, fault)| report.reject(lines, told(&fault)));
    if report.is_limited {
        return Err(ApiError::Overloaded { message: report.message(), retry_after_seconds: 1 }.into());
    }
    if report.rejected > 0 || !is_readable {
        return Err(ApiError::BadRequest(report.message()).into());
    }
    Ok(StatusCode::NO_CONTENT)
}

fn told(fault: &LabelsFault) -> String {
    match fault {
        LabelsFault::Syntax(_) => fault.to_string(),
        LabelsFault::Duplicate { name, pairs } => aio_ingest::duplicate_label(pairs, name),
    }
}

/// Whatever is not JSON is taken for protobuf, as Loki does.
fn is_json(headers: &HeaderMap) -> Result<bool, ApiError> {
    let value = headers.get(header::CONTENT_TYPE).map_or("", |v| v.to_str().unwrap_or("?"));
    match value.split(';').next().map(str::trim).unwrap_or_default() {
        "" => Err(ApiError::BadRequest("mime: no media type".to_owned())),
        media => Ok(media.eq_ignore_ascii_case("application/json")),
    }
}

/// What takes a body out of its wrapping. Protobuf bodies are always snappy, inside of whatever the header says; JSON
/// bodies never are, even if it says so.
fn opener(
    core: &Core,
    headers: &HeaderMap,
    is_json: bool,
) -> Result<impl Fn(Bytes) -> Result<Bytes, aio_wire::Error> + Send + use<>, ApiError> {
    let limit = core.config.decompressed_bytes_max;
    let name = headers.get(header::CONTENT_ENCODING).map_or("", |v| v.to_str().unwrap_or("?")).trim();
    let encoding = match name {
        "" | "snappy" => Encoding::Identity,
        "gzip" => Encoding::Gzip,
        "deflate" => Encoding::Deflate,
        other => return Err(ApiError::BadRequest(format!("Content-Encoding {other:?} not supported"))),
    };
    Ok(move |body| {
        let body = decompress(body, encoding, limit)?;
        if is_json { Ok(body) } else { decompress(body, Encoding::Snappy, limit) }
    })
}

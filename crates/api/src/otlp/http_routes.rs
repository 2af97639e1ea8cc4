//! OTLP/HTTP: protobuf or JSON in, the same out; errors are `google.rpc.Status` of that type.

use aio_types::TenantId;
use aio_wire::body::{Encoding, decompress};
use aio_wire::otlp::{Export, decode_json, decode_protobuf};
use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode, header};
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::admission;
use crate::core::{Core, Readiness, Ready};
use crate::error::ApiError;
use crate::remote_write::read_body;
use crate::tenant::Tenant;

/// The collector's, Loki's and Prometheus' spellings of the base path.
const BASES: [&str; 3] = ["", "/otlp", "/api/v1/otlp"];

pub(crate) fn router(readiness: Readiness) -> Router {
    let mut router = Router::new();
    for base in BASES {
        router = router
            .route(&format!("{base}/v1/metrics"), post(metrics))
            .route(&format!("{base}/v1/logs"), post(logs))
            .route(&format!("{base}/v1/traces"), post(traces));
    }
    router.layer(from_fn_with_state(readiness.clone(), admission::count)).with_state(readiness)
}

#[derive(Clone, Copy)]
enum Format {
    Protobuf,
    Json,
}

impl Format {
    fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let value = headers.get(header::CONTENT_TYPE).map_or("", |v| v.to_str().unwrap_or("?"));
        match value.split(';').next().map(str::trim) {
            Some("application/x-protobuf") => Ok(Self::Protobuf),
            Some("application/json") => Ok(Self::Json),
            _ => Err(ApiError::UnsupportedMediaType(format!(
                "content type {value:?} is not supported; send application/x-protobuf or application/json"
            ))),
        }
    }

    fn respond<M: Message + Serialize>(self, status: StatusCode, message: &M) -> Response {
        match self {
            Self::Protobuf => {
                (status, [(header::CONTENT_TYPE, "application/x-protobuf")], message.encode_to_vec()).into_response()
            }
            Self::Json => (status, axum::Json(message)).into_response(),
        }
    }
}

/// `google.rpc.Status` without details.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

fn fault(headers: &HeaderMap, error: &ApiError) -> Response {
    let format = Format::of(headers).unwrap_or(Format::Protobuf);
    let status = Status { code: error.grpc_code(), message: error.to_string() };
    error.with_retry_hint(format.respond(error.status(), &status))
}

async fn metrics(
    ready: Result<Ready, ApiError>,
    tenant: Result<Tenant, ApiError>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    handle(ready, tenant, headers, body, async |core, tenant, request, bytes| {
        super::export_metrics(core, tenant, request, bytes).await
    })
    .await
}

async fn logs(
    ready: Result<Ready, ApiError>,
    tenant: Result<Tenant, ApiError>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    handle(ready, tenant, headers, body, async |core, tenant, request, bytes| {
        super::export_logs(core, tenant, request, bytes).await
    })
    .await
}

async fn traces(
    ready: Result<Ready, ApiError>,
    tenant: Result<Tenant, ApiError>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    handle(ready, tenant, headers, body, async |core, tenant, request, bytes| {
        super::export_traces(core, tenant, request, bytes).await
    })
    .await
}

async fn handle<Q, A>(
    ready: Result<Ready, ApiError>,
    tenant: Result<Tenant, ApiError>,
    headers: HeaderMap,
    body: Body,
    export: impl AsyncFnOnce(&Core, TenantId, Q, usize) -> Result<A, ApiError>,
) -> Response
where
    Q: Export + DeserializeOwned,
    A: Message + Serialize,
{
    let answer = async {
        let (Ready(core), Tenant(tenant)) = (ready?, tenant?);
        let format = Format::of(&headers)?;
        let body = read(&core, &headers, body).await?;
        let request = match format {
            Format::Protobuf => decode_protobuf(&body)?,
            Format::Json => decode_json(&body)?,
        };
        let response = export(&core, tenant, request, body.len()).await?;
        Ok(format.respond(StatusCode::OK, &response))
    };
    answer.await.unwrap_or_else(|error| fault(&headers, &error))
}

pub(crate) async fn read(core: &Core, headers: &HeaderMap, body: Body) -> Result<bytes::Bytes, ApiError> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(|v| v.to_str().unwrap_or("?"));
    let encoding = Encoding::from_header(encoding)?;
    let body = read_body(body, core.config.body_bytes_max).await?;
    Ok(decompress(body, encoding, core.config.decompressed_bytes_max)?)
}

//! OTLP/gRPC.

use aio_wire::otlp::Signal;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{any, post};
use http::HeaderMap;

use super::receive::{Format, Outcome, receive};
use crate::core::Readiness;
use crate::error::ApiError;
use crate::{grpc, tenant};

const SERVICES: [(&str, Signal); 3] = [
    ("opentelemetry.proto.collector.metrics.v1.MetricsService", Signal::Metrics),
    ("opentelemetry.proto.collector.logs.v1.LogsService", Signal::Logs),
    ("opentelemetry.proto.collector.trace.v1.TraceService", Signal::Traces),
];

pub(crate) fn router(readiness: Readiness) -> Router {
    let mut router = Router::new();
    for (service, signal) in SERVICES {
        let handler = move |state, headers, body| export(signal, state, headers, body);
        let unknown = || async { grpc::refuse(&ApiError::NotImplemented("no such method".to_owned())) };
        router = router
            .route(&format!("/{service}/Export"), post(handler))
            .route(&format!("/{service}/{{*method}}"), any(unknown));
    }
    router.with_state(readiness)
}

async fn export(signal: Signal, State(readiness): State<Readiness>, headers: HeaderMap, body: Body) -> Response {
    match store(signal, &readiness, &headers, body).await {
        Ok(outcome) => grpc::answer(&outcome.response()),
        Err(error) => grpc::refuse(&error),
    }
}

async fn store(signal: Signal, readiness: &Readiness, headers: &HeaderMap, body: Body) -> Result<Outcome, ApiError> {
    grpc::check_content_type(headers)?;
    let core = readiness.get().ok_or(ApiError::NotReady)?;
    let tenant = tenant::parse(headers.get(tenant::HEADER).map(http::HeaderValue::as_bytes))?;
    let encoding = grpc::encoding(headers)?;
    let max_bytes = core.config.decompressed_bytes_max;
    let body = core.inbound.read(body, max_bytes.saturating_add(grpc::PREFIX_BYTES)).await?;
    let open = move |bytes: bytes::Bytes| grpc::message(bytes, encoding, max_bytes);
    receive(&core, tenant, signal, Format::Protobuf, body, open).await
}

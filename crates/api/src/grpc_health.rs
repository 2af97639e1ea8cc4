//! `grpc.health.v1.Health/Check`, as gRPC clients and Kubernetes probes ask for it. `Watch` is unknown, for which the
//! protocol tells clients to fall back to `Check`.

use std::future::ready;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tonic_prost::ProstCodec;

use crate::core::Readiness;

const SERVING: i32 = 1;
const NOT_SERVING: i32 = 2;

#[derive(Clone, PartialEq, prost::Message)]
struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HealthCheckResponse {
    #[prost(int32, tag = "1")]
    status: i32,
}

pub(crate) fn router(readiness: Readiness) -> Router {
    Router::new().route("/grpc.health.v1.Health/Check", post(check)).with_state(readiness)
}

/// One answer for the server and for every service: they all open with the same gate.
async fn check(State(readiness): State<Readiness>, request: Request) -> Response {
    let status = if readiness.get().is_some() { SERVING } else { NOT_SERVING };
    let answer = tower::service_fn(move |_: tonic::Request<HealthCheckRequest>| {
        ready(Ok::<_, tonic::Status>(tonic::Response::new(HealthCheckResponse { status })))
    });
    let codec: ProstCodec<HealthCheckResponse, HealthCheckRequest> = ProstCodec::default();
    tonic::server::Grpc::new(codec).unary(answer, request).await.into_response()
}

//! Every route the outside world sees, and the one place where errors become status codes.
//!
//! ```text
//!   request ──> tenant ──> params ──> engine or ingest ──> envelope of that API
//! ```
//!
//! Invariants: an unknown path below an API prefix is a 404, never a page; no body is read past its cap, nor past the budget of all writes; a query
//! whose client went away stops. Knows nothing of: stores, files, configuration files.

mod admission;
mod core;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod loki;
mod otlp;
mod params;
mod prometheus;
mod query_pool;
mod remote_write;
mod status;
mod tempo;
mod tenant;

use axum::Router;
use axum::routing::get;

pub use crate::core::{Config, Core, Engines, Readiness, Sources, View};

/// The main port: every API under its prefix, the unambiguous paths again at the root, gRPC beside them.
pub fn main_router(readiness: Readiness) -> Router {
    prometheus_router(readiness.clone())
        .nest("/prometheus", prometheus_router(readiness.clone()).fallback(not_found))
        .merge(loki::router(readiness.clone()))
        .nest("/loki", loki_router(readiness.clone()).fallback(not_found))
        .merge(tempo::router(readiness.clone()))
        .nest("/tempo", tempo_router(readiness.clone()).fallback(not_found))
        .merge(otlp::http_router(readiness.clone()))
        .merge(otlp::grpc_router(readiness))
}

/// What the original serves at its root: the Prometheus API alone, for port 9090.
pub fn prometheus_router(readiness: Readiness) -> Router {
    prometheus::router(readiness.clone()).merge(status::router(readiness))
}

/// What the original serves at its root: the Loki API alone, for port 3100.
pub fn loki_router(readiness: Readiness) -> Router {
    loki::router(readiness.clone()).merge(status::router(readiness))
}

/// What the original serves at its root: the Tempo API alone, for port 3200.
pub fn tempo_router(readiness: Readiness) -> Router {
    tempo::router(readiness.clone()).merge(status::router(readiness))
}

/// OTLP over gRPC alone, for port 4317.
pub fn otlp_grpc_router(readiness: Readiness) -> Router {
    otlp::grpc_router(readiness.clone()).merge(status::router(readiness))
}

/// OTLP over HTTP alone, for port 4318.
pub fn otlp_http_router(readiness: Readiness) -> Router {
    otlp::http_router(readiness.clone())
        .merge(status::router(readiness))
        .route("/", get(|| async { "observer-aio: send OTLP/HTTP to /v1/metrics, /v1/logs or /v1/traces\n" }))
}

async fn not_found() -> (http::StatusCode, &'static str) {
    (http::StatusCode::NOT_FOUND, "404 page not found\n")
}

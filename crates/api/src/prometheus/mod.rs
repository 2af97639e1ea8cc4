//! The Prometheus HTTP API, `/api/v1`.

mod handlers;
mod metadata;
mod model;

use axum::Router;
use axum::routing::{get, post};

use crate::core::Readiness;
use crate::remote_write;

pub(crate) fn router(readiness: Readiness) -> Router {
    Router::new()
        .route("/api/v1/query", get(handlers::query).post(handlers::query))
        .route("/api/v1/query_range", get(handlers::query_range).post(handlers::query_range))
        .route("/api/v1/query_exemplars", get(metadata::exemplars).post(metadata::exemplars))
        .route("/api/v1/format_query", get(metadata::format_query).post(metadata::format_query))
        .route("/api/v1/series", get(metadata::series).post(metadata::series))
        .route("/api/v1/labels", get(metadata::labels).post(metadata::labels))
        .route("/api/v1/label/{name}/values", get(metadata::label_values))
        .route("/api/v1/metadata", get(metadata::metadata))
        .route("/api/v1/rules", get(|| async { model::raw(r#"{"groups":[]}"#) }))
        .route("/api/v1/alerts", get(|| async { model::raw(r#"{"alerts":[]}"#) }))
        .route("/api/v1/status/buildinfo", get(metadata::buildinfo))
        .route("/api/v1/write", post(remote_write::write))
        .route("/api/v1/push", post(remote_write::write))
        .with_state(readiness)
}

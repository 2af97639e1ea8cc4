//! The Prometheus HTTP API, `/api/v1`.

pub(crate) mod admin;
mod cors;
mod federate;
mod handlers;
mod metadata;
mod model;
mod process;
mod rules;
mod scraping;
mod search;
mod stats;
mod tsdb;
mod values;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};

use crate::Door;
use crate::core::Readiness;
use crate::{remote_read, remote_write};

pub(crate) fn router(door: &Door) -> Router {
    let readiness = door.readiness.clone();
    Router::new()
        .route("/api/v1/query", get(handlers::query).post(handlers::query))
        .route("/api/v1/query_range", get(handlers::query_range).post(handlers::query_range))
        .route("/api/v1/query_exemplars", get(metadata::exemplars).post(metadata::exemplars))
        .route("/api/v1/format_query", get(metadata::format_query).post(metadata::format_query))
        .route("/api/v1/parse_query", get(metadata::parse_query).post(metadata::parse_query))
        .route("/api/v1/series", get(metadata::series).post(metadata::series))
        .route("/api/v1/labels", get(metadata::labels).post(metadata::labels))
        .route("/api/v1/label/{name}/values", get(metadata::label_values))
        .route("/api/v1/metadata", get(metadata::metadata))
        .route("/api/v1/rules", get(rules::rules))
        .route("/api/v1/alerts", get(rules::alerts))
        .route("/api/v1/read", post(remote_read::read))
        .route("/api/v1/status/self_metrics", get(process::self_metrics))
        .route("/api/v1/openapi.yaml", get(openapi))
        .route("/federate", get(federate::federate))
        .with_state(readiness.clone())
        .merge(process::router(Arc::clone(&door.about)))
        .merge(scraping::router())
        .merge(search::router(readiness.clone()))
        .merge(tsdb::router(readiness.clone()))
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn(cors::allow))
        .merge(writes(readiness))
}

/// In the original's words.
pub(crate) async fn not_allowed() -> (StatusCode, &'static str) {
    (StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n")
}

/// Pages of other origins have no business here.
fn writes(readiness: Readiness) -> Router {
    Router::new()
        .route("/api/v1/write", post(remote_write::write))
        .route("/api/v1/push", post(remote_write::write))
        .method_not_allowed_fallback(not_allowed)
        .with_state(readiness)
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/yaml")], include_str!("openapi.yaml")).into_response()
}

//! The Prometheus HTTP API, `/api/v1`.

mod handlers;
mod metadata;
mod model;

use axum::Router;
use axum::routing::{any, get, post};

use crate::core::Readiness;
use crate::error::ApiError;
use crate::{remote_read, remote_write};

/// Routes of the original that are not served yet.
const NOT_YET: [&str; 21] = [
    "/api/v1/admin/tsdb/clean_tombstones",
    "/api/v1/admin/tsdb/delete_series",
    "/api/v1/admin/tsdb/snapshot",
    "/api/v1/alertmanagers",
    "/api/v1/features",
    "/api/v1/notifications",
    "/api/v1/parse_query",
    "/api/v1/scrape_pools",
    "/api/v1/status/config",
    "/api/v1/status/flags",
    "/api/v1/status/runtimeinfo",
    "/api/v1/status/self_metrics",
    "/api/v1/status/tsdb",
    "/api/v1/status/tsdb/blocks",
    "/api/v1/status/walreplay",
    "/api/v1/targets",
    "/api/v1/targets/metadata",
    "/api/v1/targets/relabel_steps",
    "/api/v1/scrape_pools/config",
    "/api/v1/openapi.yaml",
    "/federate",
];

pub(crate) fn router(readiness: Readiness) -> Router {
    let mut router = Router::new();
    for path in NOT_YET {
        let answer = move || async move { ApiError::NotImplemented(format!("not supported yet: {path}")) };
        router = router.route(path, any(answer));
    }
    router
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
        .route("/api/v1/read", post(remote_read::read))
        .route("/api/v1/write", post(remote_write::write))
        .route("/api/v1/push", post(remote_write::write))
        .with_state(readiness)
}

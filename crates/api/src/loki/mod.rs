//! The Loki HTTP API, `/loki/api/v1`.

mod format;
mod model;
pub(crate) mod params;
mod push;
mod query;
mod series;
mod stats;

use axum::Router;
use axum::routing::{get, post};

use crate::core::Readiness;
use crate::error::{ApiError, TextError};

/// Routes of the original that are not served yet.
const NOT_YET: [&str; 11] = [
    "tail",
    "patterns",
    "detected_fields",
    "detected_field/{name}/values",
    "detected_labels",
    "drilldown-limits",
    "index/volume",
    "index/volume_range",
    "index/shards",
    "delete",
    "rules",
];

pub(crate) fn router(readiness: Readiness) -> Router {
    let mut router = Router::new()
        .route("/loki/api/v1/push", post(push::push))
        .route("/api/prom/push", post(push::push_legacy))
        .route("/loki/api/v1/query", get(query::instant).post(query::instant))
        .route("/loki/api/v1/query_range", get(query::range).post(query::range))
        .route("/loki/api/v1/labels", get(series::labels).post(series::labels))
        .route("/loki/api/v1/label", get(series::labels).post(series::labels))
        .route("/loki/api/v1/label/{name}/values", get(series::label_values).post(series::label_values))
        .route("/loki/api/v1/series", get(series::series).post(series::series))
        .route("/loki/api/v1/index/stats", get(series::stats).post(series::stats))
        .route("/loki/api/v1/format_query", get(format::format_query).post(format::format_query))
        .route("/loki/api/v1/status/buildinfo", get(build_info));
    for path in NOT_YET {
        let answer = move || async move { TextError(ApiError::NotImplemented(format!("not supported yet: {path}"))) };
        router = router.route(&format!("/loki/api/v1/{path}"), axum::routing::any(answer));
    }
    router.with_state(readiness)
}

/// Clients choose features by this version: it is that of the Loki whose API is served.
async fn build_info() -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({
        "version": "3.7.0", "revision": env!("CARGO_PKG_VERSION"), "branch": "observer-aio", "buildUser": "",
        "buildDate": "", "goVersion": "",
    }))
}

//! The Tempo HTTP API, `/api`.

mod completion;
mod json;
mod legacy_tags;
mod metrics;
mod params;
mod search;
mod streaming;
mod tags;
mod trace;

use axum::Router;
use axum::routing::get;

pub(crate) use self::streaming::router as streaming_router;
use crate::core::Readiness;
use crate::error::{ApiError, TextError};

/// Routes of the original that are not served yet.
const NOT_YET: [&str; 2] = ["/api/metrics/summary", "/api/overrides"];

pub(crate) fn router(readiness: Readiness) -> Router {
    let mut router = Router::new()
        .route("/api/traces/{id}", get(trace::v1))
        .route("/api/v2/traces/{id}", get(trace::v2))
        .route("/api/search", get(search::search))
        .route("/api/search/tags", get(tags::names_v1))
        .route("/api/v2/search/tags", get(tags::names_v2))
        .route("/api/search/tag/{*name}", get(tags::values_v1))
        .route("/api/v2/search/tag/{*name}", get(tags::values_v2))
        .route("/api/metrics/query_range", get(metrics::query_range))
        .route("/api/metrics/query", get(metrics::query))
        .route("/api/echo", get(|| async { "echo" }))
        .route("/api/status/buildinfo", get(build_info));
    for path in NOT_YET {
        // The query is fine, the answer is not there: no server error for a query that parses.
        let answer = move || async move { TextError(ApiError::BadRequest(format!("not supported yet: {path}"))) };
        router = router.route(path, axum::routing::any(answer));
    }
    router.with_state(readiness.clone()).merge(streaming::router(readiness))
}

/// Clients choose features by this version: it is that of the Tempo whose API is served.
async fn build_info() -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({
        "version": "2.9.0", "revision": env!("CARGO_PKG_VERSION"), "branch": "observer-aio", "buildUser": "",
        "buildDate": "", "goVersion": "",
    }))
}

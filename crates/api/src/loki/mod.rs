//! The Loki HTTP API, `/loki/api/v1`.

mod delete;
mod detected;
mod drilldown;
mod explain;
mod flags;
mod format;
mod legacy;
mod model;
pub(crate) mod ops;
pub(crate) mod params;
mod patterns;
mod push;
mod query;
mod series;
mod spelling;
mod stats;
mod tail;
mod volume;

use axum::Router;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use crate::core::Readiness;
use crate::error::{ApiError, TextError};

/// Routes of the original that are not served yet.
const NOT_YET: [&str; 1] = ["index/shards"];

pub(crate) fn router(readiness: Readiness) -> Router {
    let rules = get(|| async { (StatusCode::NOT_FOUND, "no rule groups found\n") }).post(|| async { no("rules") });
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
        .route("/loki/api/v1/tail", get(tail::tail))
        .route("/api/prom/tail", get(tail::tail_legacy))
        .route("/api/prom/query", get(legacy::query).post(legacy::query))
        .route("/api/prom/label", get(series::labels_legacy).post(series::labels_legacy))
        .route("/api/prom/label/{name}/values", get(series::label_values_legacy).post(series::label_values_legacy))
        .route("/api/prom/series", get(series::series).post(series::series))
        .route("/loki/api/v1/patterns", get(patterns::patterns).post(patterns::patterns))
        .route("/loki/api/v1/index/volume", get(volume::instant).post(volume::instant))
        .route("/loki/api/v1/index/volume_range", get(volume::range).post(volume::range))
        .route("/loki/api/v1/detected_labels", get(detected::labels).post(detected::labels))
        .route("/loki/api/v1/detected_fields", get(detected::fields).post(detected::fields))
        .route("/loki/api/v1/detected_field/{name}/values", get(detected::values).post(detected::values))
        .route("/loki/api/v1/drilldown-limits", get(drilldown::limits))
        .route("/loki/api/v1/delete", get(delete::list).post(delete::add).put(delete::add).delete(delete::cancel))
        .route("/loki/api/v1/explain", get(explain::explain).post(explain::explain))
        .route("/loki/api/v1/format_query", get(format::format_query).post(format::format_query))
        .route("/loki/api/v1/rules", rules.clone())
        .route("/loki/api/v1/rules/{*of}", rules.clone())
        .route("/api/prom/rules", rules.clone())
        .route("/api/prom/rules/{*of}", rules)
        .route("/loki/api/v1/status/buildinfo", get(build_info));
    for path in NOT_YET {
        router = router.route(&format!("/loki/api/v1/{path}"), any(move || async move { no(path) }));
    }
    router.method_not_allowed_fallback(not_found).layer(map_response(told)).with_state(readiness)
}

/// A path with another method is a path that is not there.
async fn not_found() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], "404 page not found\n")
}

/// JSON as Loki labels it.
async fn told(mut response: Response) -> Response {
    if response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    }
    response
}

fn no(what: &str) -> TextError {
    TextError(ApiError::NotImplemented(format!("not supported yet: {what}")))
}

/// Clients choose features by this version: it is that of the Loki whose API is served.
async fn build_info() -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({
        "version": "3.7.0", "revision": env!("CARGO_PKG_VERSION"), "branch": "observer-aio", "buildUser": "",
        "buildDate": "", "goVersion": "",
    }))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::{Method, Request};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_path_with_another_method_is_not_there() {
        for (method, path, want) in [
            (Method::GET, "/loki/api/v1/push", 404),
            (Method::DELETE, "/loki/api/v1/series", 404),
            (Method::POST, "/loki/api/v1/drilldown-limits", 404),
            (Method::POST, "/loki/api/v1/series", 503),
            (Method::DELETE, "/loki/api/v1/delete", 503),
        ] {
            let request = Request::builder().method(&method).uri(path).body(Body::empty()).expect("a request");
            let answer = router(Readiness::new()).oneshot(request).await.expect("an answer");
            assert_eq!(answer.status().as_u16(), want, "{method} {path}");
        }
    }
}

//! `/api/v1/admin/tsdb`: deleting, cleaning up, putting aside.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;

use super::metadata::required_selections;
use super::{model, not_allowed};
use crate::Door;
use crate::core::Ready;
use crate::error::ApiError;
use crate::params::Params;
use crate::tenant::Tenant;

pub(crate) fn router(door: &Door) -> Router {
    if !door.admin {
        let off = post(disabled).put(disabled);
        let routes = ["snapshot", "delete_series", "clean_tombstones"]
            .into_iter()
            .fold(Router::new(), |router, name| router.route(&format!("/api/v1/admin/tsdb/{name}"), off.clone()));
        return routes.method_not_allowed_fallback(not_allowed);
    }
    Router::new()
        .route("/api/v1/admin/tsdb/snapshot", post(snapshot).put(snapshot))
        .route("/api/v1/admin/tsdb/delete_series", post(delete_series).put(delete_series))
        .route("/api/v1/admin/tsdb/clean_tombstones", post(clean_tombstones).put(clean_tombstones))
        .method_not_allowed_fallback(not_allowed)
        .with_state(door.readiness.clone())
}

/// With the original's status, which is not that of our own `unavailable`.
async fn disabled() -> Response {
    let body = r#"{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"#;
    let headers = [(http::header::CONTENT_TYPE, "application/json")];
    (StatusCode::INTERNAL_SERVER_ERROR, headers, body).into_response()
}

async fn snapshot(Ready(core): Ready, params: Params) -> Result<Response, ApiError> {
    let skip_head = match params.get("skip_head") {
        None => false,
        Some(text) => boolean(text).ok_or_else(|| {
            ApiError::BadRequest(format!("invalid parameter \"skip_head\": unable to parse boolean {text:?}"))
        })?,
    };
    let name = core.ingest.snapshot_metrics(skip_head).await?;
    Ok(model::success(&serde_json::json!({ "name": name }), &[]))
}

/// As Go reads booleans.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

async fn delete_series(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    let (selections, range) = (required_selections(&params)?, params.range()?);
    if range.start <= range.end {
        core.ingest.delete_metrics(tenant, selections, range).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn clean_tombstones(Ready(core): Ready, Tenant(tenant): Tenant) -> Result<Response, ApiError> {
    core.ingest.clean_metrics(tenant).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

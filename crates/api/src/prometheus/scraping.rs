//! What the original says of its scrape targets, its rules' receivers and its notifications. There are none of them yet:
//! well-formed answers about nothing.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use serde_json::json;

use super::metadata::selector;
use super::model;
use crate::error::ApiError;
use crate::params::Params;

pub(super) fn router() -> Router {
    Router::new()
        .route("/api/v1/targets", get(targets))
        .route("/api/v1/targets/metadata", get(targets_metadata))
        .route("/api/v1/targets/relabel_steps", get(relabel_steps))
        .route("/api/v1/scrape_pools", get(|| async { model::raw(r#"{"scrapePools":[]}"#) }))
        .route("/api/v1/scrape_pools/config", get(pool_config))
        .route("/api/v1/alertmanagers", get(alertmanagers))
        .route("/api/v1/notifications", get(|| async { model::raw("[]") }))
        .route("/api/v1/notifications/live", get(live_notifications))
}

async fn targets(params: Params) -> Response {
    let state = params.get("state").unwrap_or_default().to_lowercase();
    let shows_dropped = matches!(state.as_str(), "" | "any" | "dropped");
    let counts = if shows_dropped { json!({}) } else { json!(null) };
    model::success(&json!({ "activeTargets": [], "droppedTargets": [], "droppedTargetCounts": counts }), &[])
}

async fn targets_metadata(params: Params) -> Result<Response, ApiError> {
    if params.get("limit").is_some_and(|limit| limit.parse::<i64>().is_err()) {
        return Err(ApiError::BadRequest("limit must be a number".to_owned()));
    }
    if let Some(text) = params.get("match_target") {
        selector("match_target", text)?;
    }
    Ok(model::raw("[]"))
}

async fn relabel_steps(params: Params) -> Result<Response, ApiError> {
    let pool = pool(&params)?;
    let labels = params.get("labels").ok_or_else(|| ApiError::BadRequest("no labels parameter provided".to_owned()))?;
    if let Err(error) = serde_json::from_str::<std::collections::BTreeMap<String, String>>(labels) {
        return Err(ApiError::BadRequest(format!("error parsing labels: {error}")));
    }
    Err(unknown_pool(pool))
}

async fn pool_config(params: Params) -> Result<Response, ApiError> {
    Err(unknown_pool(pool(&params)?))
}

fn pool(params: &Params) -> Result<&str, ApiError> {
    params.get("scrapePool").ok_or_else(|| ApiError::BadRequest("no scrapePool parameter provided".to_owned()))
}

fn unknown_pool(pool: &str) -> ApiError {
    ApiError::BadRequest(format!("error retrieving scrape config: scrape pool {pool:?} not found"))
}

async fn alertmanagers() -> Response {
    model::raw(r#"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#)
}

/// A stream of events on which nothing happens: it ends at once, and clients come back when they like.
async fn live_notifications() -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")], "retry: 60000\n\n")
        .into_response()
}

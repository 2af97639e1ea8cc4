//! What operators ask a Loki process, for port 3100 and below `/loki`: one process that is neither in a ring nor has
//! parts that run apart.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::Door;
use crate::core::Ready;
use crate::error::TextError;

pub(crate) fn router(door: &Door) -> Router {
    let (config, level) = (door.about.clone(), door.about.clone());
    Router::new()
        .route("/flush", get(flush).post(flush))
        .with_state(door.readiness.clone())
        .route("/config", get(|| async move { ([(CONTENT_TYPE, "text/plain; charset=utf-8")], config.config_yaml()) }))
        .route("/services", get(|| async { "ingester => Running\nquerier => Running\ncompactor => Running\n" }))
        .route(
            "/log_level",
            get(|| async move {
                axum::Json(serde_json::json!({
                    "message": format!("Current log level is {}", level.runtime().log_level)
                }))
            }),
        )
        .route("/ring", get(|| async { "This process is not part of a ring.\n" }))
        .route("/memberlist", get(|| async { "This instance doesn't use memberlist.\n" }))
}

/// Writes what is in memory to files.
async fn flush(Ready(core): Ready) -> Result<impl IntoResponse, TextError> {
    core.ingest.flush_logs().await?;
    Ok(StatusCode::NO_CONTENT)
}

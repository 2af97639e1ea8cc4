//! What operators ask a Loki process, for port 3100 and below `/loki`: one process that is neither in a ring nor has
//! parts that run apart.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::Door;
use crate::core::Ready;
use crate::error::TextError;
use crate::params::Params;

pub(crate) fn router(door: &Door) -> Router {
    let (config, level) = (door.about.clone(), door.about.clone());
    let asked = door.about.clone();
    Router::new()
        .route("/flush", get(flush).post(flush))
        .with_state(door.readiness.clone())
        .route("/config", get(|| async move { ([(CONTENT_TYPE, "text/plain; charset=utf-8")], config.config_yaml()) }))
        .route("/services", get(|| async { "ingester => Running\nquerier => Running\ncompactor => Running\n" }))
        .route(
            "/log_level",
            get(|| async move {
                axum::Json(json!({"message": format!("Current log level is {}", level.runtime().log_level)}))
            })
            .post(|params: Params| async move {
                set_level(params.get("log_level").unwrap_or_default(), &asked.runtime().log_level)
            }),
        )
        .route("/ring", get(|| async { "This process is not part of a ring.\n" }))
        .route("/memberlist", get(|| async { "This instance doesn't use memberlist.\n" }))
}

/// The level is that of the configuration: another one is refused in the words of Loki's failures.
fn set_level(wanted: &str, current: &str) -> (StatusCode, axum::Json<Value>) {
    if wanted == current {
        let message = format!("Log level set to {wanted}");
        return (StatusCode::OK, axum::Json(json!({"status": "success", "message": message})));
    }
    let message = if matches!(wanted, "debug" | "info" | "warn" | "error") {
        "the log level is set by the configuration".to_owned()
    } else {
        format!("unrecognized log level {wanted:?}")
    };
    (StatusCode::BAD_REQUEST, axum::Json(json!({"status": "failed", "message": message})))
}

/// Writes what is in memory to files.
async fn flush(Ready(core): Ready) -> Result<impl IntoResponse, TextError> {
    core.ingest.flush_logs().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_stays_as_it_is_configured() {
        for (wanted, code, message) in [
            ("info", 200, "Log level set to info"),
            ("debug", 400, "the log level is set by the configuration"),
            ("loud", 400, r#"unrecognized log level "loud""#),
        ] {
            let (status, axum::Json(body)) = set_level(wanted, "info");
            assert_eq!((status.as_u16(), body["message"].as_str()), (code, Some(message)));
        }
    }
}

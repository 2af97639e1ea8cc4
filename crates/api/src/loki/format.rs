//! `format_query`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::params::Call;

/// The query in as many lines as it needs. The one text API of Loki whose faults are JSON.
pub(super) async fn format_query(call: Call) -> Response {
    match aio_logql::parse::parse(call.params.get("query").unwrap_or_default()) {
        Ok(expr) => Json(json!({"status": "success", "data": expr.pretty()})).into_response(),
        Err(error) => {
            let body = Json(json!({"status": "invalid-query", "error": error.to_string()}));
            (StatusCode::BAD_REQUEST, body).into_response()
        }
    }
}

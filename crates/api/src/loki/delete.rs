//! `delete`: requests to delete lines. They hold at once; files are written anew later.

use aio_ingest::{DeleteLines, DeleteRequest};
use aio_logql::{Expr, parse};
use aio_types::TimestampNs;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use super::params::{Call, parse_time};
use crate::error::{ApiError, TextError};
use crate::params::parse_duration_ms;

const ID: HeaderName = HeaderName::from_static("x-delete-request-id");

fn bad(text: impl Into<String>) -> ApiError {
    ApiError::BadRequest(text.into())
}

/// Unix seconds or RFC 3339; now where it is missing.
fn time(call: &Call, name: &str) -> Result<TimestampNs, ApiError> {
    let Some(text) = call.params.get(name) else { return Ok(call.now()) };
    let is_seconds = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit());
    let is_date = text.contains('T');
    let time = if is_seconds || is_date { parse_time(text).ok() } else { None };
    time.ok_or_else(|| bad(format!("invalid {name} time: require unix seconds or RFC3339 format")))
}

pub(super) async fn add(call: Call) -> Result<Response, TextError> {
    let query = call.params.get("query").filter(|q| !q.is_empty()).ok_or_else(|| bad("query not set"))?;
    let Ok(Expr::Log(_)) = parse(query) else { return Err(bad("invalid query expression").into()) };
    if call.params.get("start").is_none_or(str::is_empty) {
        return Err(bad("start time not set").into());
    }
    let (start, end) = (time(&call, "start")?, time(&call, "end")?);
    if end > call.now() {
        return Err(bad("deletes in the future are not allowed").into());
    }
    if start >= end {
        return Err(bad("start time can't be greater than or equal to end time").into());
    }
    check_interval(&call)?;
    let lines = DeleteLines { query: query.to_owned(), start, end };
    let id = call.core.ingest.delete_logs(call.tenant, lines).await.map_err(ApiError::from)?;
    Ok((StatusCode::NO_CONTENT, [(ID, id)]).into_response())
}

/// How finely a deletion is cut up elsewhere; here it is carried out as one, and a wrong value is refused all the same.
fn check_interval(call: &Call) -> Result<(), ApiError> {
    let Some(text) = call.params.get("max_interval").filter(|text| !text.is_empty()) else { return Ok(()) };
    match parse_duration_ms(text) {
        Ok(ms) if ms >= 1000 => Ok(()),
        _ => Err(bad("invalid max_interval: valid time units are 's', 'm', 'h'")),
    }
}

pub(super) async fn list(call: Call) -> Result<Json<Value>, TextError> {
    let within = match (call.params.get("start"), call.params.get("end")) {
        (Some(_), Some(_)) => (time(&call, "start")?, time(&call, "end")?),
        _ => (TimestampNs::MIN, TimestampNs::MAX),
    };
    let requests = call.core.ingest.log_deletions(&call.tenant);
    let overlapping = requests.iter().filter(|r| r.lines.start <= within.1 && r.lines.end >= within.0);
    Ok(Json(overlapping.map(described).collect()))
}

/// Times are in seconds.
fn described(request: &DeleteRequest) -> Value {
    let seconds = |ms: i64| {
        if ms % 1000 == 0 { Value::from(ms / 1000) } else { Value::from(aio_types::TimestampMs(ms).as_secs_f64()) }
    };
    json!({
        "request_id": request.id,
        "start_time": seconds(request.lines.start.to_ms().0),
        "end_time": seconds(request.lines.end.to_ms().0),
        "query": request.lines.query,
        "status": if request.is_processed { "processed" } else { "received" },
        "created_at": seconds(request.created.0),
    })
}

pub(super) async fn cancel(call: Call) -> Result<Response, TextError> {
    let id = call.params.get("request_id").unwrap_or_default().to_owned();
    let requests = call.core.ingest.log_deletions(&call.tenant);
    let Some(request) = requests.iter().find(|r| r.id == id) else {
        return Ok((StatusCode::NOT_FOUND, "could not find delete request with given id\n").into_response());
    };
    if request.is_processed {
        return Err(bad("deletion of request which is in process or already processed is not allowed").into());
    }
    call.core.ingest.cancel_log_deletion(call.tenant, id).await.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

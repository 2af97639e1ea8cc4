//! Names and values of attributes, for completion.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::completion::{Completion, scope};
use super::params::{bounds, count};
use crate::error::{ApiError, TextError};
use crate::loki::params::Call;

fn completion(call: &Call) -> Result<Completion<'_>, ApiError> {
    let (start, end) = bounds(call)?;
    Ok(Completion {
        core: &call.core,
        tenant: &call.tenant,
        query: call.params.get("q").unwrap_or_default(),
        start,
        end,
        most: count(call, "limit")?.unwrap_or(0),
    })
}

pub(super) async fn names_v1(call: Call) -> Result<Json<Value>, TextError> {
    let wanted = scope(call.params.get("scope"))?;
    let found = completion(&call)?.names(wanted).await?;
    // Intrinsics are told only where they are asked for.
    let shown = found.into_iter().filter(|(scope, _)| *scope != "intrinsic" || wanted.is_some());
    let all: BTreeSet<Box<str>> = shown.flat_map(|(_, tags)| tags).collect();
    Ok(Json(json!({"tagNames": all, "metrics": {}})))
}

pub(super) async fn names_v2(call: Call) -> Result<Json<Value>, TextError> {
    let wanted = scope(call.params.get("scope"))?;
    let found = completion(&call)?.names(wanted).await?;
    let scopes: Vec<Value> = found.iter().map(|(scope, tags)| json!({"name": scope, "tags": tags})).collect();
    Ok(Json(json!({"scopes": scopes, "metrics": {}})))
}

/// Names may hold slashes: everything before the last part of the path is the name.
fn name_of(path: &str) -> Option<&str> {
    path.strip_suffix("/values").filter(|name| !name.is_empty())
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

pub(super) async fn values_v1(Path(path): Path<String>, call: Call) -> Result<Response, TextError> {
    let Some(name) = name_of(&path) else { return Ok(not_found()) };
    let found = completion(&call)?.values_v1(name).await?;
    let texts: BTreeSet<String> = found.into_iter().map(|(_, text)| text).collect();
    Ok(Json(json!({"tagValues": texts, "metrics": {}})).into_response())
}

pub(super) async fn values_v2(Path(path): Path<String>, call: Call) -> Result<Response, TextError> {
    let Some(name) = name_of(&path) else { return Ok(not_found()) };
    let value = |(kind, text): (&str, String)| json!({"type": kind, "value": text});
    let found: Vec<Value> = completion(&call)?.values(name).await?.into_iter().map(value).collect();
    Ok(Json(json!({"tagValues": found, "metrics": {}})).into_response())
}

//! `/api/metrics/query_range` and `/api/metrics/query`: series that are counted from spans.

mod json;
mod params;
pub(super) mod run;

use axum::Json;
use serde_json::Value;

use crate::error::TextError;
use crate::loki::params::Call;

pub(super) async fn query_range(call: Call) -> Result<Json<Value>, TextError> {
    let request = params::range(&call)?;
    let grid = request.grid;
    let answer = run::run(&call.core, &call.tenant, request).await?;
    Ok(Json(json::range(&answer, &grid)))
}

pub(super) async fn query(call: Call) -> Result<Json<Value>, TextError> {
    let request = params::instant(&call)?;
    let answer = run::run(&call.core, &call.tenant, request).await?;
    Ok(Json(json::instant(&answer)))
}

//! Labels, series and statistics.

use std::collections::BTreeSet;

use aio_logql::parse_matchers;
use aio_types::{Labels, Matcher};
use axum::Json;
use axum::extract::Path;
use serde::Serialize;
use serde_json::{Value, json};

use super::params::Call;
use crate::error::{ApiError, BareError};

/// Label browsers look back further than queries.
const LABELS_BACK_NS: i64 = 6 * 3_600_000_000_000;

#[derive(Serialize)]
pub(super) struct Success {
    status: &'static str,
    data: Value,
}

fn success(data: Value) -> Json<Success> {
    Json(Success { status: "success", data })
}

/// The selection of `query`, where there is one.
fn selection(call: &Call) -> Result<Vec<Vec<Matcher>>, ApiError> {
    Ok(match call.params.get("query") {
        None => Vec::new(),
        Some(text) => vec![parse_matchers(text)?],
    })
}

async fn streams(call: &Call, selections: Vec<Vec<Matcher>>, back_ns: i64) -> Result<Vec<Labels>, ApiError> {
    let (start, end) = call.bounds(back_ns)?;
    let source = (call.core.sources.logs)(&call.tenant);
    call.core.queries.run(None, move |_stop| Ok(source.streams(&selections, start, end)?)).await
}

async fn label_names(call: &Call) -> Result<BTreeSet<String>, ApiError> {
    let streams = streams(call, selection(call)?, LABELS_BACK_NS).await?;
    Ok(streams.iter().flat_map(Labels::iter).map(|(name, _)| name.to_owned()).collect())
}

async fn values_of(call: &Call, name: &str) -> Result<BTreeSet<String>, ApiError> {
    let streams = streams(call, selection(call)?, LABELS_BACK_NS).await?;
    Ok(streams.iter().map(|labels| labels.get(name)).filter(|v| !v.is_empty()).map(str::to_owned).collect())
}

pub(super) async fn labels(call: Call) -> Result<Json<Success>, BareError> {
    Ok(success(json!(label_names(&call).await?)))
}

pub(super) async fn label_values(Path(name): Path<String>, call: Call) -> Result<Json<Success>, BareError> {
    Ok(success(json!(values_of(&call, &name).await?)))
}

pub(super) async fn series(call: Call) -> Result<Json<Success>, BareError> {
    let texts: Vec<&str> =
        call.params.all("match[]").chain(call.params.all("match")).filter(|t| !t.is_empty()).collect();
    let selections = texts.iter().map(|t| parse_matchers(t)).collect::<Result<Vec<_>, _>>()?;
    let streams = streams(&call, selections, LABELS_BACK_NS).await?;
    let object = |labels: &Labels| Value::Object(labels.iter().map(|(n, v)| (n.to_owned(), Value::from(v))).collect());
    Ok(success(streams.iter().map(object).collect()))
}

pub(super) async fn stats(call: Call) -> Result<Json<Value>, BareError> {
    let matchers = parse_matchers(call.query()?)?;
    let (start, end) = call.last_hour()?;
    let source = (call.core.sources.logs)(&call.tenant);
    let stats = call.core.queries.run(None, move |_stop| Ok(source.stats(&matchers, start, end)?)).await?;
    Ok(Json(json!({
        "streams": stats.streams, "chunks": stats.chunks, "bytes": stats.bytes, "entries": stats.entries,
    })))
}

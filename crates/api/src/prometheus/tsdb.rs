//! `/api/v1/status/tsdb` and its neighbours: how much is stored, and what makes it so much.

use aio_source::{BlockFigures, Cardinality};
use aio_types::TimeRange;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;
use serde_json::{Value, json};

use super::model;
use crate::core::{Readiness, Ready};
use crate::error::ApiError;
use crate::params::Params;
use crate::tenant::Tenant;

const LIMIT: usize = 10;
const LIMIT_MAX: usize = 10_000;

pub(crate) fn router(readiness: Readiness) -> Router {
    Router::new()
        .route("/api/v1/status/tsdb", get(figures))
        .route("/api/v1/status/tsdb/blocks", get(blocks))
        .route("/api/v1/status/walreplay", get(replay))
        .with_state(readiness)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeadStats {
    num_series: u64,
    num_label_pairs: u64,
    chunk_count: u64,
    min_time: i64,
    max_time: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    head_stats: HeadStats,
    series_count_by_metric_name: Vec<Count>,
    label_value_count_by_label_name: Vec<Count>,
    memory_in_bytes_by_label_name: Vec<Count>,
    series_count_by_label_value_pair: Vec<Count>,
}

#[derive(Serialize)]
struct Count {
    name: String,
    value: u64,
}

impl From<Cardinality> for Figures {
    fn from(found: Cardinality) -> Self {
        let counts = |list: Vec<(String, u64)>| list.into_iter().map(|(name, value)| Count { name, value }).collect();
        // An empty head ends before it begins, as the original has it.
        let range = found.range.unwrap_or(TimeRange { start: TimeRange::ALL.end, end: TimeRange::ALL.start });
        Self {
            head_stats: HeadStats {
                num_series: found.series,
                num_label_pairs: found.label_pairs,
                chunk_count: found.chunks,
                min_time: range.start.0,
                max_time: range.end.0,
            },
            series_count_by_metric_name: counts(found.series_by_metric),
            label_value_count_by_label_name: counts(found.values_by_label),
            memory_in_bytes_by_label_name: counts(found.bytes_by_label),
            series_count_by_label_value_pair: counts(found.series_by_pair),
        }
    }
}

async fn figures(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    let limit = limit(&params)?;
    let source = (core.sources.metrics)(&tenant);
    let found = core.queries.run(None, move |_| Ok(source.cardinality(limit)?)).await?;
    Ok(model::success(&Figures::from(found), &[]))
}

fn limit(params: &Params) -> Result<usize, ApiError> {
    let Some(text) = params.get("limit") else { return Ok(LIMIT) };
    match text.parse::<usize>() {
        Ok(limit) if limit > LIMIT_MAX => Err(ApiError::BadRequest(format!("limit must not exceed {LIMIT_MAX}"))),
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err(ApiError::BadRequest("limit must be a positive number".to_owned())),
    }
}

async fn blocks(Ready(core): Ready, Tenant(tenant): Tenant) -> Result<Response, ApiError> {
    let source = (core.sources.metrics)(&tenant);
    let found = core.queries.run(None, move |_| Ok(source.blocks()?)).await?;
    let shown: Vec<_> = found.iter().map(block).collect();
    Ok(model::success(&json!({ "blocks": shown }), &[]))
}

/// Times are half open there.
fn block(found: &BlockFigures) -> Value {
    let mut stats = json!({ "numSamples": found.samples, "numSeries": found.series, "numChunks": found.chunks });
    if found.holes > 0 {
        stats["numTombstones"] = found.holes.into();
    }
    json!({
        "ulid": found.name,
        "minTime": found.range.start.0,
        "maxTime": found.range.end.0.saturating_add(1),
        "stats": stats,
        "compaction": { "level": 1, "sources": [found.name] },
        "version": 1,
        "sizeBytes": found.bytes,
    })
}

/// The one route that answers before recovery is done: nothing is known by then.
async fn replay(State(readiness): State<Readiness>) -> Response {
    let (min, max) = readiness.get().map_or((0, 0), |core| core.ingest.metrics_replayed());
    model::success(&json!({ "min": min, "max": max, "current": max }), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_head_ends_before_it_begins() {
        let shown = serde_json::to_value(Figures::from(Cardinality::default())).expect("serializes");
        assert_eq!(shown["headStats"]["minTime"], i64::MAX);
        assert_eq!(shown["headStats"]["maxTime"], i64::MIN);
        assert_eq!(shown["seriesCountByMetricName"], json!([]));
    }
}

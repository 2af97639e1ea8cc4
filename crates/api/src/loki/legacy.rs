//! `/api/prom`: the shapes of the API's first version, which old clients still read.

use std::collections::BTreeMap;
use std::sync::Arc;

use aio_logql::{Answer, Direction, RangeRequest, StreamLines, parse};
use aio_types::{Labels, TimestampNs};
use axum::Json;
use serde_json::{Value, json};

use super::params::Call;
use super::stats::{Summary, stats};
use crate::error::{ApiError, BareError};

/// The query, with the pattern that once was a parameter of its own.
pub(super) fn with_regexp(call: &Call) -> Result<String, ApiError> {
    let query = call.query()?.to_owned();
    Ok(match call.params.get("regexp") {
        None => query,
        Some(pattern) => format!("{query} |~ {}", Value::from(pattern)),
    })
}

pub(super) async fn query(call: Call) -> Result<Json<Value>, BareError> {
    let (start, end) = call.last_hour()?;
    let (limit, direction) = (call.limit()?, call.direction()?);
    let expr = parse(&with_regexp(&call)?)?;
    call.check_length(start, end)?;
    let request = RangeRequest { start, end, step_ns: 1, limit, direction, interval_ns: 0, partial: false };
    if expr.is_metric() {
        let text = "legacy endpoints only support streams result type, current type is matrix";
        return Err(ApiError::BadRequest(text.to_owned()).into());
    }
    let source = (call.core.sources.logs)(&call.tenant);
    let engine = Arc::clone(call.logql());
    let work = move |stop: &_| Ok(engine.range(&expr, &*source, &request, stop)?);
    let outcome = call.core.queries.run(None, work).await?;
    let Answer::Streams(streams) = outcome.answer else { return Ok(Json(json!({"streams": []}))) };
    let count = streams.iter().map(|s| s.lines.len()).sum();
    let stats = stats(count, Summary { account: outcome.account, seconds: 0.0 });
    Ok(Json(json!({"streams": told(&streams, direction), "stats": stats})))
}

/// One frame of a tail.
pub(super) fn frame(streams: &[StreamLines]) -> serde_json::Result<String> {
    serde_json::to_string(&json!({"streams": told(streams, Direction::Forward)}))
}

/// By all labels together.
fn told(streams: &[StreamLines], direction: Direction) -> Vec<Value> {
    let mut groups: BTreeMap<Labels, Vec<(TimestampNs, &str)>> = BTreeMap::new();
    for stream in streams {
        groups.entry(stream.merged()).or_default().extend(stream.lines.iter().map(|line| (line.ts, &*line.line)));
    }
    let group = |(labels, mut lines): (Labels, Vec<(TimestampNs, &str)>)| {
        match direction {
            Direction::Forward => lines.sort_by_key(|(ts, _)| *ts),
            Direction::Backward => lines.sort_by_key(|(ts, _)| std::cmp::Reverse(*ts)),
        }
        let entries: Vec<_> = lines.iter().map(|(ts, line)| json!({"ts": ts.to_rfc3339(), "line": line})).collect();
        json!({"labels": labels.to_string(), "entries": entries})
    };
    groups.into_iter().map(group).collect()
}

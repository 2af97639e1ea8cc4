//! `query` and `query_range`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aio_logql::{Answer, Direction, RangeRequest, parse};
use aio_types::TimestampNs;
use axum::Json;
use http::HeaderMap;
use serde_json::Value;

use super::counting::Counting;
use super::model::{self, Summary};
use super::params::Call;
use crate::error::{ApiError, TextError};

const FLAGS: &str = "x-loki-response-encoding-flags";

fn categorize(headers: &HeaderMap) -> bool {
    let flags = headers.get(FLAGS).and_then(|v| v.to_str().ok()).unwrap_or_default();
    flags.split(',').any(|flag| flag.trim() == "categorize-labels")
}

pub(super) async fn range(headers: HeaderMap, call: Call) -> Result<Json<Value>, TextError> {
    if call.params.get("interval").is_some() {
        return Err(ApiError::NotImplemented("not supported yet: interval".to_owned()).into());
    }
    let (start, end) = call.last_hour()?;
    let step_ns = call.step(start, end)?;
    let (limit, direction) = (call.limit()?, call.direction()?);
    let expr = parse(call.query()?)?;
    let request = RangeRequest { start, end, step_ns, limit, direction };
    let engine = Arc::clone(&call.core.logql);
    let answer = run(&call, direction, end, categorize(&headers), move |source, stop| {
        engine.range(&expr, source, &request, stop)
    });
    answer.await
}

pub(super) async fn instant(headers: HeaderMap, call: Call) -> Result<Json<Value>, TextError> {
    let at = call.time("time")?.unwrap_or_else(|| call.now());
    call.limit()?;
    let expr = parse(call.query()?)?;
    let engine = Arc::clone(&call.core.logql);
    let answer = run(&call, Direction::Backward, at, categorize(&headers), move |source, stop| {
        engine.instant(&expr, source, at, stop)
    });
    answer.await
}

async fn run(
    call: &Call,
    direction: Direction,
    at: TimestampNs,
    categorize: bool,
    evaluate: impl FnOnce(&Counting, &std::sync::atomic::AtomicBool) -> Result<Answer, aio_logql::Error> + Send + 'static,
) -> Result<Json<Value>, TextError> {
    let source = Counting::new((call.core.sources.logs)(&call.tenant));
    let ingest = Arc::clone(&call.core.ingest);
    let work = move |stop: &std::sync::atomic::AtomicBool| {
        let began = ingest.now();
        let answer = evaluate(&source, stop)?;
        let read = Summary {
            lines: source.lines.load(Ordering::Relaxed),
            bytes: source.bytes.load(Ordering::Relaxed),
            seconds: ingest.now().as_secs_f64() - began.as_secs_f64(),
        };
        Ok(model::body(&answer, at, direction, categorize, read))
    };
    Ok(Json(call.core.queries.run(None, work).await?))
}

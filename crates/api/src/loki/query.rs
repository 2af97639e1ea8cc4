//! `query` and `query_range`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_logql::{Answer, Direction, RangeRequest, parse};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};

use super::counting::Counting;
use super::model::{self, Shape, Summary};
use super::params::{self, Call};
use crate::error::{ApiError, TextError};

const FLAGS: &str = "x-loki-response-encoding-flags";

fn categorize(headers: &HeaderMap) -> bool {
    let flags = headers.get(FLAGS).and_then(|v| v.to_str().ok()).unwrap_or_default();
    flags.split(',').any(|flag| flag.trim() == "categorize-labels")
}

pub(super) async fn range(headers: HeaderMap, call: Call) -> Result<Response, TextError> {
    if call.params.get("interval").is_some() {
        return Err(ApiError::NotImplemented("not supported yet: interval".to_owned()).into());
    }
    let (start, end) = call.last_hour()?;
    let step_ns = call.step(start, end)?;
    let (limit, direction) = (call.limit()?, call.direction()?);
    let expr = parse(call.query()?)?;
    params::check_length(start, end)?;
    if expr.is_metric() {
        params::check_resolution(start, end, step_ns)?;
    }
    let request = RangeRequest { start, end, step_ns, limit, direction };
    let engine = Arc::clone(&call.core.logql);
    let shape = Shape { at: end, direction, categorize: categorize(&headers) };
    run(&call, shape, move |source, stop| engine.range(&expr, source, &request, stop)).await
}

pub(super) async fn instant(headers: HeaderMap, call: Call) -> Result<Response, TextError> {
    let at = call.time("time")?.unwrap_or_else(|| call.now());
    call.limit()?;
    call.direction()?;
    let expr = parse(call.query()?)?;
    let engine = Arc::clone(&call.core.logql);
    let shape = Shape { at, direction: Direction::Backward, categorize: categorize(&headers) };
    run(&call, shape, move |source, stop| engine.instant(&expr, source, at, stop)).await
}

/// The body is encoded where the query ran: it may be large.
async fn run(
    call: &Call,
    shape: Shape,
    evaluate: impl FnOnce(&Counting, &AtomicBool) -> Result<Answer, aio_logql::Error> + Send + 'static,
) -> Result<Response, TextError> {
    let source = Counting::new((call.core.sources.logs)(&call.tenant));
    let ingest = Arc::clone(&call.core.ingest);
    let work = move |stop: &AtomicBool| {
        let began = ingest.now();
        let answer = evaluate(&source, stop)?;
        let read = Summary {
            lines: source.lines.load(Ordering::Relaxed),
            bytes: source.bytes.load(Ordering::Relaxed),
            seconds: ingest.now().as_secs_f64() - began.as_secs_f64(),
        };
        model::body(&answer, shape, read).map_err(|e| ApiError::Internal(format!("encoding the answer: {e}")))
    };
    let body = call.core.queries.run(None, work).await.map_err(params::timed_out)?;
    Ok(([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], body).into_response())
}

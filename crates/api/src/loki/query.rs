//! `query` and `query_range`.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aio_logql::{Direction, Outcome, RangeRequest, parse};
use aio_source::LogsSource;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};

use super::flags::Flags;
use super::model::{self, Shape};
use super::params::{Call, Range};
use super::stats::Summary;
use crate::error::{ApiError, BareError};

/// Logs Drilldown draws what series there are, and says that there are more.
fn wants_partial(headers: &HeaderMap) -> bool {
    let tags = headers.get("x-query-tags").and_then(|v| v.to_str().ok()).unwrap_or_default();
    tags.split(',').any(|tag| tag.trim().eq_ignore_ascii_case("source=grafana-lokiexplore-app"))
}

fn warnings(outcome: &Outcome, series_max: usize) -> Vec<String> {
    let text = format!("maximum number of series ({series_max}) reached for a single query; returning partial results");
    if outcome.is_partial { vec![text] } else { Vec::new() }
}

pub(super) async fn range(headers: HeaderMap, call: Call) -> Result<Response, BareError> {
    let Range { start, end, limit, direction, step_ns, interval_ns } = call.range()?;
    let expr = parse(call.query()?)?;
    if !expr.is_metric() {
        call.check_limit(limit)?;
    }
    call.check_length(start, end)?;
    let partial = wants_partial(&headers);
    let request = RangeRequest { start, end, step_ns, limit, direction, interval_ns, partial };
    let engine = Arc::clone(call.logql());
    let shape = Shape { at: end, direction, flags: Flags::of(&headers) };
    run(&call, shape, move |source, stop| engine.range(&expr, source, &request, stop)).await
}

pub(super) async fn instant(headers: HeaderMap, call: Call) -> Result<Response, BareError> {
    call.lines_wanted()?;
    let at = call.moment()?;
    call.direction()?;
    let expr = parse(call.query()?)?;
    let engine = Arc::clone(call.logql());
    let partial = wants_partial(&headers);
    let shape = Shape { at, direction: Direction::Backward, flags: Flags::of(&headers) };
    run(&call, shape, move |source, stop| engine.instant(&expr, source, at, partial, stop)).await
}

/// The body is encoded where the query ran: it may be large.
async fn run(
    call: &Call,
    shape: Shape,
    evaluate: impl FnOnce(&dyn LogsSource, &AtomicBool) -> Result<Outcome, aio_logql::Error> + Send + 'static,
) -> Result<Response, BareError> {
    let source = (call.core.sources.logs)(&call.tenant);
    let ingest = Arc::clone(&call.core.ingest);
    let series_max = call.logql().config().series_max;
    let work = move |stop: &AtomicBool| {
        let began = ingest.now();
        let outcome = evaluate(&*source, stop)?;
        let seconds = ingest.now().as_secs_f64() - began.as_secs_f64();
        let read = Summary { account: outcome.account, seconds };
        model::body(&outcome.answer, &shape, read, &warnings(&outcome, series_max))
            .map_err(|e| ApiError::Internal(format!("encoding the answer: {e}")))
    };
    let body = call.core.queries.run(None, work).await?;
    Ok(([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], body).into_response())
}

//! `query` and `query_range`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aio_promql::{Options, Outcome};
use aio_types::{TimeRange, TimestampMs};
use axum::response::Response;

use super::model::{self, Shape};
use crate::core::{Core, Ready};
use crate::error::ApiError;
use crate::params::{Params, invalid};
use crate::tenant::Tenant;

/// Most points a range query may ask for, per series.
const POINTS_MAX: i64 = 11_000;

fn timeout(params: &Params) -> Result<Option<Duration>, ApiError> {
    match params.duration_ms("timeout")? {
        // No time at all: the original gives up before it begins.
        Some(..=0) => Err(ApiError::Timeout),
        ms => Ok(ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis)),
    }
}

/// What both kinds of query take beside their times.
struct Common {
    text: String,
    timeout: Option<Duration>,
    lookback_ms: Option<i64>,
    shape: Shape,
}

impl Common {
    fn of(params: &Params, start: TimestampMs, step_ms: i64) -> Result<Self, ApiError> {
        let lookback_ms = params.duration_ms("lookback_delta")?;
        if lookback_ms.is_some_and(|ms| ms < 0) {
            return Err(invalid("lookback_delta", "must not be negative"));
        }
        Ok(Self {
            text: params.get("query").unwrap_or_default().to_owned(),
            timeout: timeout(params)?,
            lookback_ms: lookback_ms.filter(|ms| *ms > 0),
            shape: Shape {
                limit: params.limit()?,
                stats: params.get("stats").map(str::to_owned),
                steps: (start, step_ms),
            },
        })
    }
}

pub(super) async fn query(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    let at = params.time("time")?.unwrap_or_else(|| core.ingest.now());
    let common = Common::of(&params, at, 0)?;
    let (engine, source) = (Arc::clone(&core.engine), (core.sources.metrics)(&tenant));
    answer(&core, common, move |text, options| engine.instant(&*source, text, at, options)).await
}

pub(super) async fn query_range(
    Ready(core): Ready,
    Tenant(tenant): Tenant,
    params: Params,
) -> Result<Response, ApiError> {
    let (range, step) = (grid_range(&params)?, grid_step(&params)?);
    if range.end.0.saturating_sub(range.start.0) / step > POINTS_MAX {
        return Err(ApiError::BadRequest(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution \
             (?step=XX)"
                .to_owned(),
        ));
    }
    let common = Common::of(&params, range.start, step)?;
    let (engine, source) = (Arc::clone(&core.engine), (core.sources.metrics)(&tenant));
    answer(&core, common, move |text, options| engine.range(&*source, text, range, step, options)).await
}

/// Evaluates, and writes the answer with how long it took where the query ran: it may be long.
async fn answer(
    core: &Core,
    common: Common,
    evaluate: impl FnOnce(&str, &Options<'_>) -> Result<Outcome, aio_promql::Error> + Send + 'static,
) -> Result<Response, ApiError> {
    let ingest = Arc::clone(&core.ingest);
    let Common { text, timeout, lookback_ms, shape } = common;
    let work = move |flag: &AtomicBool| {
        let stop = || flag.load(Ordering::Relaxed);
        // Whoever asks what a query takes wants it evaluated.
        let reuses_answers = shape.stats.is_none();
        let options = Options { lookback_ms, per_step_stats: shape.counts_steps(), reuses_answers, stop: &stop };
        let began = ingest.now();
        let outcome = evaluate(&text, &options)?;
        let took_ms = ingest.now().0.saturating_sub(began.0).max(0);
        let response = model::outcome(outcome, &shape, took_ms, &stop);
        if stop() { Err(ApiError::Timeout) } else { Ok(response) }
    };
    core.queries.run(timeout, work).await
}

fn grid_range(params: &Params) -> Result<TimeRange, ApiError> {
    let range = TimeRange { start: params.required_time("start")?, end: params.required_time("end")? };
    if range.end < range.start {
        return Err(invalid("end", "end timestamp must not be before start time"));
    }
    Ok(range)
}

fn grid_step(params: &Params) -> Result<i64, ApiError> {
    let step = params.duration_ms("step")?;
    let step = step.ok_or_else(|| invalid("step", "cannot parse \"\" to a valid duration"))?;
    if step <= 0 {
        return Err(invalid(
            "step",
            "zero or negative query resolution step widths are not accepted. Try a positive integer",
        ));
    }
    Ok(step)
}

//! `query` and `query_range`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::response::Response;

use super::model;
use crate::core::Ready;
use crate::error::ApiError;
use crate::params::{Params, invalid};
use crate::tenant::Tenant;

/// Most points a range query may ask for, per series.
const POINTS_MAX: i64 = 11_000;

fn timeout(params: &Params) -> Result<Option<Duration>, ApiError> {
    let ms = params.duration_ms("timeout")?;
    Ok(ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis))
}

pub(super) async fn query(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    let at = params.time("time")?.unwrap_or_else(|| core.ingest.now());
    let (limit, timeout) = (params.limit()?, timeout(&params)?);
    let text = params.required("query")?.to_owned();
    let (engine, source) = (Arc::clone(&core.engine), (core.sources.metrics)(&tenant));
    let outcome = core
        .queries
        .run(timeout, move |stop| Ok(engine.instant(&*source, &text, at, &|| stop.load(Ordering::Relaxed))?))
        .await?;
    Ok(model::outcome(outcome, limit))
}

pub(super) async fn query_range(
    Ready(core): Ready,
    Tenant(tenant): Tenant,
    params: Params,
) -> Result<Response, ApiError> {
    let start = params.time("start")?.ok_or_else(|| invalid("start", "cannot parse \"\" to a valid timestamp"))?;
    let end = params.time("end")?.ok_or_else(|| invalid("end", "cannot parse \"\" to a valid timestamp"))?;
    let step = params.duration_ms("step")?.ok_or_else(|| invalid("step", "cannot parse \"\" to a valid duration"))?;
    if end < start {
        return Err(invalid("end", "end timestamp must not be before start time"));
    }
    if step <= 0 {
        return Err(invalid(
            "step",
            "zero or negative query resolution step widths are not accepted. Try a positive integer",
        ));
    }
    if end.0.saturating_sub(start.0) / step > POINTS_MAX {
        return Err(ApiError::BadRequest(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution \
             (?step=XX)"
                .to_owned(),
        ));
    }
    let (limit, timeout) = (params.limit()?, timeout(&params)?);
    let text = params.required("query")?.to_owned();
    let (engine, source) = (Arc::clone(&core.engine), (core.sources.metrics)(&tenant));
    let outcome =
        core.queries
            .run(timeout, move |stop| {
                Ok(engine.range(&*source, &text, start, end, step, &|| stop.load(Ordering::Relaxed))?)
            })
            .await?;
    Ok(model::outcome(outcome, limit))
}

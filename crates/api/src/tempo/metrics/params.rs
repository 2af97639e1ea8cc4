//! Parameters of the two paths.

use aio_traceql::MetricsRequest;
use aio_types::TimestampNs;

use super::run::Asked;
use crate::error::ApiError;
use crate::loki::params::{Call, parse_time};
use crate::params::parse_duration_ms;

/// Without a range.
const SINCE_NS: i64 = 3_600_000_000_000;

pub(super) fn range(call: &Call) -> Result<MetricsRequest, ApiError> {
    asked(call, step(call)?)?.range()
}

pub(super) fn instant(call: &Call) -> Result<MetricsRequest, ApiError> {
    asked(call, 0)?.instant()
}

fn asked(call: &Call, step: i64) -> Result<Asked<'_>, ApiError> {
    let now = TimestampNs::from_ms(call.core.ingest.now());
    let end = time(call, "end")?.unwrap_or(now);
    let since = match call.params.get("since") {
        Some(text) => {
            let fault = |e: String| bad("since", &e);
            parse_duration_ms(text).map_err(fault)?.saturating_mul(1_000_000)
        }
        None => SINCE_NS,
    };
    let start = time(call, "start")?.unwrap_or_else(|| end.min(now).saturating_add(since.saturating_neg()));
    let count = |name: &str| call.params.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(Asked {
        query: call.params.get("q").or_else(|| call.params.get("query")).unwrap_or_default(),
        start,
        end,
        step,
        exemplars: count("exemplars"),
        series: count("maxSeries"),
    })
}

fn bad(name: &str, why: &str) -> ApiError {
    ApiError::BadRequest(format!("could not parse '{name}' parameter: {why}"))
}

fn time(call: &Call, name: &str) -> Result<Option<TimestampNs>, ApiError> {
    let Some(text) = call.params.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let fault = || bad(name, &format!("{text:?} is no time: seconds, nanoseconds or RFC 3339"));
    parse_time(text).map(Some).map_err(|_| fault())
}

/// Nanoseconds; 0 where nothing is said.
#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn step(call: &Call) -> Result<i64, ApiError> {
    let Some(text) = call.params.get("step").filter(|text| !text.is_empty()) else { return Ok(0) };
    let fault = |why: &str| ApiError::BadRequest(format!("cannot parse {text:?} to a valid duration{why}"));
    let ns = match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => (seconds * 1e9) as i64,
        Ok(_) => return Err(fault("")),
        Err(_) => parse_duration_ms(text).map_err(|_| fault(""))?.saturating_mul(1_000_000),
    };
    if ns < 0 { Err(fault(": step must be positive")) } else { Ok(ns) }
}

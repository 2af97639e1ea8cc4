//! `patterns`: what lines have in common, over time.

use aio_logql::parse_matchers;
use aio_source::{LogsPattern, LogsPatterns, PATTERN_STEP_NS};
use axum::Json;
use serde_json::{Value, json};

use super::params::{self, Call};
use crate::error::BareError;

pub(super) async fn patterns(call: Call) -> Result<Json<Value>, BareError> {
    let matchers = parse_matchers(call.query()?)?;
    let (start, end) = call.last_hour()?;
    let step_ns = call.step(start, end)?.max(PATTERN_STEP_NS);
    call.check_length(start, end)?;
    params::check_resolution(start, end, step_ns)?;
    let source = (call.core.sources.logs)(&call.tenant);
    let asked = LogsPatterns { matchers, start, end, step_ns };
    let found = call.core.queries.run(None, move |_stop| Ok(source.patterns(&asked)?)).await?;
    Ok(Json(json!({"status": "success", "data": found.iter().map(told).collect::<Vec<_>>()})))
}

fn told(found: &LogsPattern) -> Value {
    let samples: Vec<_> = found.counts.iter().map(|(t, lines)| (t.0.div_euclid(1_000_000_000), lines)).collect();
    json!({"pattern": found.pattern, "level": found.level, "samples": samples})
}

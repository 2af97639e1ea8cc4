//! `patterns`: what lines have in common, over time.

use aio_source::{LogsPattern, LogsPatterns, PATTERN_STEP_NS};
use axum::Json;
use serde_json::{Value, json};

use super::params::Call;
use crate::error::BareError;

pub(super) async fn patterns(call: Call) -> Result<Json<Value>, BareError> {
    // Of a range that is the wrong way round there are no patterns, which is no fault.
    let (start, end) = call.lookback()?;
    let step_ns = call.resolution(start, end)?.max(PATTERN_STEP_NS);
    call.check_length(start, end)?;
    let matchers = call.selector()?;
    if end < start {
        return Ok(Json(json!({"status": "success", "data": []})));
    }
    let source = (call.core.sources.logs)(&call.tenant);
    let asked = LogsPatterns { matchers, start, end, step_ns };
    let found = call.core.queries.run(None, move |_stop| Ok(source.patterns(&asked)?)).await?;
    Ok(Json(json!({"status": "success", "data": found.iter().map(told).collect::<Vec<_>>()})))
}

fn told(found: &LogsPattern) -> Value {
    let samples: Vec<_> = found.counts.iter().map(|(t, lines)| (t.0.div_euclid(1_000_000_000), lines)).collect();
    json!({"pattern": found.pattern, "level": found.level, "samples": samples})
}

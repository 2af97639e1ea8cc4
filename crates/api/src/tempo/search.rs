//! `/api/search`: by TraceQL, or by the older tags.

use aio_traceql::{Inspected, MatchedSpan, SearchRequest, TraceSummary, parse, search as run};
use aio_types::{AttributeValue, TimestampNs};
use aio_wire::otlp::traces::value_to_otlp;
use axum::Json;
use serde_json::{Map, Value, json};

use super::json::value;
use crate::error::{ApiError, TextError};
use crate::loki::params::Call;
use crate::params::parse_duration_ms;

const LIMIT_DEFAULT: usize = 20;
const SPANS_DEFAULT: usize = 3;
const LIMIT_MAX: usize = 262_144;
const NO_ROOT: &str = "<root span not yet received>";

fn number(call: &Call, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = call.params.get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| ApiError::BadRequest(format!("invalid {name}: {text:?} is no whole number")))
}

fn duration_ns(call: &Call, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = call.params.get(name) else { return Ok(None) };
    let fault = |e: String| ApiError::BadRequest(format!("invalid {name}: {e}"));
    // Whole units with fractions: 1.5s.
    if let Some(ms) = text.strip_suffix("ms").and_then(|n| n.parse::<f64>().ok()) {
        return Ok(Some(float_ns(ms, 1e6)));
    }
    if let Some(us) = text.strip_suffix("us").or(text.strip_suffix("µs")).and_then(|n| n.parse::<f64>().ok()) {
        return Ok(Some(float_ns(us, 1e3)));
    }
    if let Some(s) = text.strip_suffix('s').and_then(|n| n.parse::<f64>().ok()) {
        return Ok(Some(float_ns(s, 1e9)));
    }
    parse_duration_ms(text).map(|ms| Some(ms.saturating_mul(1_000_000))).map_err(fault)
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn float_ns(count: f64, unit: f64) -> i64 {
    (count * unit) as i64
}

/// `start` and `end` in seconds; the last hour where they are missing.
pub(super) fn bounds(call: &Call) -> Result<(TimestampNs, TimestampNs), ApiError> {
    let now = call.core.ingest.now();
    let end = number(call, "end")?.map_or(TimestampNs::from_ms(now.saturating_add(600_000)), seconds);
    let start = number(call, "start")?.map_or(end.saturating_add(-3_600_000_000_000 - 600_000_000_000), seconds);
    if end < start {
        return Err(ApiError::BadRequest("http parameter start must be before end".to_owned()));
    }
    Ok((start, end))
}

fn seconds(s: i64) -> TimestampNs {
    TimestampNs(s.saturating_mul(1_000_000_000))
}

fn request(call: &Call) -> Result<SearchRequest, ApiError> {
    let positive = |name: &str, default: usize, least: i64| match number(call, name)? {
        None => Ok(default),
        Some(n) if n < least => Err(ApiError::BadRequest(format!("invalid {name}: must be a positive number"))),
        Some(n) => Ok(usize::try_from(n).unwrap_or(LIMIT_MAX).min(LIMIT_MAX)),
    };
    let query = match call.params.get("q") {
        Some(q) => q.to_owned(),
        None => call.params.get("tags").map_or_else(|| Ok(String::new()), tags_query)?,
    };
    let (start, end) = bounds(call)?;
    Ok(SearchRequest {
        expr: parse(&query)?,
        start,
        end,
        min_duration_ns: duration_ns(call, "minDuration")?.unwrap_or(0),
        max_duration_ns: duration_ns(call, "maxDuration")?.unwrap_or(i64::MAX),
        limit: positive("limit", LIMIT_DEFAULT, 1)?,
        spans_per_trace: positive("spss", SPANS_DEFAULT, 0)?,
    })
}

/// `service.name=a name="b c"` as a TraceQL query.
fn tags_query(tags: &str) -> Result<String, ApiError> {
    let mut conditions = Vec::new();
    let mut rest = tags.trim();
    while !rest.is_empty() {
        let fault = || ApiError::BadRequest(format!("invalid tags: {tags:?} is not logfmt"));
        let (key, after) = rest.split_once('=').ok_or_else(fault)?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(fault)?,
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        rest = after.trim_start();
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        conditions.push(match key.trim() {
            "name" => format!("name=\"{value}\""),
            "root.name" => format!("rootName=\"{value}\""),
            "root.service.name" => format!("rootServiceName=\"{value}\""),
            "status" | "error" if value == "error" || value == "true" => "status=error".to_owned(),
            key => format!(".{key}=\"{value}\""),
        });
    }
    Ok(format!("{{{}}}", conditions.join(" && ")))
}

pub(super) async fn search(call: Call) -> Result<Json<Value>, TextError> {
    let request = request(&call)?;
    let source = (call.core.sources.traces)(&call.tenant);
    let (traces, inspected) = call.core.queries.run(None, move |stop| Ok(run(&*source, &request, stop)?)).await?;
    let traces: Vec<Value> = traces.iter().map(summary).collect();
    Ok(Json(json!({"traces": traces, "metrics": metrics(inspected)})))
}

fn metrics(inspected: Inspected) -> Value {
    json!({"inspectedTraces": inspected.traces, "inspectedSpans": inspected.spans.to_string()})
}

fn summary(trace: &TraceSummary) -> Value {
    let (service, name) = trace.root.as_ref().map_or((NO_ROOT, ""), |(s, n)| (&**s, &**n));
    let id = trace.trace_id.to_string();
    let spans: Vec<Value> = trace.spans.iter().map(span).collect();
    let set = json!({"spans": spans, "matched": trace.matched});
    let stats: Map<String, Value> = trace
        .services
        .iter()
        .map(|(service, (spans, errors))| {
            let mut stat = Map::from_iter([("spanCount".to_owned(), json!(spans))]);
            if *errors > 0 {
                stat.insert("errorCount".to_owned(), json!(errors));
            }
            (service.to_string(), Value::Object(stat))
        })
        .collect();
    json!({
        "traceID": id.trim_start_matches('0'),
        "rootServiceName": service,
        "rootTraceName": name,
        "startTimeUnixNano": trace.start.0.to_string(),
        "durationMs": trace.duration_ns / 1_000_000,
        "spanSet": set,
        "spanSets": [set],
        "serviceStats": stats,
    })
}

fn span(span: &MatchedSpan) -> Value {
    let attribute =
        |(name, v): &(String, AttributeValue)| json!({"key": name, "value": value(Some(&value_to_otlp(v)))});
    json!({
        "spanID": span.span_id.to_string(),
        "name": span.name,
        "startTimeUnixNano": span.start.0.to_string(),
        "durationNanos": span.duration_ns.to_string(),
        "attributes": span.attributes.iter().map(attribute).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_a_query() {
        let query = tags_query(r#"service.name=cart name="GET /" status=error"#).ok();
        assert_eq!(query.as_deref(), Some(r#"{.service.name="cart" && name="GET /" && status=error}"#));
        assert!(tags_query("nonsense").is_err());
    }
}

//! `/api/search`: by TraceQL, or by the older tags.

use aio_traceql::{Inspected, MatchedSet, MatchedSpan, TraceSummary, search as run};
use aio_types::AttributeValue;
use aio_wire::otlp::traces::value_to_otlp;
use axum::Json;
use serde_json::{Map, Value, json};

use super::json::{Object, value};
use super::params;
use crate::error::TextError;
use crate::loki::params::Call;

pub(super) const NO_ROOT: &str = "<root span not yet received>";

pub(super) async fn search(call: Call) -> Result<Json<Value>, TextError> {
    let (request, shows_spans) = params::search(&call)?;
    let source = (call.core.sources.traces)(&call.tenant);
    let (traces, inspected) = call.core.queries.run(None, move |stop| Ok(run(&*source, &request, stop)?)).await?;
    let traces: Vec<Value> = traces.iter().map(|t| summary(t, shows_spans)).collect();
    Ok(Json(json!({"traces": traces, "metrics": metrics(inspected)})))
}

/// Only fields that strict readers know; those at their default are left out, as everywhere.
pub(super) fn metrics(inspected: Inspected) -> Value {
    Object::new()
        .set("inspectedTraces", json!(inspected.traces))
        .number("inspectedSpans", inspected.spans)
        .set("completedJobs", json!(1))
        .set("totalJobs", json!(1))
        .done()
}

/// `durationMs` is 32 bits wide, `traceID` has no leading zeros.
fn summary(trace: &TraceSummary, shows_spans: bool) -> Value {
    let (service, name) = trace.root.as_ref().map_or((NO_ROOT, ""), |(s, n)| (&**s, &**n));
    let mut out = Object::new()
        .set("traceID", json!(short_id(trace)))
        .set("rootServiceName", json!(service))
        .set("rootTraceName", json!(name))
        .number("startTimeUnixNano", trace.start.0)
        .set("durationMs", json!(duration_ms(trace)));
    if shows_spans {
        let sets: Vec<Value> = trace.sets.iter().map(set).collect();
        out = out.set("spanSet", sets.first().cloned().unwrap_or_default()).set("spanSets", json!(sets));
    }
    out.set("serviceStats", service_stats(trace)).done()
}

/// Without leading zeros.
pub(super) fn short_id(trace: &TraceSummary) -> String {
    trace.trace_id.to_string().trim_start_matches('0').to_owned()
}

pub(super) fn duration_ms(trace: &TraceSummary) -> u32 {
    u32::try_from(trace.duration_ns / 1_000_000).unwrap_or(u32::MAX)
}

fn service_stats(trace: &TraceSummary) -> Value {
    let stat = |(spans, errors): &(u32, u32)| {
        Object::new().set("spanCount", json!(spans)).set("errorCount", json!(errors)).done()
    };
    Value::Object(trace.services.iter().map(|(name, counts)| (name.to_string(), stat(counts))).collect::<Map<_, _>>())
}

fn set(set: &MatchedSet) -> Value {
    Object::new()
        .set("spans", set.spans.iter().map(span).collect())
        .set("matched", json!(set.matched))
        .set("attributes", attributes(&set.attributes))
        .done()
}

fn attributes(of: &[(String, AttributeValue)]) -> Value {
    of.iter().map(|(name, v)| json!({"key": name, "value": value(Some(&value_to_otlp(v)))})).collect()
}

fn span(span: &MatchedSpan) -> Value {
    Object::new()
        .set("spanID", json!(span.span_id.to_string()))
        .set("name", json!(span.name.as_deref().unwrap_or_default()))
        .number("startTimeUnixNano", span.start.0)
        .number("durationNanos", span.duration_ns)
        .set("attributes", attributes(&span.attributes))
        .done()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aio_types::{SpanId, TimestampNs, TraceId};

    use super::*;

    fn example() -> TraceSummary {
        let mut id = [0; 16];
        id[15] = 0x2a;
        TraceSummary {
            trace_id: TraceId(id),
            root: None,
            start: TimestampNs(5),
            duration_ns: 999_999,
            sets: vec![MatchedSet {
                matched: 4,
                spans: vec![MatchedSpan {
                    span_id: SpanId([1; 8]),
                    name: None,
                    start: TimestampNs(5),
                    duration_ns: 0,
                    attributes: vec![("n".to_owned(), AttributeValue::Int(0))],
                }],
                attributes: vec![("count()".to_owned(), AttributeValue::Int(4))],
            }],
            services: BTreeMap::from([("".into(), (2, 0)), ("a".into(), (2, 1))]),
        }
    }

    #[test]
    fn a_summary_has_the_known_fields_and_no_defaults() {
        let set = json!({"spans": [{"spanID": "0101010101010101", "startTimeUnixNano": "5",
            "attributes": [{"key": "n", "value": {"intValue": "0"}}]}], "matched": 4,
            "attributes": [{"key": "count()", "value": {"intValue": "4"}}]});
        assert_eq!(
            summary(&example(), true),
            json!({"traceID": "2a", "rootServiceName": NO_ROOT, "startTimeUnixNano": "5", "spanSet": set,
                "spanSets": [set], "serviceStats": {"": {"spanCount": 2}, "a": {"spanCount": 2, "errorCount": 1}}})
        );
        assert!(summary(&example(), false).get("spanSets").is_none());
        let endless = TraceSummary { duration_ns: i64::MAX, ..example() };
        assert_eq!(summary(&endless, false)["durationMs"], json!(u32::MAX));
    }
}

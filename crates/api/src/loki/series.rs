//! Labels, series and statistics.

use std::collections::BTreeSet;

use aio_logql::parse_matchers;
use aio_types::{Labels, Matcher, TimestampNs};
use axum::Json;
use axum::extract::Path;
use serde::Serialize;
use serde_json::{Value, json};

use super::params::{Call, Range, narrowing};
use crate::error::{ApiError, BareError};

/// Label browsers look back further than queries.
const LABELS_BACK_NS: i64 = 6 * 3_600_000_000_000;

#[derive(Serialize)]
pub(super) struct Success {
    status: &'static str,
    data: Value,
}

fn success(data: Value) -> Json<Success> {
    Json(Success { status: "success", data })
}

/// Where to look for streams.
struct Within {
    selections: Vec<Vec<Matcher>>,
    start: TimestampNs,
    end: TimestampNs,
}

/// A range that may be looked through.
fn window(call: &Call) -> Result<(TimestampNs, TimestampNs), ApiError> {
    let (start, end) = call.bounds(LABELS_BACK_NS)?;
    call.check_length(start, end)?;
    if end < start {
        let text = "this data is no longer available, it is past now - max_query_lookback (0s)";
        return Err(ApiError::BadRequest(text.to_owned()));
    }
    Ok((start, end))
}

impl Within {
    /// The selection of `query`, where there is one.
    fn of_query(call: &Call) -> Result<Self, ApiError> {
        let (start, end) = window(call)?;
        let selections = call.params.get("query").map(narrowing).transpose()?;
        Ok(Self { selections: selections.into_iter().collect(), start, end })
    }

    /// The selections of `match[]`, of which a single `{}` means everything.
    fn of_matches(call: &Call) -> Result<Self, ApiError> {
        let texts: BTreeSet<&str> = call.params.all("match[]").chain(call.params.all("match")).collect();
        let (start, end) = window(call)?;
        let selections = groups(&texts)?;
        Ok(Self { selections, start, end })
    }

    async fn streams(self, call: &Call) -> Result<Vec<Labels>, ApiError> {
        let Self { selections, start, end } = self;
        let source = (call.core.sources.logs)(&call.tenant);
        call.core.queries.run(None, move |_stop| Ok(source.streams(&selections, start, end)?)).await
    }
}

fn groups(texts: &BTreeSet<&str>) -> Result<Vec<Vec<Matcher>>, ApiError> {
    if texts.len() == 1 && texts.iter().all(|text| text.replace(' ', "") == "{}") {
        return Ok(Vec::new());
    }
    for text in texts {
        if parse_matchers(text)?.is_empty() {
            return Err(ApiError::BadRequest(format!("0 matchers in group: {text}")));
        }
    }
    texts.iter().map(|text| narrowing(text)).collect()
}

async fn label_names(call: &Call) -> Result<BTreeSet<String>, ApiError> {
    let streams = Within::of_query(call)?.streams(call).await?;
    Ok(streams.iter().flat_map(Labels::iter).map(|(name, _)| name.to_owned()).collect())
}

async fn values_of(call: &Call, name: &str) -> Result<BTreeSet<String>, ApiError> {
    let streams = Within::of_query(call)?.streams(call).await?;
    Ok(streams.iter().map(|labels| labels.get(name)).filter(|v| !v.is_empty()).map(str::to_owned).collect())
}

pub(super) async fn labels(call: Call) -> Result<Json<Success>, BareError> {
    Ok(success(json!(label_names(&call).await?)))
}

pub(super) async fn label_values(Path(name): Path<String>, call: Call) -> Result<Json<Success>, BareError> {
    Ok(success(json!(values_of(&call, &name).await?)))
}

/// `/api/prom/label`, whose answers have another shape.
pub(super) async fn labels_legacy(call: Call) -> Result<Json<Value>, BareError> {
    Ok(legacy(&label_names(&call).await?))
}

/// `/api/prom/label/{name}/values`.
pub(super) async fn label_values_legacy(Path(name): Path<String>, call: Call) -> Result<Json<Value>, BareError> {
    Ok(legacy(&values_of(&call, &name).await?))
}

fn legacy(values: &BTreeSet<String>) -> Json<Value> {
    Json(if values.is_empty() { json!({}) } else { json!({"values": values}) })
}

pub(super) async fn series(call: Call) -> Result<Json<Success>, BareError> {
    let streams = Within::of_matches(&call)?.streams(&call).await?;
    let object = |labels: &Labels| Value::Object(labels.iter().map(|(n, v)| (n.to_owned(), Value::from(v))).collect());
    Ok(success(streams.iter().map(object).collect()))
}

pub(super) async fn stats(call: Call) -> Result<Json<Value>, BareError> {
    let Range { start, end, .. } = call.range()?;
    call.check_length(start, end)?;
    let matchers = call.selector()?;
    let source = (call.core.sources.logs)(&call.tenant);
    let stats = call.core.queries.run(None, move |_stop| Ok(source.stats(&matchers, start, end)?)).await?;
    Ok(Json(json!({
        "streams": stats.streams, "chunks": stats.chunks, "bytes": stats.bytes, "entries": stats.entries,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_of_series_are_what_loki_takes() {
        for (texts, want) in [
            (vec![], Ok(0)),
            (vec!["{ }"], Ok(0)),
            (vec![r#"{a="1"}"#, r#"{a="2"}"#], Ok(2)),
            (vec!["{}", r#"{a="1"}"#], Err("0 matchers in group: {}")),
            (vec![r#"{a=~".*"}"#], Err("queries require at least one")),
            (vec![r#"{a="1"} | json"#], Err("only label matchers are supported")),
        ] {
            match (groups(&texts.iter().copied().collect()).map_err(|e| e.to_string()), want) {
                (Ok(found), Ok(count)) => assert_eq!(found.len(), count, "{texts:?}"),
                (Err(told), Err(part)) => assert!(told.contains(part), "{texts:?}: {told}"),
                (found, want) => panic!("{texts:?}: {found:?} is not {want:?}"),
            }
        }
    }
}

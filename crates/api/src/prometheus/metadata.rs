//! What there is to query: series, labels, metadata, exemplars.

use std::collections::BTreeMap;

use aio_promql::format_float;
use aio_source::SeriesExemplars;
use aio_types::{Labels, Matcher, TimeRange};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{model, values};
use crate::core::{Core, Ready};
use crate::error::ApiError;
use crate::params::{Params, invalid};
use crate::tenant::Tenant;

/// What `match[]` holds, and nothing but what is wrong with it, as most routes tell it.
pub(super) fn selections(params: &Params) -> Result<Vec<Vec<Matcher>>, ApiError> {
    params.all("match[]").map(|text| aio_promql::parse_selector(text).map_err(bare)).collect()
}

/// What `match[]` must hold.
pub(super) fn required_selections(params: &Params) -> Result<Vec<Vec<Matcher>>, ApiError> {
    params.well_formed()?;
    let selections: Vec<_> = params.all("match[]").map(|text| selector("match[]", text)).collect::<Result<_, _>>()?;
    if selections.is_empty() {
        return Err(ApiError::BadRequest("no match[] parameter provided".to_owned()));
    }
    Ok(selections)
}

/// A selector that a parameter holds.
pub(super) fn selector(parameter: &str, text: &str) -> Result<Vec<Matcher>, ApiError> {
    aio_promql::parse_selector(text).map_err(|error| match bare(error) {
        ApiError::BadRequest(why) => invalid(parameter, &why),
        other => other,
    })
}

/// A parse error that does not name a parameter.
fn bare(error: aio_promql::Error) -> ApiError {
    match error {
        aio_promql::Error::Parse(why) => ApiError::BadRequest(why),
        other => other.into(),
    }
}

/// A list answer, cut to `limit`.
fn list<T: Serialize>(mut items: Vec<T>, limit: Option<usize>) -> Response {
    let cut = limit.is_some_and(|limit| items.len() > limit);
    if let Some(limit) = limit {
        items.truncate(limit);
    }
    let warnings = if cut { vec!["results truncated due to limit".to_owned()] } else { Vec::new() };
    model::success(&items, &warnings)
}

fn label_map(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().collect()
}

/// What there is in `range`; nothing where it ends before it begins, which is no fault.
async fn unless_empty<T: Send + 'static>(
    core: &Core,
    range: TimeRange,
    found: impl FnOnce() -> Result<Vec<T>, aio_source::Error> + Send + 'static,
) -> Result<Vec<T>, ApiError> {
    if range.end < range.start {
        return Ok(Vec::new());
    }
    core.queries.run(None, move |_| Ok(found()?)).await
}

pub(super) async fn series(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    let selections = required_selections(&params)?;
    let (range, limit) = (params.range()?, params.limit()?);
    let source = (core.sources.metrics)(&tenant);
    let found = unless_empty(&core, range, move || source.series(&selections, range)).await?;
    Ok(list(found.iter().map(label_map).collect(), limit))
}

pub(super) async fn labels(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    let (selections, range, limit) = (selections(&params)?, params.range()?, params.limit()?);
    let source = (core.sources.metrics)(&tenant);
    let names = unless_empty(&core, range, move || source.label_names(&selections, range)).await?;
    Ok(list(names, limit))
}

pub(super) async fn label_values(
    Ready(core): Ready,
    Tenant(tenant): Tenant,
    name: Result<Path<String>, PathRejection>,
    params: Params,
) -> Result<Response, ApiError> {
    let Path(name) = name.map_err(|_| ApiError::BadRequest("invalid label name: it is not valid UTF-8".to_owned()))?;
    let (selections, range, limit) = (selections(&params)?, params.range()?, params.limit()?);
    let name = unescape_label_name(&name).unwrap_or(name);
    let source = (core.sources.metrics)(&tenant);
    let values = unless_empty(&core, range, move || source.label_values(&name, &selections, range)).await?;
    Ok(list(values, limit))
}

/// `U__http_2e_method` is how legacy clients spell `http.method`; `None` where the text is no valid escape.
fn unescape_label_name(name: &str) -> Option<String> {
    let mut rest = name.strip_prefix("U__")?;
    let mut out = String::new();
    while let Some(at) = rest.find('_') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let close = rest.find('_')?;
        match &rest[..close] {
            "" => out.push('_'),
            hex => out.push(char::from_u32(u32::from_str_radix(hex, 16).ok()?)?),
        }
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    Some(out)
}

pub(super) async fn metadata(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Entry {
        #[serde(rename = "type")]
        kind: &'static str,
        help: String,
        unit: String,
    }
    let metric = params.get("metric").map(str::to_owned);
    let limit = most(&params, "limit")?.unwrap_or(usize::MAX);
    let limit_per_metric = most(&params, "limit_per_metric")?.filter(|most| *most > 0).unwrap_or(usize::MAX);
    let source = (core.sources.metrics)(&tenant);
    let all = core.queries.run(None, move |_| Ok(source.metadata()?)).await?;
    let out: BTreeMap<String, Vec<Entry>> = all
        .into_iter()
        .filter(|(name, entries)| !entries.is_empty() && metric.as_ref().is_none_or(|m| m == name))
        .take(limit)
        .map(|(name, entries)| {
            let entries = entries.into_iter().take(limit_per_metric);
            (name, entries.map(|m| Entry { kind: m.kind.as_str(), help: m.help, unit: m.unit }).collect())
        })
        .collect();
    Ok(model::success(&out, &[]))
}

/// How many at most: below zero means all.
fn most(params: &Params, name: &str) -> Result<Option<usize>, ApiError> {
    let fault = |_| ApiError::BadRequest(format!("{name} must be a number"));
    let most = params.get(name).map(|text| text.parse::<i64>().map_err(fault)).transpose()?;
    Ok(most.and_then(|most| usize::try_from(most).ok()))
}

pub(super) async fn exemplars(
    Ready(core): Ready,
    Tenant(tenant): Tenant,
    params: Params,
) -> Result<Response, ApiError> {
    let range = params.range()?;
    if range.end < range.start {
        return Err(ApiError::BadRequest("end timestamp must not be before start timestamp".to_owned()));
    }
    let selections = aio_promql::selectors_of(params.get("query").unwrap_or_default()).map_err(bare)?;
    if selections.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let source = (core.sources.metrics)(&tenant);
    let found = core.queries.run(None, move |_| Ok(source.exemplars(&selections, range)?)).await?;
    let shown: Result<Vec<_>, _> = found.iter().map(exemplar_series).collect();
    Ok(model::success(&shown?, &[]))
}

/// `seriesLabels` must come before `exemplars`: Grafana reads the answer streaming.
#[derive(Serialize)]
struct ExemplarSeries<'a> {
    #[serde(rename = "seriesLabels")]
    series_labels: BTreeMap<&'a str, &'a str>,
    exemplars: Vec<ShownExemplar<'a>>,
}

#[derive(Serialize)]
struct ShownExemplar<'a> {
    labels: BTreeMap<&'a str, &'a str>,
    value: String,
    timestamp: Box<RawValue>,
}

fn exemplar_series(series: &SeriesExemplars) -> Result<ExemplarSeries<'_>, ApiError> {
    let exemplars = series.exemplars.iter().map(|e| {
        let mut time = String::new();
        values::write_time(&mut time, e.sample.t);
        let timestamp = RawValue::from_string(time).map_err(|e| ApiError::Internal(e.to_string()))?;
        Ok(ShownExemplar { labels: label_map(&e.labels), value: format_float(e.sample.v, true), timestamp })
    });
    Ok(ExemplarSeries {
        series_labels: label_map(&series.labels),
        exemplars: exemplars.collect::<Result<_, ApiError>>()?,
    })
}

pub(super) async fn format_query(params: Params) -> Result<Response, ApiError> {
    Ok(model::success(&aio_promql::format_query(params.get("query").unwrap_or_default())?, &[]))
}

pub(super) async fn parse_query(params: Params) -> Result<Response, ApiError> {
    let query = params.get("query").unwrap_or_default();
    let tree = aio_promql::parse::parse_query(query, &aio_promql::parse::ParseOptions::default());
    Ok(model::success(&tree.map_err(aio_promql::Error::from)?, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_label_names_are_decoded() {
        for (text, expected) in [
            ("U__http_2e_method", Some("http.method")),
            ("U__a__b", Some("a_b")),
            ("U__bad_zz_x", None),
            ("plain", None),
            ("U__open_2e", None),
        ] {
            assert_eq!(unescape_label_name(text).as_deref(), expected, "{text}");
        }
    }
}

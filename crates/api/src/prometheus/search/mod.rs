//! `search/…`: names and values that resemble what somebody types, best or first ones first, as lines of JSON.
//!
//! ```text
//!   {"results":[…]}            one or more batches, the first one even where it is empty
//!   {"status":"success","has_more":false}
//! ```

mod params;
mod score;

use std::collections::BTreeMap;

use aio_types::{METRIC_NAME, Metadata, TenantId};
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use serde::Serialize;

use self::params::{Order, Search, boolean};
use crate::core::{Core, Readiness, Ready};
use crate::error::ApiError;
use crate::params::Params;
use crate::tenant::Tenant;

pub(super) fn router(readiness: Readiness) -> Router {
    Router::new()
        .route("/api/v1/search/metric_names", get(metric_names).post(metric_names))
        .route("/api/v1/search/label_names", get(label_names).post(label_names))
        .route("/api/v1/search/label_values", get(label_values).post(label_values))
        .with_state(readiness)
}

/// One line of a batch.
#[derive(Serialize, Default)]
struct Found {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

async fn metric_names(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    let search = Search::of(&params, "metric_names", core.ingest.now())?;
    let metadata =
        if boolean(&params, "include_metadata", false)? { metadata(&core, &tenant).await? } else { BTreeMap::new() };
    let ranked = values(&core, &tenant, METRIC_NAME.to_owned(), search.clone()).await?;
    Ok(answer(&search, ranked, |name, score| {
        let known = metadata.get(&name);
        let text = |of: fn(&Metadata) -> &String| known.map(of).filter(|text| !text.is_empty()).cloned();
        Found {
            score,
            kind: known.map(|m| m.kind.as_str()),
            help: text(|m| &m.help),
            unit: text(|m| &m.unit),
            name: Some(name),
            ..Found::default()
        }
    }))
}

async fn label_names(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    let search = Search::of(&params, "label_names", core.ingest.now())?;
    let source = (core.sources.metrics)(&tenant);
    let wanted = search.clone();
    let work = move |_: &_| Ok(wanted.rank(source.label_names(&wanted.selections, wanted.range)?));
    let ranked = core.queries.run(None, work).await?;
    Ok(answer(&search, ranked, |name, score| Found { name: Some(name), score, ..Found::default() }))
}

async fn label_values(Ready(core): Ready, Tenant(tenant): Tenant, params: Params) -> Result<Response, ApiError> {
    let search = Search::of(&params, "label_values", core.ingest.now())?;
    let label =
        params.get("label").ok_or_else(|| ApiError::BadRequest("missing required parameter \"label\"".to_owned()))?;
    let ranked = values(&core, &tenant, label.to_owned(), search.clone()).await?;
    Ok(answer(&search, ranked, |value, score| Found { value: Some(value), score, ..Found::default() }))
}

async fn values(core: &Core, tenant: &TenantId, label: String, search: Search) -> Result<Vec<(String, f64)>, ApiError> {
    let source = (core.sources.metrics)(tenant);
    let work = move |_: &_| Ok(search.rank(source.label_values(&label, &search.selections, search.range)?));
    core.queries.run(None, work).await
}

async fn metadata(core: &Core, tenant: &TenantId) -> Result<BTreeMap<String, Metadata>, ApiError> {
    let source = (core.sources.metrics)(tenant);
    let all = core.queries.run(None, move |_| Ok(source.metadata()?)).await?;
    Ok(all.into_iter().filter_map(|(name, entries)| Some((name, entries.into_iter().next()?))).collect())
}

/// The batches and the trailer.
fn answer(search: &Search, ranked: Vec<(String, f64)>, shown: impl Fn(String, Option<f64>) -> Found) -> Response {
    #[derive(Serialize)]
    struct Batch {
        results: Vec<Found>,
    }
    let has_more = ranked.len() > search.limit;
    let mut rest = ranked.into_iter().take(search.limit).peekable();
    let mut out = String::new();
    while out.is_empty() || rest.peek().is_some() {
        let results = rest.by_ref().take(search.batch_size);
        let results = results.map(|(text, score)| shown(text, search.include_score.then_some(score))).collect();
        out.push_str(&serde_json::to_string(&Batch { results }).unwrap_or_default());
        out.push('\n');
    }
    out.push_str(&format!("{{\"status\":\"success\",\"has_more\":{has_more}}}\n"));
    ([(header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8")], out).into_response()
}

impl Search {
    /// What passes, in the order asked for, one more than the limit where there is more.
    fn rank(&self, all: Vec<String>) -> Vec<(String, f64)> {
        let mut found: Vec<(String, f64)> =
            all.into_iter().filter_map(|text| self.score(&text).map(|score| (text, score))).collect();
        match self.order {
            Order::Ascending => {}
            Order::Descending => found.reverse(),
            Order::Score => found.sort_by(|a, b| b.1.total_cmp(&a.1)),
        }
        found.truncate(self.limit.saturating_add(1));
        found
    }

    /// The best score of any term; `None` where none accepts the text.
    fn score(&self, text: &str) -> Option<f64> {
        if self.terms.is_empty() {
            return Some(1.0);
        }
        let folded = (!self.case_sensitive).then(|| text.to_lowercase());
        let text = folded.as_deref().unwrap_or(text);
        let scores = self.terms.iter().filter_map(|term| self.algorithm.score(term, text, self.threshold));
        scores.reduce(f64::max)
    }
}

//! Names and values of attributes, for completion.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use aio_source::TraceSpans;
use aio_traceql::{Attribute, Expr, matching, parse_incomplete, selection};
use aio_types::{AttributeValue, Attributes, Span};
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::params::{bounds, count};
use crate::error::{ApiError, TextError};
use crate::loki::params::Call;

/// Completion looks at this many traces, newest first, and then has seen enough.
const TRACES_MAX: usize = 20_000;
/// Longest list of values, and of names of one scope.
const LIST_MAX: usize = 5000;
const SCOPES: [&str; 7] = ["event", "instrumentation", "intrinsic", "link", "none", "resource", "span"];
const INTRINSICS: [&str; 25] = [
    "duration",
    "event:name",
    "event:timeSinceStart",
    "instrumentation:name",
    "instrumentation:version",
    "kind",
    "link:spanID",
    "link:traceID",
    "name",
    "rootName",
    "rootServiceName",
    "span:duration",
    "span:id",
    "span:kind",
    "span:name",
    "span:parentID",
    "span:status",
    "span:statusMessage",
    "status",
    "statusMessage",
    "trace:duration",
    "trace:id",
    "trace:rootName",
    "trace:rootService",
    "traceDuration",
];

fn filter(call: &Call) -> Expr {
    parse_incomplete(call.params.get("q").unwrap_or_default())
}

fn limit(call: &Call) -> Result<usize, ApiError> {
    Ok(count(call, "limit")?.filter(|n| *n > 0).unwrap_or(LIST_MAX).min(LIST_MAX))
}

/// Lets `see` look at the traces in range until it has seen enough.
async fn scan<T: Default + Send + 'static>(
    call: &Call,
    filter: Expr,
    see: impl Fn(&mut T, &TraceSpans, &Expr) -> bool + Send + 'static,
) -> Result<T, ApiError> {
    let (start, end) = bounds(call)?;
    let select = selection(&filter, start, end);
    let source = (call.core.sources.traces)(&call.tenant);
    call.core
        .queries
        .run(None, move |stop| {
            let mut out = T::default();
            let mut seen = 0;
            source.select(&select, &mut |trace, _bound| {
                seen += 1;
                if see(&mut out, &trace, &filter) || seen >= TRACES_MAX || stop.load(Ordering::Relaxed) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            Ok(out)
        })
        .await
}

type Names = BTreeMap<&'static str, BTreeSet<Box<str>>>;

async fn names(call: &Call) -> Result<Names, ApiError> {
    let most = limit(call)?;
    scan(call, filter(call), move |names: &mut Names, trace, filter| {
        matching(trace, filter).into_iter().for_each(|span| add_names(names, span, most));
        false
    })
    .await
}

fn add_names(names: &mut Names, span: &Span, most: usize) {
    let mut add = |scope: &'static str, attributes: &Attributes| {
        let known = names.entry(scope).or_default();
        for (key, _) in attributes {
            if known.len() < most && !known.contains(key) {
                known.insert(key.clone());
            }
        }
    };
    add("resource", &span.resource.attributes);
    add("span", &span.attributes);
    add("instrumentation", &span.scope.attributes);
    span.events.iter().for_each(|e| add("event", &e.attributes));
    span.links.iter().for_each(|l| add("link", &l.attributes));
}

/// The scope asked for, if one is.
fn scope(call: &Call) -> Result<Option<String>, ApiError> {
    let Some(scope) = call.params.get("scope") else { return Ok(None) };
    if !SCOPES.contains(&scope) {
        return Err(ApiError::BadRequest(format!("invalid scope: {scope}")));
    }
    Ok((scope != "none").then(|| scope.to_owned()))
}

pub(super) async fn names_v1(call: Call) -> Result<Json<Value>, TextError> {
    let wanted = scope(&call)?;
    let found = names(&call).await?.into_iter().filter(|(s, _)| wanted.as_deref().is_none_or(|w| w == *s));
    let mut all: BTreeSet<Box<str>> = found.flat_map(|(_, tags)| tags).collect();
    if wanted.as_deref() == Some("intrinsic") {
        all.extend(INTRINSICS.map(Into::into));
    }
    Ok(Json(json!({"tagNames": all, "metrics": {}})))
}

pub(super) async fn names_v2(call: Call) -> Result<Json<Value>, TextError> {
    let wanted = scope(&call)?;
    let mut scopes: Vec<Value> = Vec::new();
    for (scope, tags) in names(&call).await? {
        if !tags.is_empty() && wanted.as_deref().is_none_or(|w| w == scope) {
            scopes.push(json!({"name": scope, "tags": tags}));
        }
    }
    if wanted.as_deref().is_none_or(|w| w == "intrinsic") {
        scopes.push(json!({"name": "intrinsic", "tags": INTRINSICS}));
    }
    Ok(Json(json!({"scopes": scopes, "metrics": {}})))
}

/// Type and text of a value, as completion shows it.
fn typed(value: &AttributeValue) -> Option<(&'static str, String)> {
    Some(match value {
        AttributeValue::String(s) => ("string", s.to_string()),
        AttributeValue::Bool(b) => ("bool", b.to_string()),
        AttributeValue::Int(i) => ("int", i.to_string()),
        AttributeValue::Double(d) => ("float", aio_promql::format_float(*d, true)),
        AttributeValue::Empty | AttributeValue::Bytes(_) | AttributeValue::Array(_) | AttributeValue::Map(_) => {
            return None;
        }
    })
}

type Values = BTreeSet<(&'static str, String)>;

async fn values(call: &Call, name: &str) -> Result<Values, ApiError> {
    let keyword = |words: &[&str]| words.iter().map(|w| ("keyword", (*w).to_owned())).collect();
    match name {
        "status" | "span:status" => return Ok(keyword(&["error", "ok", "unset"])),
        "kind" | "span:kind" => {
            return Ok(keyword(&["client", "consumer", "internal", "producer", "server", "unspecified"]));
        }
        _ => {}
    }
    let Some(attribute) = Attribute::parse(name) else { return Ok(Values::new()) };
    let most = limit(call)?;
    scan(call, filter(call), move |values: &mut Values, trace, filter| {
        for value in attribute.values(trace, filter) {
            if values.len() < most {
                values.extend(typed(&value));
            }
        }
        values.len() >= most
    })
    .await
}

/// Names may hold slashes: everything before the last part of the path is the name.
fn name_of(path: &str) -> Option<&str> {
    path.strip_suffix("/values").filter(|name| !name.is_empty())
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

pub(super) async fn values_v1(Path(path): Path<String>, call: Call) -> Result<Response, TextError> {
    let Some(name) = name_of(&path) else { return Ok(not_found()) };
    let found: BTreeSet<String> = values(&call, name).await?.into_iter().map(|(_, text)| text).collect();
    Ok(Json(json!({"tagValues": found, "metrics": {}})).into_response())
}

pub(super) async fn values_v2(Path(path): Path<String>, call: Call) -> Result<Response, TextError> {
    let Some(name) = name_of(&path) else { return Ok(not_found()) };
    let value = |(kind, text): (&str, String)| json!({"type": kind, "value": text});
    let found: Vec<Value> = values(&call, name).await?.into_iter().map(value).collect();
    Ok(Json(json!({"tagValues": found, "metrics": {}})).into_response())
}

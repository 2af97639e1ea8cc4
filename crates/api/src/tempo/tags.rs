//! Names and values of attributes, for completion.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use aio_source::TracesSelect;
use aio_types::{AttributeValue, Attributes, Span};
use axum::Json;
use axum::extract::Path;
use serde_json::{Value, json};

use super::search::bounds;
use crate::error::{ApiError, TextError};
use crate::loki::params::Call;

/// Completion looks at this many traces, newest first, and then has seen enough.
const TRACES_MAX: usize = 2000;
/// Longest list of values.
const VALUES_MAX: usize = 1000;
const INTRINSICS: [&str; 11] = [
    "duration",
    "event:name",
    "instrumentation:name",
    "instrumentation:version",
    "kind",
    "name",
    "rootName",
    "rootServiceName",
    "status",
    "statusMessage",
    "traceDuration",
];

/// Lets `see` look at the spans in range, up to a bound.
async fn scan<T: Default + Send + 'static>(
    call: &Call,
    see: impl Fn(&mut T, &Span) + Send + 'static,
) -> Result<T, ApiError> {
    let (start, end) = bounds(call)?;
    let select = TracesSelect { start, end, services: Vec::new(), names: Vec::new() };
    let source = (call.core.sources.traces)(&call.tenant);
    call.core
        .queries
        .run(None, move |stop| {
            let mut out = T::default();
            let mut seen = 0;
            source.select(&select, &mut |trace| {
                trace.spans.iter().for_each(|span| see(&mut out, span));
                seen += 1;
                if seen >= TRACES_MAX || stop.load(Ordering::Relaxed) {
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
    scan(call, |names: &mut Names, span| {
        let mut add = |scope: &'static str, attributes: &Attributes| {
            names.entry(scope).or_default().extend(attributes.iter().map(|(key, _)| key.clone()));
        };
        add("resource", &span.resource.attributes);
        add("span", &span.attributes);
        add("instrumentation", &span.scope.attributes);
        span.events.iter().for_each(|e| add("event", &e.attributes));
        span.links.iter().for_each(|l| add("link", &l.attributes));
    })
    .await
}

pub(super) async fn names_v1(call: Call) -> Result<Json<Value>, TextError> {
    let all: BTreeSet<Box<str>> = names(&call).await?.into_values().flatten().collect();
    Ok(Json(json!({"tagNames": all, "metrics": {}})))
}

pub(super) async fn names_v2(call: Call) -> Result<Json<Value>, TextError> {
    let wanted = call.params.get("scope").filter(|s| *s != "none").map(str::to_owned);
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
        "status" => return Ok(keyword(&["error", "ok", "unset"])),
        "kind" => return Ok(keyword(&["client", "consumer", "internal", "producer", "server", "unspecified"])),
        _ => {}
    }
    let name = name.to_owned();
    scan(call, move |values: &mut Values, span| {
        if values.len() < VALUES_MAX {
            values.extend(of_span(&name, span));
        }
    })
    .await
}

fn of_span(name: &str, span: &Span) -> Vec<(&'static str, String)> {
    let get = |attributes: &Attributes, name: &str| {
        attributes.iter().find(|(key, _)| &**key == name).and_then(|(_, value)| typed(value))
    };
    let root = span.parent_span_id.is_zero();
    match name {
        "name" | "span:name" => vec![("string", span.name.to_string())],
        "rootName" | "trace:rootName" if root => vec![("string", span.name.to_string())],
        "rootServiceName" | "trace:rootService" if root => vec![("string", span.resource.service_name().to_owned())],
        "statusMessage" | "span:statusMessage" if !span.status_message.is_empty() => {
            vec![("string", span.status_message.to_string())]
        }
        "instrumentation:name" => vec![("string", span.scope.name.to_string())],
        "instrumentation:version" => vec![("string", span.scope.version.to_string())],
        "event:name" => span.events.iter().map(|e| ("string", e.name.to_string())).collect(),
        _ => {
            let (scope, key) = match name.split_once('.') {
                Some((scope @ ("resource" | "span" | "event" | "instrumentation" | ""), key)) => (scope, key),
                _ => ("", name),
            };
            let resource = || get(&span.resource.attributes, key);
            match scope {
                "resource" => resource().into_iter().collect(),
                "span" => get(&span.attributes, key).into_iter().collect(),
                "instrumentation" => get(&span.scope.attributes, key).into_iter().collect(),
                "event" => span.events.iter().filter_map(|e| get(&e.attributes, key)).collect(),
                _ => get(&span.attributes, key).into_iter().chain(resource()).collect(),
            }
        }
    }
}

pub(super) async fn values_v1(Path(name): Path<String>, call: Call) -> Result<Json<Value>, TextError> {
    let found: BTreeSet<String> = values(&call, &name).await?.into_iter().map(|(_, text)| text).collect();
    Ok(Json(json!({"tagValues": found, "metrics": {}})))
}

pub(super) async fn values_v2(Path(name): Path<String>, call: Call) -> Result<Json<Value>, TextError> {
    let value = |(kind, text): (&str, String)| json!({"type": kind, "value": text});
    let found: Vec<Value> = values(&call, &name).await?.into_iter().map(value).collect();
    Ok(Json(json!({"tagValues": found, "metrics": {}})))
}

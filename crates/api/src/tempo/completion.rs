//! Names and values of attributes, by whichever protocol they are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use aio_source::TraceSpans;
use aio_traceql::{Attribute, Filter};
use aio_types::{AttributeValue, Attributes, Span, TenantId, TimestampNs};

use crate::core::Core;
use crate::error::ApiError;

/// Completion looks at this many traces, newest first, and then has seen enough.
const TRACES_MAX: usize = 20_000;
/// Longest list of values, and of names of one scope.
const LIST_MAX: usize = 5000;
const SCOPES: [&str; 7] = ["event", "instrumentation", "intrinsic", "link", "none", "resource", "span"];
pub(super) const INTRINSICS: [&str; 29] = [
    "duration",
    "event:name",
    "event:timeSinceStart",
    "instrumentation:name",
    "instrumentation:version",
    "kind",
    "link:spanID",
    "link:traceID",
    "name",
    "nestedSetLeft",
    "nestedSetParent",
    "nestedSetRight",
    "rootName",
    "rootServiceName",
    "span:childCount",
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

/// Names by scope.
pub(super) type Names = BTreeMap<&'static str, BTreeSet<Box<str>>>;
/// Types and texts.
pub(super) type Values = BTreeSet<(&'static str, String)>;

/// What is to be completed.
pub(super) struct Completion<'a> {
    pub(super) core: &'a Core,
    pub(super) tenant: &'a TenantId,
    /// A query, half typed maybe, that spans must match.
    pub(super) query: &'a str,
    pub(super) start: TimestampNs,
    pub(super) end: TimestampNs,
    /// Most names of a scope, and most values; 0 where nothing is said.
    pub(super) most: usize,
}

/// The scope asked for, if one is.
pub(super) fn scope(given: Option<&str>) -> Result<Option<&str>, ApiError> {
    match given {
        Some(scope) if !SCOPES.contains(&scope) => Err(ApiError::BadRequest(format!("invalid scope: {scope}"))),
        scope => Ok(scope.filter(|scope| *scope != "none")),
    }
}

impl Completion<'_> {
    /// Those of one scope, or of all; no scope is empty.
    pub(super) async fn names(&self, wanted: Option<&str>) -> Result<Names, ApiError> {
        let most = self.most();
        let mut names: Names = self
            .scan(move |names: &mut Names, trace, filter| {
                filter.matching(trace).into_iter().for_each(|span| add_names(names, span, most));
                false
            })
            .await?;
        names.insert("intrinsic", INTRINSICS.map(Into::into).into());
        names.retain(|scope, names| !names.is_empty() && wanted.is_none_or(|wanted| wanted == *scope));
        Ok(names)
    }

    pub(super) async fn values(&self, name: &str) -> Result<Values, ApiError> {
        let keyword = |words: &[&str]| words.iter().map(|w| ("keyword", (*w).to_owned())).collect();
        match name {
            "status" | "span:status" => return Ok(keyword(&["error", "ok", "unset"])),
            "kind" | "span:kind" => {
                return Ok(keyword(&["client", "consumer", "internal", "producer", "server", "unspecified"]));
            }
            _ => {}
        }
        let attribute = Attribute::parse(name);
        let most = self.most();
        self.scan(move |values: &mut Values, trace, filter| {
            for value in attribute.values(trace, filter) {
                if values.len() < most {
                    values.extend(typed(&value));
                }
            }
            values.len() >= most
        })
        .await
    }

    /// The same for names of the first version, some of which are its own.
    pub(super) async fn values_v1(&self, name: &str) -> Result<Values, ApiError> {
        match name {
            "error" => Ok(Values::from([("keyword", "true".to_owned())])),
            "status.code" => self.values("status").await,
            "root.name" => self.values("rootName").await,
            "root.service.name" => self.values("rootServiceName").await,
            name => self.values(name).await,
        }
    }

    fn most(&self) -> usize {
        if self.most > 0 { self.most.min(LIST_MAX) } else { LIST_MAX }
    }

    /// Lets `see` look at the traces in range until it has seen enough.
    async fn scan<T: Default + Send + 'static>(
        &self,
        see: impl Fn(&mut T, &TraceSpans, &Filter) -> bool + Send + 'static,
    ) -> Result<T, ApiError> {
        let filter = Filter::of_incomplete(self.query);
        let select = filter.selection(self.start, self.end);
        let source = (self.core.sources.traces)(self.tenant);
        let look = move |stop: &std::sync::atomic::AtomicBool| {
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
        };
        self.core.queries.run(None, move |stop| look(stop)).await
    }
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

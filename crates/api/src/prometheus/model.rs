//! The envelope of answers.

use aio_promql::{Outcome, Value};
use aio_types::TimestampMs;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;

use super::stats;
use super::values::{self, Stop};
use crate::pieces::Pieces;

/// At most this many warnings and infos are listed.
const ANNOTATIONS_MAX: usize = 10;

/// A success envelope around JSON text.
pub(crate) fn raw(data: &str) -> Response {
    json(format!("{{\"status\":\"success\",\"data\":{data}}}"))
}

/// A success envelope around a value, with warnings where there are any.
pub(crate) fn success<T: Serialize>(data: &T, warnings: &[String]) -> Response {
    #[derive(Serialize)]
    struct Envelope<'a, T> {
        status: &'static str,
        data: &'a T,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        warnings: &'a [String],
    }
    axum::Json(Envelope { status: "success", data, warnings }).into_response()
}

/// How an answer is asked for.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Cuts series.
    pub(crate) limit: Option<usize>,
    /// Whether and how to count; `true` and `all` are the values that mean something.
    pub(crate) stats: Option<String>,
    /// When the first step is, and how far they are apart, milliseconds.
    pub(crate) steps: (TimestampMs, i64),
}

impl Shape {
    /// Whether samples are counted by step.
    pub(crate) fn counts_steps(&self) -> bool {
        self.stats.as_deref() == Some("all")
    }
}

/// The answer of `query` and `query_range`; of no use once `stop` says true.
pub(crate) fn outcome(mut outcome: Outcome, shape: &Shape, took_ms: i64, stop: &Stop<'_>) -> Response {
    if let Some(limit) = shape.limit
        && truncate(&mut outcome.value, limit)
    {
        outcome.warnings.push("results truncated due to limit".to_owned());
    }
    if let Some(other) = shape.stats.as_deref().filter(|stats| !matches!(*stats, "true" | "all")) {
        outcome.warnings.push(format!(
            "value {other:?} for parameter \"stats\" is deprecated and will be rejected in the next major release, use \
             \"true\" or \"all\""
        ));
    }
    let mut texts = vec!["{\"status\":\"success\",\"data\":{".to_owned()];
    texts.append(&mut values::texts(&outcome.value, stop));
    let mut out = String::new();
    if shape.stats.is_some() {
        let steps = shape.counts_steps().then_some(shape.steps);
        stats::write(&mut out, &outcome.stats, took_ms, steps);
    }
    out.push('}');
    write_annotations(&mut out, "warnings", "warning", &outcome.warnings);
    write_annotations(&mut out, "infos", "info", &outcome.infos);
    out.push('}');
    texts.push(out);
    json(Pieces::of(texts))
}

fn json(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

fn truncate(value: &mut Value, limit: usize) -> bool {
    let before = match value {
        Value::Vector(items) => {
            let before = items.len();
            items.truncate(limit);
            before
        }
        Value::Matrix(items) => {
            let before = items.len();
            items.truncate(limit);
            before
        }
        Value::Scalar(_) | Value::String(..) => 0,
    };
    before > limit
}

fn write_annotations(out: &mut String, key: &str, kind: &str, texts: &[String]) {
    if texts.is_empty() {
        return;
    }
    let mut shown: Vec<String> = texts.iter().take(ANNOTATIONS_MAX).cloned().collect();
    if texts.len() > ANNOTATIONS_MAX {
        shown.push(format!("{} more {kind} annotations omitted", texts.len() - ANNOTATIONS_MAX));
    }
    out.push_str(&format!(",\"{key}\":{}", serde_json::json!(shown)));
}

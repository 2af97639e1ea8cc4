//! `status/…` and `features`: what runs, how it is set, what it can do.

use std::collections::BTreeMap;
use std::sync::Arc;

use aio_types::{TimestampMs, TimestampNs};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use regex::Regex;
use serde_json::json;

use super::model;
use crate::about::About;
use crate::core::Ready;
use crate::error::ApiError;
use crate::params::Params;
use crate::status::{self, Family};

/// The API level we answer for; clients choose features by it.
const PROMETHEUS_LEVEL: &str = "3.14.0";

/// What this version can do, by the original's names. What is absent is not there.
const FEATURES: &[(&str, &[&str])] = &[
    (
        "api",
        &[
            "label_values_match",
            "query_stats",
            "query_warnings",
            "search",
            "search_fuzz_alg_jarowinkler",
            "search_fuzz_alg_subsequence",
            "time_range_labels",
            "time_range_series",
        ],
    ),
    ("otlp_receiver", &["delta_conversion"]),
    ("prometheus", &["server_mode"]),
    (
        "promql",
        &[
            "anchored",
            "at_modifier",
            "bool",
            "by",
            "duration_expr",
            "fill",
            "fill_left",
            "fill_right",
            "group_left",
            "group_right",
            "ignoring",
            "negative_offset",
            "offset",
            "on",
            "per_query_lookback_delta",
            "smoothed",
            "subqueries",
            "without",
        ],
    ),
    ("tsdb", &["exemplars", "native_histograms", "out_of_order"]),
];

pub(super) fn router(about: Arc<dyn About>) -> Router {
    Router::new()
        .route("/api/v1/status/config", get(config))
        .route("/api/v1/status/flags", get(flags))
        .route("/api/v1/status/runtimeinfo", get(runtime))
        .with_state(about)
        .route("/api/v1/status/buildinfo", get(build))
        .route("/api/v1/features", get(features))
}

async fn config(State(about): State<Arc<dyn About>>) -> Response {
    model::success(&json!({ "yaml": about.config_yaml() }), &[])
}

async fn flags(State(about): State<Arc<dyn About>>) -> Response {
    model::success(&about.flags(), &[])
}

async fn runtime(State(about): State<Arc<dyn About>>) -> Response {
    let runtime = about.runtime();
    let time = |t: TimestampMs| TimestampNs::from_ms(t).to_rfc3339();
    let info = json!({
        "startTime": time(runtime.started),
        "CWD": runtime.working_directory,
        "hostname": runtime.hostname,
        "serverTime": time(runtime.now),
        "reloadConfigSuccess": runtime.config_is_good,
        "lastConfigTime": time(runtime.config_read),
        "corruptionCount": 0,
        "goroutineCount": runtime.threads,
        "GOMAXPROCS": runtime.threads,
        "GOMEMLIMIT": i64::MAX,
        "GOGC": "",
        "GODEBUG": "",
        "storageRetention": runtime.retention,
    });
    model::success(&info, &[])
}

async fn build() -> Response {
    let info = json!({
        "version": PROMETHEUS_LEVEL,
        "revision": env!("CARGO_PKG_VERSION"),
        "branch": "observer-aio",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    });
    model::success(&info, &[])
}

async fn features() -> Response {
    let of_group = |names: &&'static [&'static str]| names.iter().map(|name| (*name, true)).collect::<BTreeMap<_, _>>();
    let all: BTreeMap<_, _> = FEATURES.iter().map(|(group, names)| (*group, of_group(names))).collect();
    model::success(&all, &[])
}

/// Our own metrics as JSON, a family each, in the shape of the exposition's protobuf.
pub(super) async fn self_metrics(Ready(core): Ready, params: Params) -> Result<Response, ApiError> {
    let pattern = params.get("metric_name_pattern").map(name_pattern).transpose();
    let pattern = pattern.map_err(|why| ApiError::BadRequest(format!("invalid metric_name_pattern: {why}")))?;
    let wanted = |family: &Family| pattern.as_ref().is_none_or(|pattern| pattern.is_match(family.name));
    let shown: Vec<_> = status::families(&core).iter().filter(|family| wanted(family)).map(shown_family).collect();
    Ok(model::success(&shown, &[]))
}

/// In Go's syntax, of the whole name.
fn name_pattern(text: &str) -> Result<Regex, String> {
    let translated = aio_types::pattern::translate(text).map_err(|error| error.to_string())?;
    Regex::new(&format!("^(?:{translated})$")).map_err(|error| error.to_string())
}

fn shown_family(family: &Family) -> serde_json::Value {
    let (kind, key) = if family.is_counter { ("COUNTER", "counter") } else { ("GAUGE", "gauge") };
    json!({
        "name": family.name,
        "help": family.help,
        "type": kind,
        "metric": [{ key: { "value": family.value } }],
    })
}

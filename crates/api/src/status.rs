//! Health, readiness and our own metrics, on every listener.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};

use crate::core::{Core, Readiness, Ready};
use crate::{Door, lifecycle};

pub(crate) fn router(door: &Door) -> Router {
    Router::new()
        .route("/ready", get(ready))
        .route("/-/ready", get(ready))
        .route("/-/healthy", get(|| async { "observer-aio is healthy.\n" }))
        .route("/metrics", get(metrics))
        .with_state(door.readiness.clone())
        .merge(lifecycle::router(&door.lifecycle))
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    match readiness.get() {
        Some(_) => "ready\n".into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "recovery of the stores is under way\n").into_response(),
    }
}

/// One of our own metrics.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) is_counter: bool,
    pub(crate) value: u64,
}

/// All of our own metrics that have no labels.
pub(crate) fn families(core: &Core) -> Vec<Family> {
    let counters = core.ingest.counters();
    let rows = [
        ("aio_ingest_samples_total", "Float samples stored.", &counters.samples),
        ("aio_ingest_histograms_total", "Native histograms stored.", &counters.histograms),
        ("aio_ingest_exemplars_total", "Exemplars stored.", &counters.exemplars),
        ("aio_ingest_rejected_samples_total", "Samples refused by the store's rules.", &counters.rejected_samples),
        (
            "aio_ingest_rejected_deltas_total",
            "Data points with delta temporality that were late or past a limit.",
            &counters.rejected_deltas,
        ),
        ("aio_ingest_log_lines_total", "Log lines stored.", &counters.lines),
        ("aio_ingest_rejected_log_lines_total", "Log lines refused by limits.", &counters.rejected_lines),
        ("aio_ingest_spans_total", "Spans stored.", &counters.spans),
        ("aio_ingest_overloaded_total", "Writes refused for lack of room.", &counters.overloaded),
    ];
    let family = |(name, help, value): (_, _, &AtomicU64)| Family {
        name,
        help,
        is_counter: true,
        value: value.load(Ordering::Relaxed),
    };
    rows.into_iter().map(family).collect()
}

async fn metrics(Ready(core): Ready) -> Response {
    let mut text = format!(
        "# HELP observer_build_info What is running.\n# TYPE observer_build_info gauge\n\
         observer_build_info{{version=\"{}\"}} 1\n",
        env!("CARGO_PKG_VERSION")
    );
    for Family { name, help, is_counter, value } in families(&core) {
        let kind = if is_counter { "counter" } else { "gauge" };
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"));
    }
    text.push_str(&format!(
        "# HELP aio_ingest_delta_streams Streams with delta temporality that are added up.\n\
         # TYPE aio_ingest_delta_streams gauge\naio_ingest_delta_streams {}\n",
        core.ingest.delta_streams()
    ));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

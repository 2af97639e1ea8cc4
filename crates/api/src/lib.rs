//! Every route the outside world sees, and the one place where errors become status codes.
//!
//! ```text
//!   request ──> tenant ──> params ──> engine or ingest ──> envelope of that API
//! ```
//!
//! Invariants: an unknown path below an API prefix is a 404, never a page; no body is read past its cap, nor past
//! the budget of all writes; a query whose client went away stops. Knows nothing of: stores, files, configuration files.

mod about;
mod alertmanager;
mod buffers;
mod compress;
mod core;
mod error;
mod form;
#[doc(hidden)]
pub mod fuzz;
mod grpc;
mod grpc_health;
mod inbound;
mod lifecycle;
mod loki;
mod long_query;
mod otlp;
mod params;
mod paths;
mod pieces;
mod prometheus;
mod query_pool;
mod remote_read;
mod remote_write;
mod status;
mod tempo;
mod tenant;
mod web_app;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;

pub use aio_wire::otlp::metrics::{Promotion, Strategy, Translation};

pub use crate::about::{About, Runtime};
pub use crate::core::{Config, Core, Engines, Readiness, Sources, View};
pub use crate::lifecycle::{Lifecycle, ReloadAnswer};
pub use crate::long_query::{long_query_header, query_len};
pub use crate::paths::below;
pub use crate::web_app::{WebApp, redirect_to_app};

/// What the routes of one listener share.
#[derive(Clone)]
pub struct Door {
    /// Whether the stores are open yet.
    pub readiness: Readiness,
    /// Whether callers may reload the configuration.
    pub lifecycle: Lifecycle,
    /// Whether callers may delete stored data and put copies of it aside.
    pub admin: bool,
    /// Where links to the originals' pages lead.
    pub web_app: WebApp,
    /// What the process knows of itself.
    pub about: Arc<dyn About>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("web_app", &self.web_app).finish_non_exhaustive()
    }
}

/// The main port: every API under its prefix, the unambiguous paths again at the root, gRPC beside them.
pub fn main_router(door: &Door) -> Router {
    let readiness = door.readiness.clone();
    prometheus::router(door)
        .merge(prometheus::admin::router(door))
        .merge(loki::router(readiness.clone()))
        .merge(tempo::router(readiness.clone()))
        .merge(status::router(door))
        .layer(from_fn(compress::answers))
        .nest("/prometheus", prometheus_router(door))
        .route("/prometheus/", web_app::page(&door.web_app, web_app::metrics_page))
        .nest("/loki", loki_router(door))
        .route("/loki/", web_app::page(&door.web_app, web_app::logs_page))
        .nest("/tempo", tempo_http_router(door))
        .route("/tempo/", web_app::page(&door.web_app, web_app::traces_page))
        .nest("/alertmanager", alertmanager_router(door))
        .route("/alertmanager/", web_app::page(&door.web_app, web_app::start_page))
        .merge(otlp::http_router(readiness.clone()))
        .merge(grpc_router(readiness))
        .fallback(not_found)
}

/// What the original serves at its root: the Prometheus API alone, for port 9090.
pub fn prometheus_router(door: &Door) -> Router {
    prometheus::router(door)
        .merge(prometheus::admin::router(door))
        .merge(otlp::prometheus_router(door.readiness.clone()))
        .merge(status::router(door))
        .merge(web_app::prometheus_pages(&door.web_app))
        .route("/", web_app::page(&door.web_app, web_app::metrics_page))
        .layer(from_fn(compress::answers))
        .fallback(not_found)
}

/// What the original serves at its root: the Loki API alone, for port 3100.
pub fn loki_router(door: &Door) -> Router {
    loki::router(door.readiness.clone())
        .merge(otlp::loki_router(door.readiness.clone()))
        .merge(status::router(door))
        .merge(loki::ops::router(door))
        .merge(no_rules_yet())
        .route("/", web_app::page(&door.web_app, web_app::logs_page))
        .layer(from_fn(compress::answers))
        .fallback(not_found)
}

/// Where Grafana looks for the rules of a Loki data source. They are other rules than Prometheus', so the main port
/// has these paths below `/loki` only.
fn no_rules_yet() -> Router {
    let answer = |list: &'static str| {
        get(move || async move {
            axum::Json(serde_json::json!({
                "status": "success", "data": { list: [] }, "errorType": "", "error": "",
            }))
        })
    };
    Router::new()
        .route("/prometheus/api/v1/rules", answer("groups"))
        .route("/prometheus/api/v1/alerts", answer("alerts"))
}

/// What the original serves at its root, by HTTP and gRPC alike, for port 3200.
pub fn tempo_router(door: &Door) -> Router {
    tempo_http_router(door).merge(grpc_router(door.readiness.clone()))
}

fn tempo_http_router(door: &Door) -> Router {
    tempo::router(door.readiness.clone())
        .merge(status::router(door))
        .route("/", web_app::page(&door.web_app, web_app::traces_page))
        .layer(from_fn(compress::answers))
        .fallback(not_found)
}

/// The place of the Alertmanager API, for port 9093: its routes say that they are not served yet.
pub fn alertmanager_router(door: &Door) -> Router {
    alertmanager::router()
        .merge(status::router(door))
        .route("/", web_app::page(&door.web_app, web_app::start_page))
        .fallback(not_found)
}

/// Every gRPC service: the same on the main port, on Tempo's and on OTLP's.
fn grpc_router(readiness: Readiness) -> Router {
    otlp::grpc_router(readiness.clone()).merge(grpc_health::router(readiness))
}

/// OTLP over gRPC, for port 4317.
pub fn otlp_grpc_router(door: &Door) -> Router {
    grpc_router(door.readiness.clone())
        .merge(tempo::streaming_router(door.readiness.clone()))
        .merge(status::router(door))
        .fallback(not_found)
}

/// OTLP over HTTP alone, for port 4318.
pub fn otlp_http_router(door: &Door) -> Router {
    otlp::http_router(door.readiness.clone())
        .merge(status::router(door))
        .route("/", get(|| async { "observer-aio: send OTLP/HTTP to /v1/metrics, /v1/logs or /v1/traces\n" }))
        .fallback(not_found)
}

async fn not_found() -> (http::StatusCode, &'static str) {
    (http::StatusCode::NOT_FOUND, "404 page not found\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use http::{Method, Request, StatusCode};
    use tower::ServiceExt as _;

    async fn ask(router: &Router, method: Method, path: &str) -> (StatusCode, String) {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 16).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    struct Nobody;

    impl About for Nobody {
        fn config_yaml(&self) -> String {
            String::new()
        }

        fn flags(&self) -> std::collections::BTreeMap<String, String> {
            Default::default()
        }

        fn runtime(&self) -> Runtime {
            Runtime::default()
        }
    }

    fn door(lifecycle: Lifecycle) -> Door {
        let about = Arc::new(Nobody);
        Door { readiness: Readiness::new(), lifecycle, admin: false, web_app: WebApp::Here, about }
    }

    #[tokio::test]
    async fn before_recovery_is_done_everything_says_so() {
        let router = below("/observer", main_router(&door(Lifecycle::disabled())));
        for path in ["/ready", "/-/ready", "/loki/ready", "/observer/tempo/ready", "/metrics", "/api/v1/query?query=1"]
        {
            let (status, text) = ask(&router, Method::GET, path).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(text.contains("recovery of the stores is under way"), "{path}: {text}");
        }
        assert_eq!(ask(&router, Method::GET, "/-/healthy").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn administration_is_refused_where_it_is_not_enabled() {
        let router = main_router(&door(Lifecycle::disabled()));
        for name in ["snapshot", "delete_series", "clean_tombstones"] {
            let path = format!("/prometheus/api/v1/admin/tsdb/{name}");
            let (status, text) = ask(&router, Method::PUT, &path).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
            assert!(text.contains("admin APIs disabled"), "{text}");
            assert_eq!(ask(&router, Method::GET, &path).await.0, StatusCode::METHOD_NOT_ALLOWED);
        }
    }

    #[tokio::test]
    async fn reloading_is_refused_where_it_is_not_enabled() {
        let router = tempo_router(&door(Lifecycle::disabled()));
        assert_eq!(ask(&router, Method::POST, "/-/reload").await.0, StatusCode::FORBIDDEN);
        assert_eq!(ask(&router, Method::GET, "/-/reload").await.0, StatusCode::METHOD_NOT_ALLOWED);
        let failing = Lifecycle::enabled(|| Box::pin(async { Err("c.yml:1: bad".to_owned()) }));
        let (status, text) = ask(&loki_router(&door(failing)), Method::POST, "/-/reload").await;
        assert_eq!(
            (status, text.as_str()),
            (StatusCode::INTERNAL_SERVER_ERROR, "failed to reload config: c.yml:1: bad\n")
        );
    }
}

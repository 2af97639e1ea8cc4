//! What the handlers need once the stores are open, and the gate that says whether they are.

use std::sync::Arc;

use aio_ingest::Ingest;
use aio_promql::Engine;
use aio_source::{LogsSource, MetricsSource, TracesSource};
use aio_types::{PerTenant, TenantId};
use aio_wire::otlp::metrics::Translation;
use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use parking_lot::RwLock;

use crate::buffers::Buffers;
use crate::error::ApiError;
use crate::inbound::Inbound;
use crate::query_pool::QueryPool;
use crate::remote_read::Turns;

/// Gives the read view of a tenant's signal. A function, so that this crate names no store.
pub type View<S> = Arc<dyn Fn(&TenantId) -> Arc<S> + Send + Sync>;

/// The read views of all signals.
pub struct Sources {
    /// Metrics.
    pub metrics: View<dyn MetricsSource>,
    /// Logs.
    pub logs: View<dyn LogsSource>,
    /// Traces.
    pub traces: View<dyn TracesSource>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

/// What evaluates queries.
#[derive(Debug)]
pub struct Engines {
    /// PromQL.
    pub promql: Engine,
    /// LogQL.
    pub logql: PerTenant<aio_logql::Config>,
}

/// Limits of the API.
#[derive(Debug, Clone)]
pub struct Config {
    /// Largest body as sent.
    pub body_bytes_max: usize,
    /// Largest body after decompression.
    pub decompressed_bytes_max: usize,
    /// Bytes of bodies, as sent, that may be in memory before they are decoded.
    pub bodies_bytes_max: usize,
    /// Bodies decoded at once.
    pub decoders: usize,
    /// Queries evaluated at once.
    pub query_concurrency: usize,
    /// Queries that may wait for their turn.
    pub query_queue_max: usize,
    /// Seconds before a query is given up.
    pub query_timeout_seconds: u64,
    /// How metrics that come by OTLP become series.
    pub otlp: Arc<Translation>,
    /// How far back the newest sample of a series is looked for where it is handed on, milliseconds.
    pub lookback_ms: i64,
    /// What is added to series that are handed on, where they lack it.
    pub external_labels: aio_types::Labels,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            body_bytes_max: 32 << 20,
            decompressed_bytes_max: 64 << 20,
            bodies_bytes_max: 128 << 20,
            decoders: 2,
            query_concurrency: 4,
            query_queue_max: 200,
            query_timeout_seconds: 120,
            otlp: Arc::default(),
            lookback_ms: 300_000,
            external_labels: aio_types::Labels::default(),
        }
    }
}

/// Everything behind the routes.
pub struct Core {
    pub(crate) config: Config,
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) logql: PerTenant<Arc<aio_logql::Engine>>,
    pub(crate) sources: Sources,
    pub(crate) queries: QueryPool,
    pub(crate) inbound: Inbound,
    pub(crate) buffers: Buffers,
    pub(crate) read_turns: Turns,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Core {
    /// Joins the write path, the engines and the read views.
    #[must_use]
    pub fn new(config: Config, ingest: Arc<Ingest>, engines: Engines, sources: Sources) -> Self {
        let queries = QueryPool::new(config.query_concurrency, config.query_queue_max, config.query_timeout_seconds);
        let inbound = Inbound::new(config.bodies_bytes_max, config.decoders);
        let buffers = Buffers::new(config.decoders);
        let engine = Arc::new(engines.promql);
        let logql = engines.logql.map(|config| Arc::new(aio_logql::Engine::new(config.clone())));
        Self { config, ingest, engine, logql, sources, queries, inbound, buffers, read_turns: Turns::new() }
    }
}

/// A gate that opens when recovery is done, and what is behind it.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<RwLock<Option<Arc<Core>>>>);

impl Readiness {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the gate, or puts another core behind it: requests under way keep the one they began with.
    pub fn open(&self, core: Core) {
        *self.0.write() = Some(Arc::new(core));
    }

    /// The core, or `None` while recovery goes on.
    #[must_use]
    pub fn get(&self) -> Option<Arc<Core>> {
        self.0.read().clone()
    }
}

/// Extracts the core, or answers 503 while recovery goes on.
pub(crate) struct Ready(pub(crate) Arc<Core>);

impl<S: Send + Sync> FromRequestParts<S> for Ready
where
    Readiness: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(_parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Readiness::from_ref(state).get().map(Self).ok_or(ApiError::NotReady)
    }
}

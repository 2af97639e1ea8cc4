//! The sections of `prometheus.yml`: read, checked by Prometheus' rules, most of them not served yet.

mod alerting;
mod discovery;
mod global;
mod http_client;
mod otlp;
mod relabel;
mod remote;
mod scrape;
mod storage;
mod tracing;

pub(super) use self::alerting::ALERTING;
pub(super) use self::global::{GLOBAL, RUNTIME};
pub(crate) use self::http_client::{HTTP_CLIENT, TLS, at_most_one, required};
pub(super) use self::otlp::{OTLP, check_otlp_names};
pub(super) use self::remote::{REMOTE_READ, REMOTE_WRITE, unique_names};
pub(super) use self::scrape::{SCRAPE_CONFIG, check_jobs};
pub(super) use self::storage::{EXEMPLARS, TSDB};
pub(crate) use self::tracing::TRACING;

//! `tempopb.StreamingQuerier`, which Grafana asks on the data source's host and port when streaming is on. All results of a
//! call are sent at once, in messages small enough for any client: a search here takes no longer than its newest results.

mod message;
mod search;
mod series;
mod tags;

use std::sync::Arc;

use aio_traceql::Inspected;
use aio_types::TenantId;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{MethodRouter, any, post};
use http::{HeaderMap, HeaderValue};
use prost::Message;

use self::message::SearchMetrics;
use crate::core::{Core, Readiness};
use crate::error::ApiError;
use crate::{grpc, tenant};

/// Queries are bounded by the language; this leaves room for the other fields.
const REQUEST_BYTES_MAX: usize = 256 << 10;
/// As Tempo cuts its messages; clients take 4 MiB by default.
const MESSAGE_BYTES_MAX: usize = 2 << 20;

pub(crate) fn router(readiness: Readiness) -> Router {
    let unknown = |uri: http::Uri| async move {
        let method = uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        grpc::refuse(&ApiError::NotImplemented(format!("unknown method {method}")))
    };
    let path = |method: &str| format!("/tempopb.StreamingQuerier/{method}");
    Router::new()
        .route(&path("Search"), method(search::search))
        .route(&path("SearchTags"), method(tags::names))
        .route(&path("SearchTagsV2"), method(tags::names_v2))
        .route(&path("SearchTagValues"), method(tags::values))
        .route(&path("SearchTagValuesV2"), method(tags::values_v2))
        .route(&path("MetricsQueryRange"), method(series::range))
        .route(&path("MetricsQueryInstant"), method(series::instant))
        .route(&path("{*method}"), any(unknown))
        .with_state(readiness)
}

/// A method of one message in and some out.
fn method<Request, Answer, Answers>(
    call: impl Fn(Arc<Core>, TenantId, Request) -> Answers + Clone + Send + Sync + 'static,
) -> MethodRouter<Readiness>
where
    Request: Message + Default + 'static,
    Answer: Message + 'static,
    Answers: Future<Output = Result<Vec<Answer>, ApiError>> + Send + 'static,
{
    post(async move |State(readiness): State<Readiness>, headers: HeaderMap, body: Body| {
        let answers = async {
            let (core, tenant, request) = request(&readiness, &headers, body).await?;
            call(core, tenant, request).await
        };
        match answers.await {
            Ok(messages) => grpc::answer_all(&messages),
            Err(error) => grpc::refuse(&error),
        }
    })
}

async fn request<Request: Message + Default>(
    readiness: &Readiness,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Arc<Core>, TenantId, Request), ApiError> {
    grpc::check_content_type(headers)?;
    let core = readiness.get().ok_or(ApiError::NotReady)?;
    let tenant = tenant::parse(headers.get(tenant::HEADER).map(HeaderValue::as_bytes))?;
    let encoding = grpc::encoding(headers)?;
    let body = core.inbound.read(body, REQUEST_BYTES_MAX).await?;
    let message = grpc::message(body.bytes, encoding, REQUEST_BYTES_MAX)?;
    let request = Request::decode(message).map_err(|e| ApiError::BadRequest(format!("malformed request: {e}")))?;
    Ok((core, tenant, request))
}

fn metrics(inspected: Inspected) -> SearchMetrics {
    SearchMetrics {
        inspected_traces: u32::try_from(inspected.traces).unwrap_or(u32::MAX),
        completed_jobs: 1,
        total_jobs: 1,
        inspected_spans: inspected.spans,
    }
}

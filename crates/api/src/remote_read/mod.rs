//! Prometheus remote read: several selections at once, as samples or as a stream of chunks.
//!
//! Answers are made series by series on a thread of their own and sent as they are made, no faster than the client
//! takes them.

mod chunks;
mod parts;
mod samples;

use std::sync::Arc;
use std::time::Duration;

use aio_source::MetricsSource;
use aio_types::{Labels, MatchOp, Matcher, Samples};
use aio_wire::body::{Encoding, decompress};
use aio_wire::remote_read::{Query, ReadRequest, ResponseType, decode};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::core::{Core, Ready};
use crate::error::{ApiError, TextError};
use crate::tenant::Tenant;
use parts::{Output, Stop};

/// Largest request, as sent and decompressed.
const REQUEST_BYTES_MAX: usize = 32 << 20;
/// Most samples one query may answer with where they are spelled out, as Prometheus has it.
const SAMPLES_MAX: usize = 50_000_000;
/// Reads under way at once, as Prometheus has it.
const CONCURRENCY: usize = 10;

/// The turns of reads.
#[derive(Debug)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(CONCURRENCY)))
    }

    async fn next(&self, wait: Duration) -> Result<OwnedSemaphorePermit, ApiError> {
        let turn = tokio::time::timeout(wait, Arc::clone(&self.0).acquire_owned()).await;
        turn.map_err(|_| ApiError::QueryQueueFull)?.map_err(|e| ApiError::Internal(e.to_string()))
    }
}

pub(crate) async fn read(Ready(core): Ready, Tenant(tenant): Tenant, body: Body) -> Result<Response, TextError> {
    let turn = core.read_turns.next(Duration::from_secs(core.config.query_timeout_seconds)).await?;
    let request = request(&core, body).await?;
    let form = request.response_type().ok_or_else(|| {
        ApiError::BadRequest(
            "server does not support any of the requested response types; supported: SAMPLES, STREAMED_XOR_CHUNKS"
                .to_owned(),
        )
    })?;
    let source = Source { stored: (core.sources.metrics)(&tenant), external: core.config.external_labels.clone() };
    let body = parts::body_made_by(move |output| {
        let _turn = turn;
        match form {
            ResponseType::Samples => samples::write(&source, &request.queries, SAMPLES_MAX, output),
            ResponseType::StreamedXorChunks => chunks::write(&source, &request.queries, output),
        }
    });
    let body = body.await?;
    Ok(match form {
        ResponseType::Samples => {
            let headers = [(header::CONTENT_TYPE, "application/x-protobuf"), (header::CONTENT_ENCODING, "snappy")];
            (headers, body).into_response()
        }
        ResponseType::StreamedXorChunks => {
            let media = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
            ([(header::CONTENT_TYPE, media)], body).into_response()
        }
    })
}

async fn request(core: &Core, body: Body) -> Result<ReadRequest, ApiError> {
    let body = core.inbound.read(body, REQUEST_BYTES_MAX).await?;
    let decoded = |bytes: Bytes| Ok(decode(&decompress(bytes, Encoding::Snappy, REQUEST_BYTES_MAX)?)?);
    core.inbound.decode(body, decoded).await.map_err(|error| match error {
        ApiError::TooLarge { .. } => ApiError::BadRequest(error.to_string()),
        other => other,
    })
}

/// What is read from.
struct Source {
    stored: Arc<dyn MetricsSource>,
    /// Series get these where they lack them.
    external: Labels,
}

impl Source {
    /// Stored series need not have what they will get.
    fn asked(&self, matchers: &[Matcher]) -> Vec<Matcher> {
        let will_match =
            |m: &&Matcher| m.op == MatchOp::Equal && !m.value.is_empty() && self.external.get(&m.name) == &*m.value;
        matchers.iter().filter(|m| !will_match(m)).cloned().collect()
    }

    fn labels(&self, stored: &Labels) -> Labels {
        if self.external.is_empty() {
            return stored.clone();
        }
        let mut labels = self.external.to_builder();
        stored.iter().for_each(|(name, value)| {
            labels.push(name, value);
        });
        labels.build()
    }
}

/// Every series of a query that has samples, sorted by labels.
fn each_series(
    source: &Source,
    query: &Query,
    output: &Output,
    mut each: impl FnMut(&Labels, &Samples) -> Result<(), Stop>,
) -> Result<(), Stop> {
    if query.range.end < query.range.start {
        return Ok(());
    }
    let mut samples = Samples::default();
    let mut found: Vec<_> = source.stored.select(&source.asked(&query.matchers), query.range)?;
    if !source.external.is_empty() {
        found.sort_by_cached_key(|series| source.labels(series.labels()));
    }
    for series in found {
        output.check()?;
        samples.clear();
        series.read(query.range, &mut samples)?;
        if !samples.is_empty() {
            each(&source.labels(series.labels()), &samples)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

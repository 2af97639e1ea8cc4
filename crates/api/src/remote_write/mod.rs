//! Prometheus remote write, 1.0 and 2.0.
//!
//! Of 1.0, a fault in a sample rolls the whole request back. Of 2.0, what is good is kept and the answer says how much
//! that was and what was wrong with the rest. Either way a failure of ours stores nothing, and asks to be retried.

mod message;

use std::sync::Arc;

use aio_ingest::{AppendReport, Ingest, OnFault};
use aio_types::TenantId;
use aio_wire::body::unsnap_into;
use aio_wire::remote_write::{Decoded, Faults, v1, v2};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::core::{Core, Ready};
use crate::error::ApiError;
use crate::tenant::Tenant;
use message::Message;

/// Largest request after decompression, as Prometheus has it; what is larger is a bad request.
const DECOMPRESSED_BYTES_MAX: usize = 32 << 20;

/// What was stored of a request, for the headers of 2.0: without them, senders take a receiver for one of 1.0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Written {
    samples: u64,
    histograms: u64,
    exemplars: u64,
}

pub(crate) async fn write(Ready(core): Ready, Tenant(tenant): Tenant, headers: HeaderMap, body: Body) -> Response {
    let message = match Message::of(&headers) {
        Ok(message) => message,
        Err(error) => return refusal(&error),
    };
    let (written, response) = match store(&core, tenant, message, body).await {
        Ok((written, faults)) if faults.is_empty() => (written, StatusCode::NO_CONTENT.into_response()),
        Ok((written, faults)) => (written, (StatusCode::BAD_REQUEST, format!("{faults}\n")).into_response()),
        Err(error) => (Written::default(), refusal(&error)),
    };
    match message {
        Message::V1 => response,
        Message::V2 => written.on(response),
    }
}

/// Senders show the body's first line as it is: plain text, not the query envelope.
fn refusal(error: &ApiError) -> Response {
    error.with_retry_hint((error.status(), format!("{error}\n")).into_response())
}

/// Stores a request, all or in part. Faults are what the sender is to hear of.
async fn store(core: &Core, tenant: TenantId, message: Message, body: Body) -> Result<(Written, Faults), ApiError> {
    let body = core.inbound.read(body, core.config.body_bytes_max).await?;
    let ingest = Arc::clone(&core.ingest);
    let then = move |(decoded, bytes)| store_decoded(&ingest, &tenant, message, decoded, bytes);
    let buffers = core.buffers.clone();
    let decode = move |bytes: Bytes| buffers.with(|buffer| decode(&bytes, message, buffer));
    core.inbound.decode_and(body, decode, then).await
}

fn store_decoded(
    ingest: &Ingest,
    tenant: &TenantId,
    message: Message,
    decoded: Decoded,
    decompressed_bytes: usize,
) -> Result<(Written, Faults), ApiError> {
    let Decoded { write, skipped, refused: mut faults } = decoded;
    if !skipped.is_empty() {
        tracing::warn!(%tenant, series = skipped.count, first = skipped.told.first(), "remote write: series skipped");
    }
    let on_fault = match message {
        Message::V1 if !faults.is_empty() => return Ok((Written::default(), faults)),
        Message::V1 => OnFault::KeepNothing,
        Message::V2 => OnFault::KeepTheRest,
    };
    let report = ingest.write_metrics(tenant, &write, decompressed_bytes, on_fault)?;
    let written = Written::of(&report);
    faults.extend(report.rejected, report.first_rejection.into_iter().chain(report.more_rejections));
    Ok((written, faults))
}

/// The request, and its size after decompression. `buffer` is for what is in between.
fn decode(body: &[u8], message: Message, buffer: &mut Vec<u8>) -> Result<(Decoded, usize), ApiError> {
    let decompressed_bytes = unsnap_into(body, DECOMPRESSED_BYTES_MAX, buffer).map_err(|error| match error {
        aio_wire::Error::TooLarge { .. } => ApiError::BadRequest(error.to_string()),
        other => other.into(),
    })?;
    let decompressed = buffer.get(..decompressed_bytes).unwrap_or_default();
    let decoded = match message {
        Message::V1 => v1::decode(decompressed),
        Message::V2 => v2::decode(decompressed),
    };
    Ok((decoded?, decompressed_bytes))
}

// === impl Written ===

impl Written {
    fn of(report: &AppendReport) -> Self {
        Self { samples: report.samples, histograms: report.histograms, exemplars: report.exemplars }
    }

    /// Adds the headers.
    fn on(self, mut response: Response) -> Response {
        for (name, count) in [
            ("x-prometheus-remote-write-samples-written", self.samples),
            ("x-prometheus-remote-write-histograms-written", self.histograms),
            ("x-prometheus-remote-write-exemplars-written", self.exemplars),
        ] {
            response.headers_mut().insert(name, count.into());
        }
        response
    }
}

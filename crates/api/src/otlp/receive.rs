//! From a body to the store, the same for every transport.

use std::sync::Arc;

use aio_ingest::LogsReport;
use aio_types::{LogsWrite, TenantId, TimestampMs, TracesWrite};
use aio_wire::otlp::{Signal, weight_of_json, weight_of_protobuf};
use aio_wire::otlp::{decode_json, decode_protobuf, logs, metrics, traces};
use bytes::Bytes;
use prost::Message;
use serde::de::DeserializeOwned;

use crate::core::Core;
use crate::error::ApiError;
use crate::inbound::Charged;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Protobuf,
    Json,
}

/// What became of an export: good parts are kept, the others counted.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) rejected: i64,
    pub(super) message: String,
    /// Whether there was nothing in it, of logs.
    pub(super) is_empty: bool,
}

/// `Export*ServiceResponse`: those of the three signals are the same on the wire.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

impl Outcome {
    pub(super) fn is_success(&self) -> bool {
        self.rejected == 0 && self.message.is_empty()
    }

    pub(super) fn response(&self) -> ExportResponse {
        let partial = PartialSuccess { rejected: self.rejected, error_message: self.message.clone() };
        ExportResponse { partial_success: (!self.is_success()).then_some(partial) }
    }

    fn add(&mut self, rejected: i64, message: &str) {
        self.rejected = self.rejected.saturating_add(rejected);
        if !self.message.is_empty() && !message.is_empty() {
            self.message.push_str("; ");
        }
        self.message.push_str(message);
    }

    /// Lines past a rate or a number of streams are to be sent again, with all that came with them: what is stored
    /// already changes nothing then.
    fn add_lines(&mut self, report: &LogsReport) -> Result<(), ApiError> {
        if report.is_limited {
            return Err(ApiError::Overloaded { message: report.message(), retry_after_seconds: 1 });
        }
        if report.rejected > 0 {
            self.add(i64::try_from(report.rejected).unwrap_or(i64::MAX), &report.message());
        }
        Ok(())
    }
}

enum Write {
    Metrics(Box<metrics::Translated>),
    Logs(LogsWrite),
    Traces(TracesWrite),
}

/// A body as what it means.
struct Translated {
    write: Write,
    outcome: Outcome,
    /// Memory it takes, roughly.
    weight: usize,
}

/// Decodes and stores one export. `open` takes the body out of its wrapping.
pub(super) async fn receive(
    core: &Core,
    tenant: TenantId,
    signal: Signal,
    format: Format,
    body: Charged,
    open: impl FnOnce(Bytes) -> Result<Bytes, ApiError> + Send + 'static,
) -> Result<Outcome, ApiError> {
    let now = core.ingest.now();
    let names = Arc::clone(&core.config.otlp);
    let decode = move |bytes| translate(signal, format, &open(bytes)?, now, &names);
    let translated = core.inbound.decode(body, decode).await?;
    store(core, tenant, translated).await
}

fn translate(
    signal: Signal,
    format: Format,
    body: &[u8],
    now: TimestampMs,
    names: &metrics::Translation,
) -> Result<Translated, ApiError> {
    let weight = match format {
        Format::Protobuf => weight_of_protobuf(body, signal)?,
        Format::Json => weight_of_json(body)?,
    };
    let mut outcome = Outcome::default();
    let write = match signal {
        Signal::Metrics => Write::Metrics(Box::new(metrics::translate(&decode(format, body)?, now, names))),
        Signal::Logs => Write::Logs(logs::translate(decode(format, body)?, now)),
        Signal::Traces => {
            let from = traces::translate(decode(format, body)?);
            outcome.add(from.rejected_spans, &from.message);
            Write::Traces(from.write)
        }
    };
    Ok(Translated { write, outcome, weight })
}

fn decode<T: Message + Default + DeserializeOwned>(format: Format, body: &[u8]) -> Result<T, ApiError> {
    Ok(match format {
        Format::Protobuf => decode_protobuf(body)?,
        Format::Json => decode_json(body)?,
    })
}

async fn store(core: &Core, tenant: TenantId, translated: Translated) -> Result<Outcome, ApiError> {
    let Translated { write, mut outcome, weight } = translated;
    match write {
        Write::Metrics(translated) => {
            let report = core.ingest.write_otlp_metrics(tenant, *translated, weight).await?;
            outcome.add(report.rejected_points, &report.message);
        }
        Write::Logs(write) => {
            outcome.is_empty = write.streams.is_empty();
            let report = core.ingest.write_logs(tenant, write, weight).await?;
            outcome.add_lines(&report)?;
        }
        Write::Traces(write) => core.ingest.write_traces(tenant, write, weight).await?,
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_past_a_rate_are_to_be_sent_again_and_bad_ones_are_counted() {
        let mut report = LogsReport::default();
        let mut outcome = Outcome::default();
        assert!(outcome.add_lines(&report).is_ok() && outcome.is_success());
        report.reject(2, "too old".to_owned());
        assert!(outcome.add_lines(&report).is_ok());
        assert_eq!((outcome.rejected, &*outcome.message), (2, "too old"));
        report.is_limited = true;
        let error = outcome.add_lines(&report).expect_err("limited");
        assert_eq!((error.status().as_u16(), error.grpc_code(), error.retry_after_seconds()), (429, 8, Some(1)));
        assert_eq!(error.to_string(), "too old");
    }
}

//! Sends batches over OTLP/gRPC.

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};

use crate::shop::Batch;

/// Why telemetry was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none.
    #[error("{endpoint:?} is no endpoint: {reason}")]
    Endpoint {
        /// As given.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The receiver could not be reached, or refused.
    #[error("sending {signal}: {status}")]
    Refused {
        /// What was sent.
        signal: &'static str,
        /// What came back.
        status: Box<tonic::Status>,
    },
    /// The receiver took part of it.
    #[error("sending {signal}: partly refused: {message}")]
    Partial {
        /// What was sent.
        signal: &'static str,
        /// What came back.
        message: String,
    },
}

/// A connection to an OTLP receiver.
#[derive(Debug, Clone)]
pub struct Sender {
    metrics: MetricsServiceClient<Channel>,
    logs: LogsServiceClient<Channel>,
    traces: TraceServiceClient<Channel>,
}

impl Sender {
    /// A sender to `http://HOST:PORT`. It connects when it first sends, and again when the connection was lost.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub fn new(endpoint: &str) -> Result<Self, Error> {
        let fault =
            |e: tonic::transport::Error| Error::Endpoint { endpoint: endpoint.to_owned(), reason: e.to_string() };
        let channel = Endpoint::from_shared(endpoint.to_owned()).map_err(fault)?.connect_lazy();
        Ok(Self {
            metrics: MetricsServiceClient::new(channel.clone()).send_compressed(CompressionEncoding::Gzip),
            logs: LogsServiceClient::new(channel.clone()).send_compressed(CompressionEncoding::Gzip),
            traces: TraceServiceClient::new(channel).send_compressed(CompressionEncoding::Gzip),
        })
    }

    /// Sends a batch: traces first, so that what logs and exemplars point to is there.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Partial`].
    pub async fn send(&mut self, batch: Batch) -> Result<(), Error> {
        if !batch.traces.resource_spans.is_empty() {
            let answer = self.traces.export(batch.traces).await.map_err(refused("traces"))?.into_inner();
            whole("traces", answer.partial_success.map(|p| p.error_message))?;
        }
        if !batch.logs.resource_logs.is_empty() {
            let answer = self.logs.export(batch.logs).await.map_err(refused("logs"))?.into_inner();
            whole("logs", answer.partial_success.map(|p| p.error_message))?;
        }
        for request in batch.metrics {
            let answer = self.metrics.export(request).await.map_err(refused("metrics"))?.into_inner();
            whole("metrics", answer.partial_success.map(|p| p.error_message))?;
        }
        Ok(())
    }
}

fn refused(signal: &'static str) -> impl Fn(tonic::Status) -> Error {
    move |status| Error::Refused { signal, status: Box::new(status) }
}

fn whole(signal: &'static str, message: Option<String>) -> Result<(), Error> {
    match message.filter(|m| !m.is_empty()) {
        None => Ok(()),
        Some(message) => Err(Error::Partial { signal, message }),
    }
}

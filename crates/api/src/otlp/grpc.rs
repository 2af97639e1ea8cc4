//! OTLP/gRPC.

use std::sync::Arc;

use aio_types::TenantId;
use axum::Router;
use axum::middleware::from_fn_with_state;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use prost::Message;
use tonic::codec::CompressionEncoding;
use tonic::server::NamedService;
use tonic::{Code, Request, Response, Status};

use crate::admission;
use crate::core::{Core, Readiness};
use crate::error::ApiError;
use crate::tenant;

/// Largest message after decompression: four times what senders stay below by default. It is decoded before it can be
/// weighed, so it cannot be as large as over HTTP.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

pub(crate) fn router(readiness: Readiness) -> Router {
    macro_rules! service {
        ($server:ident) => {{
            let service = $server::new(Receiver { readiness: readiness.clone() })
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
                .send_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(MESSAGE_BYTES_MAX);
            (format!("/{}/{{*rest}}", <$server<Receiver> as NamedService>::NAME), service)
        }};
    }
    let (metrics_path, metrics) = service!(MetricsServiceServer);
    let (logs_path, logs) = service!(LogsServiceServer);
    let (traces_path, traces) = service!(TraceServiceServer);
    Router::new()
        .route_service(&metrics_path, metrics)
        .route_service(&logs_path, logs)
        .route_service(&traces_path, traces)
        .layer(from_fn_with_state(readiness, admission::count))
}

struct Receiver {
    readiness: Readiness,
}

impl Receiver {
    /// What every export needs: the core, whose data it is, the message and its size.
    fn open<T: Message>(&self, request: Request<T>) -> Result<(Arc<Core>, TenantId, T, usize), Status> {
        let core = self.readiness.get().ok_or(ApiError::NotReady)?;
        let header = request.metadata().get(tenant::HEADER).map(|v| v.as_bytes().to_vec());
        let tenant = tenant::parse(header.as_deref())?;
        let message = request.into_inner();
        let bytes = message.encoded_len();
        Ok((core, tenant, message, bytes))
    }
}

impl From<ApiError> for Status {
    fn from(error: ApiError) -> Self {
        let status = Status::new(Code::from(error.grpc_code()), error.to_string());
        let ApiError::Overloaded { retry_after_seconds, .. } = error else { return status };
        // google.rpc.Status with one RetryInfo detail, as OTLP senders look for it.
        let retry =
            RetryInfo { retry_delay: Some(Delay { seconds: i64::try_from(retry_after_seconds).unwrap_or(60) }) };
        let details = RpcStatus {
            code: error.grpc_code(),
            message: error.to_string(),
            details: vec![Any {
                type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
                value: retry.encode_to_vec(),
            }],
        };
        Status::with_details(status.code(), status.message(), details.encode_to_vec().into())
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let (core, tenant, message, bytes) = self.open(request)?;
        Ok(Response::new(super::export_metrics(&core, tenant, message, bytes).await?))
    }
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let (core, tenant, message, bytes) = self.open(request)?;
        Ok(Response::new(super::export_logs(&core, tenant, message, bytes).await?))
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let (core, tenant, message, bytes) = self.open(request)?;
        Ok(Response::new(super::export_traces(&core, tenant, message, bytes).await?))
    }
}

//! OTLP, by HTTP and by gRPC, one receiver behind all spellings.

mod grpc;
mod http_routes;

use aio_ingest::OnFault;
use aio_types::TenantId;
use aio_wire::otlp::metrics::Translated;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};

pub(crate) use self::grpc::router as grpc_router;
pub(crate) use self::http_routes::router as http_router;
use crate::core::Core;
use crate::error::ApiError;

/// Stores one export: good points are kept, the others are counted in `partial_success`.
async fn export_metrics(
    core: &Core,
    tenant: TenantId,
    request: ExportMetricsServiceRequest,
    request_bytes: usize,
) -> Result<ExportMetricsServiceResponse, ApiError> {
    let translated = aio_wire::otlp::metrics::translate(request, core.ingest.now());
    let report = core.ingest.write_metrics(tenant, translated.write, request_bytes, OnFault::KeepTheRest).await?;
    let refused = Translated::points_of(&translated.points, &report.rejected_series);
    let rejected = translated.rejected_points.saturating_add(refused);
    let mut message = translated.message;
    // Late samples of `target_info` alone are nobody's fault: batches of one resource may overtake each other.
    if let Some(why) = report.first_rejection.filter(|_| refused > 0) {
        if !message.is_empty() {
            message.push_str("; ");
        }
        message.push_str(&why);
    }
    let partial = (rejected > 0 || !message.is_empty())
        .then_some(ExportMetricsPartialSuccess { rejected_data_points: rejected, error_message: message });
    Ok(ExportMetricsServiceResponse { partial_success: partial })
}

/// Stores one export: good records are kept, the others are counted in `partial_success`.
async fn export_logs(
    core: &Core,
    tenant: TenantId,
    request: ExportLogsServiceRequest,
    request_bytes: usize,
) -> Result<ExportLogsServiceResponse, ApiError> {
    let write = aio_wire::otlp::logs::translate(request, core.ingest.now());
    let report = core.ingest.write_logs(tenant, write, request_bytes).await?;
    let partial = (report.rejected > 0).then(|| ExportLogsPartialSuccess {
        rejected_log_records: i64::try_from(report.rejected).unwrap_or(i64::MAX),
        error_message: report.message(),
    });
    Ok(ExportLogsServiceResponse { partial_success: partial })
}

/// Stores one export: good spans are kept, the others are counted in `partial_success`.
async fn export_traces(
    core: &Core,
    tenant: TenantId,
    request: ExportTraceServiceRequest,
    request_bytes: usize,
) -> Result<ExportTraceServiceResponse, ApiError> {
    let translated = aio_wire::otlp::traces::translate(request);
    core.ingest.write_traces(tenant, translated.write, request_bytes).await?;
    let partial = (translated.rejected_spans > 0).then_some(ExportTracePartialSuccess {
        rejected_spans: translated.rejected_spans,
        error_message: translated.message,
    });
    Ok(ExportTraceServiceResponse { partial_success: partial })
}

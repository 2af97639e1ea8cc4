//! OTLP, by HTTP and by gRPC, one receiver behind all spellings.

mod grpc;
mod http_routes;

use aio_types::TenantId;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
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
    let report = core.ingest.write_metrics(tenant, translated.write, request_bytes).await?;
    let rejected_samples = i64::try_from(report.rejected).unwrap_or(i64::MAX);
    let rejected = translated.rejected_points.saturating_add(rejected_samples);
    let mut message = translated.message;
    if let Some(why) = report.first_rejection {
        if !message.is_empty() {
            message.push_str("; ");
        }
        message.push_str(&why);
    }
    let partial = (rejected > 0 || !message.is_empty())
        .then_some(ExportMetricsPartialSuccess { rejected_data_points: rejected, error_message: message });
    Ok(ExportMetricsServiceResponse { partial_success: partial })
}

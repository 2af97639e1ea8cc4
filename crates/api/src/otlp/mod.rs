//! OTLP, by HTTP and by gRPC, one receiver behind all spellings.

mod grpc;
mod http_routes;
mod receive;

pub(crate) use self::grpc::router as grpc_router;
pub(crate) use self::http_routes::{loki_router, prometheus_router, router as http_router};

/// What Loki says to a push or an export of nothing.
pub(crate) const NO_STREAM: &str = "error at least one valid stream is required for ingestion";

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use tower::ServiceExt;

    use super::*;
    use crate::core::Readiness;

    #[tokio::test]
    async fn senders_are_told_to_come_back_until_recovery_is_done() {
        for path in ["/v1/metrics", "/otlp/v1/logs", "/api/v1/otlp/v1/traces"] {
            let request = Request::post(path).header("content-type", "application/json").body(Body::empty());
            let answer = http_router(Readiness::new()).oneshot(request.expect("valid")).await.expect("answers");
            assert_eq!(answer.status(), 503);
            assert_eq!(answer.headers()["retry-after"], "1");
            assert_eq!(answer.headers()["content-type"], "application/json");
        }
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        let request = Request::post(path).header("content-type", "application/grpc").body(Body::empty());
        let answer = grpc_router(Readiness::new()).oneshot(request.expect("valid")).await.expect("answers");
        assert_eq!((answer.status().as_u16(), &answer.headers()["grpc-status"]), (200, &"14".parse().expect("valid")));
    }
}

//! OTLP, by HTTP and by gRPC, one receiver behind all spellings.

mod grpc;
mod http_routes;
mod receive;

pub(crate) use self::grpc::router as grpc_router;
pub(crate) use self::http_routes::{loki_router, router as http_router};

//! The table of targets.

mod api_params;
mod body;
mod connection;
mod files;
mod gotmpl;
mod histogram;
mod logql;
mod logs_store;
mod loki;
mod loki_chunks;
mod metrics_store;
mod notation;
mod otlp;
mod patterns;
mod prometheus_tsdb;
mod promql;
mod remote_read;
mod remote_write;
mod traceql;
mod traces_store;
mod wal;

/// What a target does with one input.
pub(crate) type Run = fn(&[u8]);

/// Name and function of each.
pub(crate) const ALL: &[(&str, Run)] = &[
    ("api_params", api_params::run),
    ("body", body::run),
    ("connection", connection::run),
    ("files", files::run),
    ("gotmpl", gotmpl::run),
    ("histogram", histogram::run),
    ("logql", logql::run),
    ("logql_stages", logql::stages),
    ("logs_chunk", logs_store::chunk),
    ("logs_text", logs_store::text),
    ("logs_record", logs_store::record),
    ("loki_chunk", loki_chunks::object),
    ("loki_json", loki::json),
    ("loki_labels", loki::labels),
    ("loki_protobuf", loki::protobuf),
    ("metrics_block", metrics_store::block),
    ("metrics_chunk", metrics_store::chunk),
    ("metrics_record", metrics_store::record),
    ("metrics_tombstone", metrics_store::tombstone),
    ("notation", notation::run),
    ("otlp_logs_json", otlp::logs_json),
    ("otlp_logs_protobuf", otlp::logs_protobuf),
    ("otlp_metrics_json", otlp::metrics_json),
    ("otlp_metrics_protobuf", otlp::metrics_protobuf),
    ("otlp_traces_json", otlp::traces_json),
    ("otlp_traces_protobuf", otlp::traces_protobuf),
    ("patterns", patterns::run),
    ("prometheus_block", prometheus_tsdb::block),
    ("prometheus_chunk", prometheus_tsdb::chunk),
    ("prometheus_record", prometheus_tsdb::record),
    ("promql", promql::run),
    ("remote_read", remote_read::run),
    ("remote_write", remote_write::v1),
    ("remote_write_v2", remote_write::v2),
    ("traceql", traceql::run),
    ("traces_block", traces_store::block),
    ("traces_record", traces_store::record),
    ("wal", wal::run),
];

/// The function of that name.
pub(crate) fn find(name: &str) -> Option<Run> {
    ALL.iter().find(|(n, _)| *n == name).map(|(_, run)| *run)
}

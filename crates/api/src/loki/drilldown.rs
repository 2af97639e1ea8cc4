//! What Logs Drilldown asks about the server.

use std::time::Duration;

use aio_ingest::{KeptStreams, LEVEL_NAMES};
use aio_types::duration_text;
use axum::Json;
use serde_json::{Value, json};

use super::params::Call;

/// `drilldown-limits`.
pub(super) async fn limits(call: Call) -> Json<Value> {
    let queries = call.logql().config();
    let writes = call.core.ingest.logs_limits();
    let retention = call.core.ingest.logs_retention(&call.tenant);
    Json(json!({
        "limits": {
            "discover_log_levels": true,
            "discover_service_name": [
                "service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container",
                "container_name", "k8s_container_name", "component", "workload", "job", "k8s_job_name",
            ],
            "log_level_fields": LEVEL_NAMES,
            "max_entries_limit_per_query": queries.lines_max,
            "max_line_size_truncate": writes.of(&call.tenant).is_cutting_lines,
            "max_query_bytes_read": "0B",
            "max_query_length": duration_text(Duration::from_nanos(queries.range_ns_max.unsigned_abs())),
            "max_query_lookback": "0s",
            "max_query_range": "0s",
            "max_query_series": queries.series_max,
            "metric_aggregation_enabled": false,
            "otlp_config": {},
            "pattern_persistence_enabled": true,
            "query_timeout": duration_text(call.core.queries.timeout()),
            "retention_period": duration_text(retention.time),
            "retention_stream": retention.streams.iter().map(kept).collect::<Vec<_>>(),
            "volume_enabled": true,
            "volume_max_series": queries.lines_max,
        },
        "pattern_ingester_enabled": true,
        "version": "3.7.0",
    }))
}

fn kept(streams: &KeptStreams) -> Value {
    let matchers: Vec<String> = streams.matchers.iter().map(ToString::to_string).collect();
    json!({
        "period": duration_text(streams.time),
        "priority": streams.priority,
        "selector": format!("{{{}}}", matchers.join(",")),
    })
}

//! What Logs Drilldown asks about the server.

use axum::Json;
use serde_json::{Value, json};

use super::params::{Call, LIMIT_MAX};

/// Names of labels and fields that hold a line's level, the first that is there wins.
const LEVEL_FIELDS: [&str; 14] = [
    "level",
    "LEVEL",
    "Level",
    "log.level",
    "severity",
    "SEVERITY",
    "Severity",
    "SeverityText",
    "lvl",
    "LVL",
    "Lvl",
    "severity_text",
    "Severity_Text",
    "SEVERITY_TEXT",
];

/// `drilldown-limits`.
pub(super) async fn limits(call: Call) -> Json<Value> {
    Json(json!({
        "limits": {
            "discover_log_levels": true,
            "discover_service_name": [
                "service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container",
                "container_name", "k8s_container_name", "component", "workload", "job", "k8s_job_name",
            ],
            "log_level_fields": LEVEL_FIELDS,
            "max_entries_limit_per_query": LIMIT_MAX,
            "max_line_size_truncate": false,
            "max_query_bytes_read": "0B",
            "max_query_length": "30d1h",
            "max_query_lookback": "0s",
            "max_query_range": "0s",
            "max_query_series": call.core.logql.limits().series_max,
            "metric_aggregation_enabled": false,
            "otlp_config": {},
            "pattern_persistence_enabled": true,
            "query_timeout": "1m",
            "retention_period": "0s",
            "retention_stream": [],
            "volume_enabled": true,
            "volume_max_series": LIMIT_MAX,
        },
        "pattern_ingester_enabled": true,
        "version": "3.7.0",
    }))
}

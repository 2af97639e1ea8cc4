//! OTLP: decoding, then what it means.

use aio_types::TimestampMs;
use aio_wire::Error;
use aio_wire::otlp::metrics::{Point, Promotion, Strategy, Translated, Translation};
use aio_wire::otlp::{decode_json, decode_protobuf, logs, metrics, traces};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

pub(super) fn metrics_json(data: &[u8]) {
    check_metrics(decode_json(data));
}

pub(super) fn metrics_protobuf(data: &[u8]) {
    check_metrics(decode_protobuf(data));
}

pub(super) fn logs_json(data: &[u8]) {
    check_logs(decode_json(data));
}

pub(super) fn logs_protobuf(data: &[u8]) {
    check_logs(decode_protobuf(data));
}

pub(super) fn traces_json(data: &[u8]) {
    check_traces(decode_json(data));
}

pub(super) fn traces_protobuf(data: &[u8]) {
    check_traces(decode_protobuf(data));
}

fn check_metrics(request: Result<ExportMetricsServiceRequest, Error>) {
    let Ok(request) = request else { return };
    for (i, (_, strategy)) in Strategy::NAMES.into_iter().enumerate() {
        let promotion = if i % 2 == 0 { Promotion::AllBut([].into()) } else { Promotion::Only([].into()) };
        let custom_buckets = i < 2;
        let translation =
            Translation { strategy, promotion, custom_buckets, promote_scope: true, ..Translation::default() };
        check_translated(metrics::translate(&request, NOW, &translation));
    }
}

/// Deltas add up to something that becomes series as well.
fn check_translated(mut out: Translated) {
    let mut total: Option<Point> = None;
    for delta in std::mem::take(&mut out.deltas) {
        let mut next = total.filter(|total| total.labels == delta.labels).unwrap_or_else(|| delta.clone());
        if !next.value.add(&delta.value) {
            next = delta;
        }
        out.spread(next.clone());
        total = Some(next);
    }
    assert_eq!(out.points.len(), out.write.series_count());
    assert!(out.write.iter().all(|s| !s.labels.metric_name().is_empty()), "a series without a name");
}

fn check_logs(request: Result<ExportLogsServiceRequest, Error>) {
    let Ok(request) = request else { return };
    let out = logs::translate(request, NOW);
    assert!(out.streams.iter().all(|s| !s.entries.is_empty()), "a stream without lines");
}

/// Spans that were taken can be given back.
fn check_traces(request: Result<ExportTraceServiceRequest, Error>) {
    let Ok(request) = request else { return };
    let spans = traces::translate(request).write.spans;
    let given = traces::to_otlp(&spans);
    let given: usize = given.resource_spans.iter().flat_map(|r| &r.scope_spans).map(|s| s.spans.len()).sum();
    assert_eq!(spans.len(), given);
}

//! The shop in time.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use crate::build::{resource, scope};
use crate::meters::Meters;
use crate::random::Random;
use crate::request::Request;
use crate::topology::{SERVICES, VISITS};

/// Visits are told about when they are surely over.
const LAG_NS: u64 = 5_000_000_000;
const EXPORT_EVERY_NS: u64 = 10_000_000_000;
const VISITS_PER_SECOND: f64 = 3.0;
/// A caller that stood still for hours gets the newest of what it missed.
const VISITS_PER_BATCH_MAX: usize = 20_000;

/// Telemetry ready to be sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Metrics of every export that became due, in order.
    pub metrics: Vec<ExportMetricsServiceRequest>,
    /// Log records.
    pub logs: ExportLogsServiceRequest,
    /// Spans.
    pub traces: ExportTraceServiceRequest,
}

/// The shop. Its telemetry follows from seed, start and the times it is advanced to; the sizes of the steps only decide
/// how the telemetry is cut into batches.
#[derive(Debug, Clone)]
pub struct Shop {
    random: Random,
    meters: Meters,
    next_visit: u64,
    next_export: u64,
}

impl Shop {
    /// A shop that opens at a time, in nanoseconds since the Unix epoch. One that opens in the past has a past to tell.
    #[must_use]
    pub fn new(seed: u64, start_unix_nanos: u64) -> Self {
        let start = start_unix_nanos / EXPORT_EVERY_NS * EXPORT_EVERY_NS;
        Self {
            random: Random(seed),
            meters: Meters::new(start),
            next_visit: start,
            next_export: start + EXPORT_EVERY_NS,
        }
    }

    /// Everything that is to be told by `now` and was not told before.
    pub fn advance(&mut self, now_unix_nanos: u64) -> Batch {
        let until = now_unix_nanos.saturating_sub(LAG_NS);
        let mut spans: [Vec<Span>; SERVICES.len()] = Default::default();
        let mut logs: [Vec<LogRecord>; SERVICES.len()] = Default::default();
        let mut metrics = Vec::new();
        let mut visits = 0;
        loop {
            let next = self.next_visit.min(self.next_export);
            if next > until || visits >= VISITS_PER_BATCH_MAX {
                break;
            }
            if next == self.next_export {
                metrics.push(self.export());
                continue;
            }
            visits += 1;
            self.next_visit += self.random.gap_ns(VISITS_PER_SECOND).max(1);
            let trace_id = [self.random.next().to_be_bytes(), (self.random.next() | 1).to_be_bytes()].concat();
            let visit = self.pick();
            let mut request = Request {
                random: &mut self.random,
                meters: &mut self.meters,
                spans: &mut spans,
                logs: &mut logs,
                trace_id: trace_id.try_into().unwrap_or([1; 16]),
            };
            request.visit(visit, next);
        }
        Batch { metrics, logs: logs_request(logs), traces: traces_request(spans) }
    }

    fn pick(&mut self) -> usize {
        let mut left = self.random.below(100);
        for (operation, weight) in VISITS {
            if left < weight {
                return operation;
            }
            left -= weight;
        }
        0
    }

    fn export(&mut self) -> ExportMetricsServiceRequest {
        let at = self.next_export;
        self.next_export += EXPORT_EVERY_NS;
        let resource_metrics: Vec<ResourceMetrics> = self.meters.export(at, &mut self.random);
        ExportMetricsServiceRequest { resource_metrics }
    }
}

fn logs_request(logs: [Vec<LogRecord>; SERVICES.len()]) -> ExportLogsServiceRequest {
    let groups = SERVICES.iter().zip(logs).filter(|(_, records)| !records.is_empty());
    let group = |(service, log_records)| ResourceLogs {
        resource: Some(resource(service)),
        scope_logs: vec![ScopeLogs { scope: Some(scope()), log_records, ..ScopeLogs::default() }],
        ..ResourceLogs::default()
    };
    ExportLogsServiceRequest { resource_logs: groups.map(group).collect() }
}

fn traces_request(spans: [Vec<Span>; SERVICES.len()]) -> ExportTraceServiceRequest {
    let groups = SERVICES.iter().zip(spans).filter(|(_, spans)| !spans.is_empty());
    let group = |(service, spans)| ResourceSpans {
        resource: Some(resource(service)),
        scope_spans: vec![ScopeSpans { scope: Some(scope()), spans, ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: groups.map(group).collect() }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    const START: u64 = 1_700_000_000_000_000_000;
    const MINUTE: u64 = 60_000_000_000;

    fn spans(batch: &Batch) -> Vec<&Span> {
        batch.traces.resource_spans.iter().flat_map(|r| &r.scope_spans).flat_map(|s| &s.spans).collect()
    }

    #[test]
    fn traces_hang_together_and_logs_point_into_them() {
        let batch = Shop::new(1, START).advance(START + 20 * MINUTE);
        let all: HashMap<_, _> = spans(&batch).into_iter().map(|s| ((&s.trace_id, &s.span_id), s)).collect();
        assert!(all.len() > 10_000);
        assert_eq!(all.len(), spans(&batch).len());
        for span in all.values().filter(|s| !s.parent_span_id.is_empty()) {
            let parent = all[&(&span.trace_id, &span.parent_span_id)];
            assert!(parent.start_time_unix_nano <= span.start_time_unix_nano, "{span:?} {parent:?}");
            assert!(parent.end_time_unix_nano >= span.end_time_unix_nano, "{span:?} {parent:?}");
            assert!(span.start_time_unix_nano < span.end_time_unix_nano);
        }
        let records: Vec<_> =
            batch.logs.resource_logs.iter().flat_map(|r| &r.scope_logs).flat_map(|s| &s.log_records).collect();
        assert!(records.iter().all(|r| all.contains_key(&(&r.trace_id, &r.span_id))));
        let levels: HashSet<_> = records.iter().map(|r| r.severity_text.as_str()).collect();
        assert_eq!(levels, HashSet::from(["DEBUG", "INFO", "WARN", "ERROR"]));
        assert_eq!(batch.metrics.len(), 119);
    }

    #[test]
    fn no_metric_is_told_before_it_has_points() {
        let mut shop = Shop::new(1, START);
        let batches: Vec<Batch> = (1..=60).map(|s| shop.advance(START + s * 1_000_000_000)).collect();
        let requests = batches.iter().flat_map(|batch| &batch.metrics);
        let told = format!("{:?}", requests.collect::<Vec<_>>());
        assert!(told.contains("shop.orders") && told.contains("data_points: [Number"));
        assert!(!told.contains("data_points: []"));
    }

    #[test]
    fn the_same_seed_tells_the_same_in_small_steps_and_large() {
        let mut whole = Shop::new(7, START);
        let whole = whole.advance(START + 2 * MINUTE);
        let mut stepped = Shop::new(7, START);
        let batches: Vec<Batch> = (1..=120).map(|s| stepped.advance(START + s * 1_000_000_000)).collect();
        let total: usize = batches.iter().map(|b| spans(b).len()).sum();
        assert_eq!(total, spans(&whole).len());
        let exports: Vec<_> = batches.into_iter().flat_map(|b| b.metrics).collect();
        assert_eq!(exports, whole.metrics);
    }
}

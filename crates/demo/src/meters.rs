//! The shop's metrics: cumulative, one set per service.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum, exemplar, metric::Data, number_data_point::Value,
};

use crate::build::{Of, attributes, resource, scope};
use crate::random::Random;
use crate::topology::{Backend, CHECKOUT, OPERATIONS, Operation, SERVICES};

/// Seconds, as the semantic conventions advise.
const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

#[derive(Debug, Clone, Default)]
struct Distribution {
    counts: [u64; BOUNDS.len() + 1],
    sum: f64,
    /// The last one since the last export.
    exemplar: Option<(u64, f64, Vec<u8>, Vec<u8>)>,
}

impl Distribution {
    fn record(&mut self, seconds: f64) {
        self.counts[BOUNDS.partition_point(|b| *b < seconds)] += 1;
        self.sum += seconds;
    }
}

/// Everything measured since the start.
#[derive(Debug, Clone)]
pub(crate) struct Meters {
    start: u64,
    /// By service, method, route, status.
    server: BTreeMap<(usize, &'static str, &'static str, i64), Distribution>,
    /// By service, system, operation.
    backend: BTreeMap<(usize, &'static str, &'static str), Distribution>,
    orders: BTreeMap<bool, u64>,
}

#[expect(clippy::cast_precision_loss, reason = "latencies are far below 2^53 ns")]
fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

impl Meters {
    pub(crate) fn new(start: u64) -> Self {
        Self { start, server: BTreeMap::new(), backend: BTreeMap::new(), orders: BTreeMap::new() }
    }

    pub(crate) fn server(
        &mut self,
        operation: &'static Operation,
        at: u64,
        took: u64,
        failed: bool,
        trace: &[u8],
        span: &[u8],
    ) {
        let key = (operation.service, operation.method, operation.route, if failed { 500 } else { 200 });
        let distribution = self.server.entry(key).or_default();
        distribution.record(seconds(took));
        distribution.exemplar = Some((at + took, seconds(took), trace.to_vec(), span.to_vec()));
        if std::ptr::eq(operation, &OPERATIONS[CHECKOUT]) || operation.route == "/orders" {
            *self.orders.entry(failed).or_default() += 1;
        }
    }

    pub(crate) fn backend(&mut self, service: usize, backend: &'static Backend, took: u64) {
        self.backend.entry((service, backend.system, backend.operation)).or_default().record(seconds(took));
    }

    /// All metrics as of `at`.
    pub(crate) fn export(&mut self, at: u64, random: &mut Random) -> Vec<ResourceMetrics> {
        (0..SERVICES.len()).map(|service| self.export_service(service, at, random)).collect()
    }

    fn export_service(&mut self, service: usize, at: u64, random: &mut Random) -> ResourceMetrics {
        let mut metrics = Vec::new();
        let start = self.start;
        let server =
            self.server.iter_mut().filter(|(key, _)| key.0 == service).map(|((_, method, route, status), d)| {
                let about = attributes([
                    ("http.request.method", Of::Text(method)),
                    ("http.route", Of::Text(route)),
                    ("http.response.status_code", Of::Int(*status)),
                ]);
                point(d, about, start, at)
            });
        metrics.push(histogram("http.server.request.duration", "How long requests took.", server.collect()));
        let backend = self.backend.iter_mut().filter(|(key, _)| key.0 == service).map(|((_, system, operation), d)| {
            let about = attributes([("db.system.name", Of::Text(system)), ("db.operation.name", Of::Text(operation))]);
            point(d, about, start, at)
        });
        metrics.push(histogram("db.client.operation.duration", "How long databases took.", backend.collect()));
        if SERVICES[service].name == "checkout" {
            metrics.push(self.orders(at));
        }
        let noise = i64::try_from(random.below(20 << 20)).unwrap_or(0);
        let base = 60_i64 << 20;
        let spread = i64::try_from(service).unwrap_or(0) * (15 << 20);
        metrics.push(gauge("process.memory.usage", "By", base + spread + noise, at));
        if SERVICES[service].name == "shipping" {
            metrics.push(gauge("queue.depth", "{parcel}", i64::try_from(random.below(40)).unwrap_or(0), at));
        }
        // A collector leaves out what was not measured yet; receivers may complain of it.
        metrics.retain(has_points);
        ResourceMetrics {
            resource: Some(resource(&SERVICES[service])),
            scope_metrics: vec![ScopeMetrics { scope: Some(scope()), metrics, ..ScopeMetrics::default() }],
            ..ResourceMetrics::default()
        }
    }

    fn orders(&self, at: u64) -> Metric {
        let points = self.orders.iter().map(|(failed, count)| NumberDataPoint {
            attributes: attributes([("outcome", Of::Text(if *failed { "failed" } else { "placed" }))]),
            start_time_unix_nano: self.start,
            time_unix_nano: at,
            value: Some(Value::AsInt(i64::try_from(*count).unwrap_or(i64::MAX))),
            ..NumberDataPoint::default()
        });
        let sum = Sum { data_points: points.collect(), aggregation_temporality: CUMULATIVE, is_monotonic: true };
        metric("shop.orders", "Orders by outcome.", "{order}", Data::Sum(sum))
    }
}

fn has_points(metric: &Metric) -> bool {
    match &metric.data {
        Some(Data::Gauge(gauge)) => !gauge.data_points.is_empty(),
        Some(Data::Sum(sum)) => !sum.data_points.is_empty(),
        Some(Data::Histogram(histogram)) => !histogram.data_points.is_empty(),
        _ => false,
    }
}

fn metric(name: &str, description: &str, unit: &str, data: Data) -> Metric {
    Metric {
        name: name.to_owned(),
        description: description.to_owned(),
        unit: unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

fn histogram(name: &str, description: &str, data_points: Vec<HistogramDataPoint>) -> Metric {
    metric(name, description, "s", Data::Histogram(Histogram { data_points, aggregation_temporality: CUMULATIVE }))
}

fn gauge(name: &str, unit: &str, value: i64, at: u64) -> Metric {
    let point = NumberDataPoint { time_unix_nano: at, value: Some(Value::AsInt(value)), ..NumberDataPoint::default() };
    metric(name, "", unit, Data::Gauge(Gauge { data_points: vec![point] }))
}

fn point(distribution: &mut Distribution, attributes: Vec<KeyValue>, start: u64, at: u64) -> HistogramDataPoint {
    let exemplars = distribution.exemplar.take().map(|(time, value, trace_id, span_id)| Exemplar {
        time_unix_nano: time.min(at),
        value: Some(exemplar::Value::AsDouble(value)),
        trace_id,
        span_id,
        ..Exemplar::default()
    });
    HistogramDataPoint {
        attributes,
        start_time_unix_nano: start,
        time_unix_nano: at,
        count: distribution.counts.iter().sum(),
        sum: Some(distribution.sum),
        bucket_counts: distribution.counts.to_vec(),
        explicit_bounds: BOUNDS.to_vec(),
        exemplars: exemplars.into_iter().collect(),
        ..HistogramDataPoint::default()
    }
}

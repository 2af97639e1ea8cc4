//! OTLP metrics to series, as Prometheus translates them.
//!
//! ```text
//!   request ──> resource, scope: labels of all ──> point: value, labels ──┬── cumulative ──> series
//!                                        └──> target_info ──> series      └── delta ──> Translated::deltas
//! ```
//!
//! Kinder than Prometheus: what is wrong with one point costs that point and is named; its neighbours are kept. Deltas
//! come out as points, to be added up by whoever remembers (`Value::add`) and then spread to series like all others.
//! What comes out is bounded: every point repeats its resource's labels.

mod accumulate;
mod buckets;
mod exemplar;
mod exponential_histogram;
mod fault;
mod gauge;
mod histogram;
mod label;
mod metric;
mod name;
mod number;
mod outcome;
mod point;
mod resource;
mod strategy;
mod sum;
mod summary;
mod target_info;
mod translation;
mod unit;

use aio_types::TimestampMs;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, ScopeMetrics};

use self::metric::Context;
use self::target_info::TargetInfo;

pub use self::exponential_histogram::Exponential;
pub use self::histogram::Explicit;
pub use self::outcome::Translated;
pub use self::point::{Point, Value};
pub use self::strategy::Strategy;
pub use self::summary::Summary;
pub use self::translation::{Promotion, Translation};

/// Translates a request; points without a time get `received_at`. One bad metric never costs its neighbours.
#[must_use]
pub fn translate(
    request: &ExportMetricsServiceRequest,
    received_at: TimestampMs,
    translation: &Translation,
) -> Translated {
    let mut out = Translated::default();
    let mut info = TargetInfo::default();
    for resource in &request.resource_metrics {
        of_resource(resource, received_at, translation, &mut info, &mut out);
    }
    info.finish(&mut out);
    out
}

fn of_resource(
    metrics: &ResourceMetrics,
    received_at: TimestampMs,
    translation: &Translation,
    info: &mut TargetInfo,
    out: &mut Translated,
) {
    let attributes = metrics.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
    let promoted = resource::promoted(attributes, translation, |key| out.nameless(key));
    let identity = resource::identity(attributes);
    let mut context = Context::new(translation, received_at, &promoted, &identity, out);
    for scope in &metrics.scope_metrics {
        of_scope(scope, &mut context);
    }
    if let Some(span) = context.span() {
        info.resource(attributes, identity, span, translation, out);
    }
}

fn of_scope(metrics: &ScopeMetrics, context: &mut Context<'_>) {
    let none = Default::default();
    let scope = metrics.scope.as_ref().unwrap_or(&none);
    let translation = context.translation();
    let labels = resource::of_scope(scope, &metrics.schema_url, translation, |key| context.out().nameless(key));
    context.enter(&labels);
    for metric in &metrics.metrics {
        context.metric(metric);
    }
}

#[cfg(test)]
mod tests;

//! What the messages of OTLP may hold, for [`crate::weight`].

use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, SummaryDataPoint,
};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use crate::Error;
use crate::weight::{self, Field, LEAF, Shape};

/// What a request exports: the messages inside differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `ExportMetricsServiceRequest`
    Metrics,
    /// `ExportLogsServiceRequest`
    Logs,
    /// `ExportTraceServiceRequest`
    Traces,
}

impl Signal {
    fn shape(self) -> &'static Shape {
        static METRICS: Shape = Shape::new(&[Field::list::<ResourceMetrics>(1, &RESOURCE_METRICS)]);
        static LOGS: Shape = Shape::new(&[Field::list::<ResourceLogs>(1, &RESOURCE_LOGS)]);
        static TRACES: Shape = Shape::new(&[Field::list::<ResourceSpans>(1, &RESOURCE_SPANS)]);
        match self {
            Self::Metrics => &METRICS,
            Self::Logs => &LOGS,
            Self::Traces => &TRACES,
        }
    }
}

/// Bytes a protobuf request takes when decoded, found without decoding it.
///
/// # Errors
/// [`Error::TooHeavy`] where that is more than one request may take.
pub fn weight_of_protobuf(body: &[u8], signal: Signal) -> Result<usize, Error> {
    weight::of_protobuf(body, signal.shape())
}

/// As [`weight_of_protobuf`], for JSON.
///
/// # Errors
/// As there.
pub fn weight_of_json(body: &[u8]) -> Result<usize, Error> {
    weight::of_json(body)
}

const fn attributes(tag: u64) -> Field {
    Field::list::<KeyValue>(tag, &KEY_VALUE)
}

static ANY: Shape = Shape::new(&[Field::inline(5, &ARRAY), Field::inline(6, &MAP)]);
static ARRAY: Shape = Shape::new(&[Field::list::<AnyValue>(1, &ANY)]);
static MAP: Shape = Shape::new(&[attributes(1)]);
static KEY_VALUE: Shape = Shape::new(&[Field::inline(2, &ANY)]);
static ENTITY: Shape = Shape::new(&[Field::list::<String>(3, &LEAF), Field::list::<String>(4, &LEAF)]);
static RESOURCE: Shape = Shape::new(&[attributes(1), Field::list::<EntityRef>(3, &ENTITY)]);
static SCOPE: Shape = Shape::new(&[attributes(3)]);

static RESOURCE_METRICS: Shape =
    Shape::new(&[Field::inline(1, &RESOURCE), Field::list::<ScopeMetrics>(2, &SCOPE_METRICS)]);
static SCOPE_METRICS: Shape = Shape::new(&[Field::inline(1, &SCOPE), Field::list::<Metric>(2, &METRIC)]);
static METRIC: Shape = Shape::new(&[
    attributes(12),
    Field::inline(5, &NUMBERS),
    Field::inline(7, &NUMBERS),
    Field::inline(9, &HISTOGRAMS),
    Field::inline(10, &EXPONENTIALS),
    Field::inline(11, &SUMMARIES),
]);
static NUMBERS: Shape = Shape::new(&[Field::list::<NumberDataPoint>(1, &NUMBER)]);
static NUMBER: Shape = Shape::new(&[attributes(7), Field::list::<Exemplar>(5, &EXEMPLAR)]);
static HISTOGRAMS: Shape = Shape::new(&[Field::list::<HistogramDataPoint>(1, &HISTOGRAM)]);
static HISTOGRAM: Shape = Shape::new(&[attributes(9), Field::list::<Exemplar>(8, &EXEMPLAR)]);
static EXPONENTIALS: Shape = Shape::new(&[Field::list::<ExponentialHistogramDataPoint>(1, &EXPONENTIAL)]);
static EXPONENTIAL: Shape = Shape::new(&[
    attributes(1),
    Field::inline(8, &BUCKETS),
    Field::inline(9, &BUCKETS),
    Field::list::<Exemplar>(11, &EXEMPLAR),
]);
static BUCKETS: Shape = Shape::new(&[Field::packed(2)]);
static SUMMARIES: Shape = Shape::new(&[Field::list::<SummaryDataPoint>(1, &SUMMARY)]);
static SUMMARY: Shape = Shape::new(&[attributes(7), Field::list::<ValueAtQuantile>(6, &LEAF)]);
static EXEMPLAR: Shape = Shape::new(&[attributes(7)]);

static RESOURCE_LOGS: Shape = Shape::new(&[Field::inline(1, &RESOURCE), Field::list::<ScopeLogs>(2, &SCOPE_LOGS)]);
static SCOPE_LOGS: Shape = Shape::new(&[Field::inline(1, &SCOPE), Field::list::<LogRecord>(2, &RECORD)]);
static RECORD: Shape = Shape::new(&[Field::inline(5, &ANY), attributes(6)]);

static RESOURCE_SPANS: Shape = Shape::new(&[Field::inline(1, &RESOURCE), Field::list::<ScopeSpans>(2, &SCOPE_SPANS)]);
static SCOPE_SPANS: Shape = Shape::new(&[Field::inline(1, &SCOPE), Field::list::<Span>(2, &SPAN)]);
static SPAN: Shape = Shape::new(&[attributes(9), Field::list::<Event>(11, &EVENT), Field::list::<Link>(13, &LINK)]);
static EVENT: Shape = Shape::new(&[attributes(3)]);
static LINK: Shape = Shape::new(&[attributes(4)]);

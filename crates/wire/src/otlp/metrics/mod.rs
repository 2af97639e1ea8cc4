//! OTLP metrics to series, names and labels as Prometheus' default translation makes them.

mod label;
mod name;

use std::collections::{BTreeMap, BTreeSet};

use aio_types::{
    Exemplar, Labels, LabelsBuilder, METRIC_NAME, Metadata, MetricKind, MetricsWrite, Sample, SeriesWrite, TimeRange,
    TimestampMs, stale_nan,
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, DataPointFlags, Exemplar as RawExemplar, ExponentialHistogramDataPoint, HistogramDataPoint,
    Metric, NumberDataPoint, SummaryDataPoint, exemplar, metric::Data, number_data_point,
};

/// Most characters of an exemplar's labels together.
const EXEMPLAR_RUNES_MAX: usize = 128;
/// Most buckets of one classic histogram point.
const BUCKETS_MAX: usize = 10_000;
/// Most label text one histogram point may be spread to: each bucket repeats the point's labels.
const BUCKET_LABEL_BYTES_MAX: usize = 16 << 20;
/// How far apart samples of `target_info` are: half a lookback.
const TARGET_INFO_STEP_MS: i64 = 150_000;
/// Most samples of `target_info` per resource: a request may span years.
const TARGET_INFO_SAMPLES_MAX: usize = 1000;
/// Most exemplars looked at per point.
const EXEMPLARS_MAX: usize = 1000;
/// Longest piece of a message: names in it are the sender's.
const REMARK_CHARS_MAX: usize = 300;

/// A translated request.
#[derive(Debug, Default)]
pub struct Translated {
    /// What is kept.
    pub write: MetricsWrite,
    /// For each series of `write`: which data point it was made of, counted over the request; `None` for series that
    /// belong to no point.
    pub points: Vec<Option<u32>>,
    /// Points that were not.
    pub rejected_points: i64,
    /// What was wrong, first fault of each kind; remarks on what was kept in part.
    pub message: String,
    /// The data point under way.
    point: u32,
}

/// Translates a request; points without a time get `received_at`. One bad metric never costs its neighbours.
#[must_use]
pub fn translate(request: ExportMetricsServiceRequest, received_at: TimestampMs) -> Translated {
    let mut out = Translated::default();
    for resource_metrics in request.resource_metrics {
        let attributes = resource_metrics.resource.map(|r| r.attributes).unwrap_or_default();
        let mut resource = Resource { identity: label::identity(&attributes), span: None, received_at };
        for metric in resource_metrics.scope_metrics.into_iter().flat_map(|s| s.metrics) {
            resource.metric(&mut out, metric);
        }
        if let (Some(span), Some(labels)) = (resource.span, label::target_info(&attributes)) {
            let samples: Vec<_> = target_info_times(span).map(|t| Sample { t, v: 1.0 }).collect();
            out.write.series.push(SeriesWrite { labels, samples: samples.into(), exemplars: Vec::new() });
            out.points.push(None);
        }
    }
    out
}

/// Often enough that no lookback misses it, from the earliest to the latest point of a resource.
fn target_info_times(span: TimeRange) -> impl Iterator<Item = TimestampMs> {
    let earlier = std::iter::successors(Some(span.start), |t| Some(t.saturating_add(TARGET_INFO_STEP_MS)));
    earlier.take_while(move |t| *t < span.end).take(TARGET_INFO_SAMPLES_MAX).chain([span.end])
}

impl Translated {
    /// How many data points the refused series come to; series of no point count for nothing.
    #[must_use]
    pub fn points_of(points: &[Option<u32>], refused_series: &[u32]) -> i64 {
        let of = |series: &u32| points.get(*series as usize).copied().flatten();
        let distinct: BTreeSet<u32> = refused_series.iter().filter_map(of).collect();
        i64::try_from(distinct.len()).unwrap_or(i64::MAX)
    }

    fn next_point(&mut self) {
        self.point = self.point.saturating_add(1);
    }

    fn reject(&mut self, points: usize, why: &str) {
        self.rejected_points = self.rejected_points.saturating_add(i64::try_from(points).unwrap_or(i64::MAX));
        self.remark(why);
    }

    fn remark(&mut self, why: &str) {
        // Bounded: a request of a million bad metrics must not yield a megabyte of text.
        let why: String = why.chars().take(REMARK_CHARS_MAX).collect();
        if self.message.len() < 1000 && !self.message.contains(&why) {
            let separator = if self.message.is_empty() { "" } else { "; " };
            self.message.push_str(separator);
            self.message.push_str(&why);
        }
    }

    fn push(&mut self, labels: Labels, t: TimestampMs, v: f64, exemplars: Vec<Exemplar>) {
        self.write.series.push(SeriesWrite { labels, samples: vec![Sample { t, v }].into(), exemplars });
        self.points.push(Some(self.point));
    }
}

/// One resource under way.
struct Resource {
    /// `job` and `instance`.
    identity: BTreeMap<String, String>,
    /// From its earliest to its latest point.
    span: Option<TimeRange>,
    received_at: TimestampMs,
}

impl Resource {
    fn metric(&mut self, out: &mut Translated, metric: Metric) {
        let Some(data) = &metric.data else {
            return out.reject(1, &format!("metric {:?}: it has no data that could be read", metric.name));
        };
        let (kind, points, temporality) = shape(data);
        let Some(name) = name::translate(&metric.name, &metric.unit, kind, matches!(data, Data::Gauge(_))) else {
            return out.reject(points, &format!("metric {:?}: the name has no usable character", metric.name));
        };
        if temporality.is_some_and(|t| t != AggregationTemporality::Cumulative as i32) {
            let why = format!("metric {:?}: not supported yet: temporality other than cumulative", metric.name);
            return out.reject(points, &why);
        }
        let metadata = Metadata { kind, help: metric.description, unit: metric.unit };
        out.write.metadata.push((name.clone(), metadata));
        match metric.data {
            Some(Data::Gauge(gauge)) => gauge.data_points.iter().for_each(|p| self.number(out, &name, p)),
            Some(Data::Sum(sum)) => sum.data_points.iter().for_each(|p| self.number(out, &name, p)),
            Some(Data::Histogram(h)) => h.data_points.iter().for_each(|p| self.histogram(out, &name, p)),
            Some(Data::Summary(s)) => s.data_points.iter().for_each(|p| self.summary(out, &name, p)),
            Some(Data::ExponentialHistogram(h)) => {
                out.remark(&format!(
                    "metric {name:?}: buckets of exponential histograms are not kept yet, only count and sum"
                ));
                h.data_points.iter().for_each(|p| self.exponential(out, &name, p));
            }
            None => {}
        }
    }

    fn time(&mut self, unix_nanos: u64) -> TimestampMs {
        let t = if unix_nanos == 0 { self.received_at } else { TimestampMs::from_unix_nanos(unix_nanos) };
        let span = self.span.get_or_insert(TimeRange { start: t, end: t });
        *span = TimeRange { start: span.start.min(t), end: span.end.max(t) };
        t
    }

    fn labels(&self, attributes: &[KeyValue], name: &str, extra: Option<(&str, String)>) -> Labels {
        let mut builder = LabelsBuilder::default();
        for (key, value) in label::of_attributes(attributes).into_iter().chain(self.identity.clone()) {
            builder.push(key, value);
        }
        if let Some((key, value)) = extra {
            builder.push(key, value);
        }
        builder.push(METRIC_NAME, name);
        builder.build()
    }

    fn number(&mut self, out: &mut Translated, name: &str, point: &NumberDataPoint) {
        out.next_point();
        #[expect(clippy::cast_precision_loss, reason = "samples are floats")]
        let value = match point.value {
            Some(number_data_point::Value::AsDouble(v)) => v,
            Some(number_data_point::Value::AsInt(v)) => v as f64,
            None if no_value(point.flags) => f64::NAN,
            None => return out.reject(1, &format!("metric {name:?}: a data point has no value")),
        };
        let t = self.time(point.time_unix_nano);
        let exemplars = point.exemplars.iter().take(EXEMPLARS_MAX).map(|e| exemplar_of(e, t)).collect();
        let value = if no_value(point.flags) { stale_nan() } else { value };
        out.push(self.labels(&point.attributes, name, None), t, value, exemplars);
    }

    fn histogram(&mut self, out: &mut Translated, name: &str, point: &HistogramDataPoint) {
        out.next_point();
        let bounds = &point.explicit_bounds;
        if !point.bucket_counts.is_empty() && point.bucket_counts.len() != bounds.len() + 1 {
            return out.reject(
                1,
                &format!(
                    "metric {name:?}: a histogram has {} bounds but {} buckets",
                    bounds.len(),
                    point.bucket_counts.len()
                ),
            );
        }
        if bounds.iter().any(|b| b.is_nan()) || bounds.windows(2).any(|w| w[0] >= w[1]) {
            return out.reject(1, &format!("metric {name:?}: the bounds of a histogram do not ascend"));
        }
        if bounds.len() > BUCKETS_MAX
            || label::text_bytes(&point.attributes).saturating_mul(bounds.len()) > BUCKET_LABEL_BYTES_MAX
        {
            return out.reject(1, &format!("metric {name:?}: a histogram with {} bounds is too large", bounds.len()));
        }
        let t = self.time(point.time_unix_nano);
        let stale = no_value(point.flags);
        let value = |v: f64| if stale { stale_nan() } else { v };
        self.count_and_sum(out, name, &point.attributes, t, value(count(point.count)), point.sum.map(value));
        let mut exemplars: Vec<(f64, Exemplar)> =
            point.exemplars.iter().take(EXEMPLARS_MAX).map(|e| (raw_value(e), exemplar_of(e, t))).collect();
        let mut cumulative = 0_u64;
        // The bucket without end is written from the count, whether or not its bound is spelled out.
        for (bound, bucket) in bounds.iter().filter(|b| **b < f64::INFINITY).zip(&point.bucket_counts) {
            cumulative = cumulative.saturating_add(*bucket);
            let (inside, rest) = exemplars.into_iter().partition(|(v, _)| v <= bound);
            exemplars = rest;
            self.bucket(out, name, point, *bound, t, value(count(cumulative)), inside);
        }
        self.bucket(out, name, point, f64::INFINITY, t, value(count(point.count)), exemplars);
    }

    #[expect(clippy::too_many_arguments, reason = "one line of a histogram")]
    fn bucket(
        &self,
        out: &mut Translated,
        name: &str,
        point: &HistogramDataPoint,
        bound: f64,
        t: TimestampMs,
        v: f64,
        exemplars: Vec<(f64, Exemplar)>,
    ) {
        let labels =
            self.labels(&point.attributes, &format!("{name}_bucket"), Some(("le", super::value::number(bound))));
        out.push(labels, t, v, exemplars.into_iter().map(|(_, e)| e).collect());
    }

    fn count_and_sum(
        &self,
        out: &mut Translated,
        name: &str,
        attributes: &[KeyValue],
        t: TimestampMs,
        count: f64,
        sum: Option<f64>,
    ) {
        out.push(self.labels(attributes, &format!("{name}_count"), None), t, count, Vec::new());
        if let Some(sum) = sum {
            out.push(self.labels(attributes, &format!("{name}_sum"), None), t, sum, Vec::new());
        }
    }

    fn exponential(&mut self, out: &mut Translated, name: &str, point: &ExponentialHistogramDataPoint) {
        out.next_point();
        let t = self.time(point.time_unix_nano);
        let value = |v: f64| if no_value(point.flags) { stale_nan() } else { v };
        self.count_and_sum(out, name, &point.attributes, t, value(count(point.count)), point.sum.map(value));
    }

    fn summary(&mut self, out: &mut Translated, name: &str, point: &SummaryDataPoint) {
        out.next_point();
        let t = self.time(point.time_unix_nano);
        let value = |v: f64| if no_value(point.flags) { stale_nan() } else { v };
        self.count_and_sum(out, name, &point.attributes, t, value(count(point.count)), Some(value(point.sum)));
        for q in &point.quantile_values {
            let labels = self.labels(&point.attributes, name, Some(("quantile", super::value::number(q.quantile))));
            out.push(labels, t, value(q.value), Vec::new());
        }
    }
}

/// Declared type, number of points, temporality where there is one.
fn shape(data: &Data) -> (MetricKind, usize, Option<i32>) {
    match data {
        Data::Gauge(g) => (MetricKind::Gauge, g.data_points.len(), None),
        Data::Sum(s) if s.is_monotonic => (MetricKind::Counter, s.data_points.len(), Some(s.aggregation_temporality)),
        Data::Sum(s) => (MetricKind::Gauge, s.data_points.len(), Some(s.aggregation_temporality)),
        Data::Histogram(h) => (MetricKind::Histogram, h.data_points.len(), Some(h.aggregation_temporality)),
        Data::ExponentialHistogram(h) => (MetricKind::Histogram, h.data_points.len(), Some(h.aggregation_temporality)),
        Data::Summary(s) => (MetricKind::Summary, s.data_points.len(), None),
    }
}

fn no_value(flags: u32) -> bool {
    flags & DataPointFlags::NoRecordedValueMask as u32 != 0
}

#[expect(clippy::cast_precision_loss, reason = "samples are floats")]
fn count(n: u64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "samples are floats")]
fn raw_value(raw: &RawExemplar) -> f64 {
    match raw.value {
        Some(exemplar::Value::AsDouble(v)) => v,
        Some(exemplar::Value::AsInt(v)) => v as f64,
        None => 0.0,
    }
}

fn exemplar_of(raw: &RawExemplar, point_time: TimestampMs) -> Exemplar {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mut pairs = Vec::new();
    for (key, id) in [("trace_id", &raw.trace_id), ("span_id", &raw.span_id)] {
        if !id.is_empty() {
            pairs.push((key.to_owned(), hex(id)));
        }
    }
    let mut runes: usize = pairs.iter().map(|(k, v)| k.len() + v.len()).sum();
    for (key, value) in label::of_attributes(&raw.filtered_attributes) {
        runes += key.chars().count() + value.chars().count();
        if runes > EXEMPLAR_RUNES_MAX {
            break;
        }
        pairs.push((key, value));
    }
    let t = if raw.time_unix_nano == 0 { point_time } else { TimestampMs::from_unix_nanos(raw.time_unix_nano) };
    Exemplar { labels: Labels::from_pairs(pairs), sample: Sample { t, v: raw_value(raw) } }
}

#[cfg(test)]
mod tests;

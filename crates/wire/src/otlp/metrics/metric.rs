//! One metric: its name, its metadata, and the way of each of its points.

use aio_types::{Labels, LabelsBuilder, METRIC_NAME, Metadata, MetricKind, TimeRange, TimestampMs};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, DataPointFlags, Exemplar as RawExemplar, Metric, metric::Data,
};

use super::fault::Fault;
use super::name::{self, Kind};
use super::outcome::Translated;
use super::point::{Point, Value};
use super::resource::Pair;
use super::translation::Translation;
use super::{exemplar, label, unit};

/// Points further ahead no store takes; they say nothing about when their resource was there.
const AHEAD_MS_MAX: i64 = 600_000;

/// What surrounds a metric.
pub(super) struct Context<'c> {
    translation: &'c Translation,
    received_at: TimestampMs,
    promoted: &'c [Pair<'c>],
    identity: &'c [Pair<'c>],
    scope: Vec<(String, String)>,
    /// Labels and text of all three.
    size: (usize, usize),
    /// From the resource's earliest to its latest point.
    span: Option<TimeRange>,
    out: &'c mut Translated,
}

/// A metric under its new name.
pub(super) struct Family {
    name: String,
    is_delta: bool,
}

/// What all kinds of points have.
pub(super) struct Common<'p> {
    pub(super) attributes: &'p [KeyValue],
    pub(super) time_unix_nano: u64,
    pub(super) start_time_unix_nano: u64,
    pub(super) flags: u32,
    pub(super) exemplars: &'p [RawExemplar],
}

impl Common<'_> {
    /// The sender has nothing to say any more.
    pub(super) fn is_stale(&self) -> bool {
        self.flags & DataPointFlags::NoRecordedValueMask as u32 != 0
    }
}

impl<'c> Context<'c> {
    pub(super) fn new(
        translation: &'c Translation,
        received_at: TimestampMs,
        promoted: &'c [Pair<'c>],
        identity: &'c [Pair<'c>],
        out: &'c mut Translated,
    ) -> Self {
        Self { translation, received_at, promoted, identity, scope: Vec::new(), size: (0, 0), span: None, out }
    }

    pub(super) fn translation(&self) -> &'c Translation {
        self.translation
    }

    pub(super) fn out(&mut self) -> &mut Translated {
        self.out
    }

    pub(super) fn span(&self) -> Option<TimeRange> {
        self.span
    }

    /// What follows is of the scope with these labels.
    pub(super) fn enter(&mut self, scope: &[Pair<'_>]) {
        self.scope = scope.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let around = self.promoted.iter().chain(self.identity).chain(scope);
        self.size = around.fold((0, 0), |(labels, text), (name, value)| (labels + 1, text + name.len() + value.len()));
    }

    /// Translates all of one metric's points.
    pub(super) fn metric(&mut self, metric: &Metric) {
        let Some(data) = &metric.data else {
            return self.out.reject(1, &of_metric(&metric.name, &Fault::NoData));
        };
        let shape = Shape::of(data);
        if shape.points == 0 {
            return self.out.remark(&format!("metric {:?}: it has no data points and was left out", metric.name));
        }
        match self.family(metric, &shape) {
            Ok(family) => self.points(&family, data),
            Err(fault) => self.out.reject(shape.points, &of_metric(&metric.name, &fault)),
        }
    }

    fn family(&mut self, metric: &Metric, shape: &Shape) -> Result<Family, Fault> {
        let is_delta = match shape.temporality {
            None | Some(AggregationTemporality::Cumulative) => false,
            Some(AggregationTemporality::Delta) => true,
            Some(AggregationTemporality::Unspecified) => return Err(Fault::Temporality),
        };
        let name = name::translate(&metric.name, &metric.unit, shape.name_kind(), self.translation.strategy)?;
        let metadata = Metadata { kind: shape.kind, help: metric.description.clone(), unit: unit::name(&metric.unit) };
        self.out.make_room(1, 2, name.len() + metadata.help.len() + metadata.unit.len(), 0)?;
        self.out.write.metadata.push((name.clone(), metadata));
        Ok(Family { name, is_delta })
    }

    fn points(&mut self, family: &Family, data: &Data) {
        match data {
            Data::Gauge(gauge) => super::gauge::translate(self, family, gauge),
            Data::Sum(sum) => super::sum::translate(self, family, sum),
            Data::Histogram(h) => super::histogram::translate(self, family, h),
            Data::ExponentialHistogram(h) => super::exponential_histogram::translate(self, family, h),
            Data::Summary(summary) => super::summary::translate(self, family, summary),
        }
    }

    /// Takes a point whose value is known, or says why not.
    pub(super) fn point(&mut self, family: &Family, common: &Common<'_>, value: Result<Value, Fault>) {
        let number = self.out.next_point();
        match value.and_then(|value| self.finish(family, common, value, number)) {
            Ok(point) if family.is_delta => self.out.deltas.push(point),
            Ok(point) => self.out.spread(point),
            Err(fault) => self.out.reject(1, &of_metric(&family.name, &fault)),
        }
    }

    fn finish(&mut self, family: &Family, common: &Common<'_>, value: Value, number: u32) -> Result<Point, Fault> {
        let labels = self.labels(&family.name, common, &value)?;
        let t = self.time(common.time_unix_nano);
        let exemplars = exemplar::read(common.exemplars, t);
        let start = start(common.start_time_unix_nano, t);
        Ok(Point { labels, t, start, value, is_stale: common.is_stale(), exemplars, number })
    }

    /// The point's attributes, what was promoted of the resource below them, identity and scope above.
    fn labels(&mut self, family: &str, common: &Common<'_>, value: &Value) -> Result<Labels, Fault> {
        let own = label::of_attributes(common.attributes, &[], self.translation, |name| self.out.collision(name))?;
        let text: usize = own.iter().map(|(name, value)| name.len() + value.len()).sum();
        let more = value.bytes() + exemplar::bytes(common.exemplars);
        let (labels, around) = self.size;
        self.out.make_room(value.series(), own.len() + labels + 2, text + around + family.len(), more)?;
        let mut builder = LabelsBuilder::default();
        for (name, value) in self.promoted {
            builder.push(&**name, &**value);
        }
        for (name, value) in own.into_iter().filter(|(_, value)| !value.is_empty()) {
            builder.push(name.into_owned(), value.into_owned());
        }
        for (name, value) in self.identity {
            builder.push(&**name, &**value);
        }
        for (name, value) in &self.scope {
            builder.push(name.as_str(), value.as_str());
        }
        builder.push(METRIC_NAME, family);
        Ok(builder.build())
    }

    fn time(&mut self, unix_nanos: u64) -> TimestampMs {
        let t = if unix_nanos == 0 { self.received_at } else { TimestampMs::from_unix_nanos(unix_nanos) };
        if t <= self.received_at.saturating_add(AHEAD_MS_MAX) {
            let span = self.span.get_or_insert(TimeRange { start: t, end: t });
            *span = TimeRange { start: span.start.min(t), end: span.end.max(t) };
        }
        t
    }
}

/// Since when a point counts; one that began after it ended did not say.
fn start(unix_nanos: u64, t: TimestampMs) -> TimestampMs {
    let start = TimestampMs::from_unix_nanos(unix_nanos);
    if start > t { TimestampMs(0) } else { start }
}

fn of_metric(name: &str, fault: &Fault) -> String {
    format!("metric {name:?}: {fault}")
}

/// What a metric's data says of all its points.
struct Shape {
    kind: MetricKind,
    is_gauge: bool,
    points: usize,
    temporality: Option<AggregationTemporality>,
}

impl Shape {
    fn of(data: &Data) -> Self {
        let (kind, points, temporality) = match data {
            Data::Gauge(g) => (MetricKind::Gauge, g.data_points.len(), None),
            Data::Sum(s) => {
                let kind = if s.is_monotonic { MetricKind::Counter } else { MetricKind::Gauge };
                (kind, s.data_points.len(), Some(s.aggregation_temporality()))
            }
            Data::Histogram(h) => (MetricKind::Histogram, h.data_points.len(), Some(h.aggregation_temporality())),
            Data::ExponentialHistogram(h) => {
                (MetricKind::Histogram, h.data_points.len(), Some(h.aggregation_temporality()))
            }
            Data::Summary(s) => (MetricKind::Summary, s.data_points.len(), None),
        };
        Self { kind, is_gauge: matches!(data, Data::Gauge(_)), points, temporality }
    }

    fn name_kind(&self) -> Kind {
        match self.kind {
            MetricKind::Counter => Kind::Counter,
            _ if self.is_gauge => Kind::Gauge,
            _ => Kind::Other,
        }
    }
}

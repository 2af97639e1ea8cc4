//! Samples as families of a page.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aio_types::{Labels, METRIC_NAME, ResetHint};
use aio_wire::exposition::{LabelPair, Metric, MetricFamily, MetricType, Untyped};
use aio_wire::openmetrics::Escaping;

use super::newest::{Newest, Value};
use super::text::is_plain_name;

/// How samples become families.
pub(super) struct Page<'a> {
    pub(super) external: &'a Labels,
    pub(super) escaping: Escaping,
}

impl Page<'_> {
    /// A family per run of samples of one name and type, so that a name of several types has several, as upstream has
    /// it. `native`: whether histograms with exponential buckets have a place in the format; those with custom buckets
    /// become classic ones in each.
    pub(super) fn families(&self, all: &[Newest], native: bool) -> Vec<MetricFamily> {
        let mut families: Vec<MetricFamily> = Vec::new();
        let mut current = None;
        for newest in all {
            let name = newest.labels.metric_name();
            let Some(kind) = kind(&newest.value, native).filter(|_| !name.is_empty()) else { continue };
            if current != Some((name, kind)) {
                let name = Some(self.name(name).into_owned());
                families.push(MetricFamily { name, r#type: Some(kind.into()), metric: Vec::new() });
                current = Some((newest.labels.metric_name(), kind));
            }
            if let Some(family) = families.last_mut() {
                family.metric.push(self.metric(newest));
            }
        }
        families
    }

    fn metric(&self, newest: &Newest) -> Metric {
        let mut metric =
            Metric { label: self.labels(&newest.labels), timestamp_ms: Some(newest.t.0), ..Metric::default() };
        match &newest.value {
            Value::Float(v) => metric.untyped = Some(Untyped { value: Some(*v) }),
            Value::Histogram(h) => metric.histogram = Some((&**h).into()),
        }
        metric
    }

    /// The series' own labels, then the external ones it lacks, `instance` among them even where it is empty.
    fn labels(&self, labels: &Labels) -> Vec<LabelPair> {
        let own = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
        let mut extra: BTreeMap<&str, &str> = self.external.iter().collect();
        extra.entry("instance").or_default();
        let lacking = extra.into_iter().filter(|(name, _)| labels.get(name).is_empty());
        own.chain(lacking)
            .map(|(name, value)| LabelPair { name: Some(self.name(name).into_owned()), value: Some(value.to_owned()) })
            .collect()
    }

    /// Plain names stay as they are in every scheme.
    fn name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if is_plain_name(name) { Cow::Borrowed(name) } else { self.escaping.metric(name) }
    }
}

fn kind(value: &Value, native: bool) -> Option<MetricType> {
    match value {
        Value::Float(_) => Some(MetricType::Untyped),
        Value::Histogram(h) if !native && !h.uses_custom_buckets() => None,
        Value::Histogram(h) if h.reset_hint == ResetHint::Gauge => Some(MetricType::GaugeHistogram),
        Value::Histogram(_) => Some(MetricType::Histogram),
    }
}

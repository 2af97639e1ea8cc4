//! The newest sample of each series.

use std::collections::BTreeMap;
use std::sync::Arc;

use aio_source::MetricsSource;
use aio_types::{Histogram, Labels, Matcher, Samples, TimeRange, TimestampMs, is_stale};

use crate::error::ApiError;

/// The newest sample of one series.
pub(super) struct Newest {
    pub(super) labels: Labels,
    pub(super) t: TimestampMs,
    pub(super) value: Value,
}

pub(super) enum Value {
    Float(f64),
    Histogram(Arc<Histogram>),
}

/// One sample per series, by name, each series once however often it is selected.
pub(super) fn newest(
    source: &dyn MetricsSource,
    selections: &[Vec<Matcher>],
    range: TimeRange,
) -> Result<Vec<Newest>, ApiError> {
    let mut found: BTreeMap<(String, Labels), Newest> = BTreeMap::new();
    let mut samples = Samples::default();
    for matchers in selections {
        for series in source.select(matchers, range)? {
            samples.clear();
            series.read(range, &mut samples)?;
            if let Some(newest) = last(series.labels(), &samples) {
                found.insert((series.labels().metric_name().to_owned(), series.labels().clone()), newest);
            }
        }
    }
    Ok(found.into_values().collect())
}

/// `None` where the series has ended.
fn last(labels: &Labels, samples: &Samples) -> Option<Newest> {
    let float = samples.floats.last().map(|s| (s.t, Value::Float(s.v)));
    let histogram = samples.histograms.last().map(|s| (s.t, Value::Histogram(s.h.clone())));
    let (t, value) = float.into_iter().chain(histogram).max_by_key(|(t, _)| *t)?;
    let ended = match &value {
        Value::Float(v) => is_stale(*v),
        Value::Histogram(h) => h.is_stale(),
    };
    (!ended).then(|| Newest { labels: labels.clone(), t, value })
}

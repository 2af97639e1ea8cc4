//! `target_info`: what a resource is, beside its identity.

use std::collections::{BTreeMap, BTreeSet};

use aio_types::{Labels, METRIC_NAME, Metadata, MetricKind, Sample, Samples, TimeRange, TimestampMs};
use opentelemetry_proto::tonic::common::v1::KeyValue;

use super::label;
use super::outcome::Translated;
use super::resource::{IDENTIFYING, Pair};
use super::translation::Translation;

const NAME: &str = "target_info";
/// Most samples per resource: a request may span years.
const SAMPLES_MAX: i64 = 1000;

/// The series of all resources of a request, each sample once.
#[derive(Debug, Default)]
pub(super) struct TargetInfo {
    times: BTreeMap<Labels, BTreeSet<TimestampMs>>,
}

impl TargetInfo {
    /// Adds a resource that has points in `span`, if it has an identity and more to say.
    pub(super) fn resource(
        &mut self,
        attributes: &[KeyValue],
        identity: Vec<Pair<'_>>,
        span: TimeRange,
        translation: &Translation,
        out: &mut Translated,
    ) {
        let says_more = attributes.iter().any(|kv| !IDENTIFYING.contains(&kv.key.as_str()));
        if !translation.target_info || !says_more {
            return;
        }
        let left_out = if translation.keep_identifying_attributes { &[][..] } else { &IDENTIFYING };
        let pairs = match label::of_attributes(attributes, left_out, translation, |name| out.collision(name)) {
            Ok(pairs) => pairs,
            Err(fault) => return out.remark(&format!("{NAME} was left out: {fault}")),
        };
        let labels = Labels::from_pairs(pairs.into_iter().chain(identity).chain([(METRIC_NAME.into(), NAME.into())]));
        if labels.get("job").is_empty() && labels.get("instance").is_empty() {
            return;
        }
        let times: Vec<TimestampMs> = times(span, translation.lookback_ms).collect();
        let text = labels.iter().map(|(name, value)| name.len() + value.len()).sum();
        match out.make_room(1, labels.len(), text, times.len() * 4 * size_of::<Sample>()) {
            Ok(()) => self.times.entry(labels).or_default().extend(times),
            Err(fault) => out.remark(&format!("{NAME} was left out: {fault}")),
        }
    }

    /// Adds all series, and what they are called.
    pub(super) fn finish(self, out: &mut Translated) {
        if self.times.is_empty() {
            return;
        }
        let metadata = Metadata { kind: MetricKind::Gauge, help: "Target metadata".to_owned(), unit: String::new() };
        out.write.metadata.push((NAME.to_owned(), metadata));
        for (labels, times) in self.times {
            let floats = times.into_iter().map(|t| Sample { t, v: 1.0 }).collect();
            out.push_info(labels, Samples { floats, ..Samples::default() });
        }
    }
}

/// Twice in every lookback, so that no query misses it, from the earliest to the latest point of a resource; at most the
/// latest [`SAMPLES_MAX`].
fn times(span: TimeRange, lookback_ms: i64) -> impl Iterator<Item = TimestampMs> {
    let step = (lookback_ms / 2).max(1);
    let first = span.start.max(span.end.saturating_add(-step.saturating_mul(SAMPLES_MAX)));
    let earlier = std::iter::successors(Some(first), move |t| Some(t.saturating_add(step)));
    earlier.take_while(move |t| *t < span.end).chain([span.end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_lookback_between_the_ends_is_without_a_sample() {
        for (start, end, expected) in
            [(1, 1, &[1][..]), (1, 400_000, &[1, 150_001, 300_001, 400_000]), (0, 300_000, &[0, 150_000, 300_000])]
        {
            let times: Vec<i64> = times(TimeRange::new(start, end), 300_000).map(|t| t.0).collect();
            assert_eq!(times, expected);
        }
        let end = 1_700_000_000_000;
        let long: Vec<_> = times(TimeRange::new(0, end), 300_000).collect();
        assert_eq!((long.len(), long.first()), (1001, Some(&TimestampMs(end - 150_000_000))));
        assert_eq!(times(TimeRange::ALL, i64::MAX).last(), Some(TimestampMs::MAX));
    }
}

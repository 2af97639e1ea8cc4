//! One ascending run of samples from several, each timestamp once.

use aio_types::{HistogramSample, Sample, Samples, TimestampMs};

/// Sorts where needed, and of equal timestamps keeps the first in order of arrival; a float goes before a histogram.
pub(crate) fn merge(samples: &mut Samples) {
    if !samples.floats.is_sorted_by(|a, b| a.t < b.t) {
        sort_floats(samples);
    }
    if !samples.histograms.is_sorted_by(|a, b| a.t < b.t) {
        samples.histograms.sort_by_key(|s| s.t);
        samples.histograms.dedup_by_key(|s| s.t);
    }
    if !samples.histograms.is_empty() && !samples.floats.is_empty() {
        let floats = &samples.floats;
        samples.histograms.retain(|h| floats.binary_search_by_key(&h.t, |s| s.t).is_err());
    }
}

fn sort_floats(samples: &mut Samples) {
    if samples.starts.is_empty() {
        samples.floats.sort_by_key(|s| s.t);
        samples.floats.dedup_by_key(|s| s.t);
        return;
    }
    let floats = std::mem::take(&mut samples.floats);
    let mut pairs: Vec<(Sample, TimestampMs)> = floats.into_iter().zip(samples.starts.drain(..)).collect();
    pairs.sort_by_key(|(s, _)| s.t);
    pairs.dedup_by_key(|(s, _)| s.t);
    (samples.floats, samples.starts) = pairs.into_iter().unzip();
}

/// Moves all of `more` behind `all`.
pub(crate) fn append(all: &mut Samples, more: &mut Samples) {
    if !all.starts.is_empty() || !more.starts.is_empty() {
        all.starts.resize(all.floats.len(), TimestampMs(0));
        all.starts.append(&mut more.starts);
        all.starts.resize(all.floats.len() + more.floats.len(), TimestampMs(0));
    }
    all.floats.append(&mut more.floats);
    all.histograms.append(&mut more.histograms);
}

/// Puts a float that counts since `start` where it belongs among ascending ones.
pub(crate) fn insert_float(samples: &mut Samples, sample: Sample, start: TimestampMs) {
    let at = samples.floats.partition_point(|s| s.t < sample.t);
    if start.0 != 0 || !samples.starts.is_empty() {
        samples.starts.resize(samples.floats.len(), TimestampMs(0));
        samples.starts.insert(at, start);
    }
    samples.floats.insert(at, sample);
}

/// Puts a histogram where it belongs among ascending ones.
pub(crate) fn insert_histogram(samples: &mut Samples, sample: HistogramSample) {
    let at = samples.histograms.partition_point(|s| s.t < sample.t);
    samples.histograms.insert(at, sample);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use aio_types::Histogram;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_sample_of_a_moment_stays(
            floats in prop::collection::vec((0_i64..20, 0_u8..9, 0_i64..3), 0..40),
            histograms in prop::collection::vec((0_i64..20, 0_u8..9), 0..40),
        ) {
            let (mut samples, mut by_time) = (Samples::default(), BTreeMap::new());
            for (t, v, start) in floats {
                samples.push_float(Sample { t: TimestampMs(t), v: f64::from(v) }, TimestampMs(start));
                by_time.entry(t).or_insert((f64::from(v), start, false));
            }
            for (t, v) in histograms {
                let h = Arc::new(Histogram { count: f64::from(v), ..Histogram::default() });
                samples.histograms.push(HistogramSample { t: TimestampMs(t), start: TimestampMs(0), h });
                by_time.entry(t).or_insert((f64::from(v), 0, true));
            }
            merge(&mut samples);
            let of_kind = |wanted| by_time.iter().filter(move |(_, (.., kind))| *kind == wanted);
            let expected: Vec<_> = of_kind(false).map(|(t, (v, start, _))| (*t, *v, *start)).collect();
            let found: Vec<_> =
                samples.floats.iter().enumerate().map(|(i, s)| (s.t.0, s.v, samples.start_of(i).0)).collect();
            prop_assert_eq!(found, expected);
            let expected: Vec<_> = of_kind(true).map(|(t, (v, ..))| (*t, *v)).collect();
            prop_assert_eq!(samples.histograms.iter().map(|s| (s.t.0, s.h.count)).collect::<Vec<_>>(), expected);
        }
    }
}

//! `load` and `load_with_nhcb`.

use std::collections::BTreeMap;

use aio_promql::notation;
use aio_series::histogram::{ClassicHistogram, detect_reset};
use aio_source::FixedMetrics;
use aio_types::{Histogram, HistogramSample, Labels, METRIC_NAME, ResetHint, Samples, TimestampMs};

pub(super) fn load(source: &mut FixedMetrics, head: &str, body: &[&str]) -> Result<(), String> {
    let (word, step) = head.split_once(char::is_whitespace).ok_or("no step")?;
    let step = notation::duration_ms(step.trim()).ok_or("no step")?;
    let mut loaded: BTreeMap<Labels, Samples> = BTreeMap::new();
    let mut starts = Vec::new();
    for line in body {
        if notation::is_starts(line) {
            starts = notation::starts(line).map_err(|e| e.to_string())?.1;
            continue;
        }
        let series = notation::series(line).map_err(|e| e.to_string())?;
        loaded.insert(series.labels, notation::samples(&series.values, &starts, step));
        starts.clear();
    }
    if word == "load_with_nhcb" {
        let native = native(&loaded)?;
        native.into_iter().for_each(|(labels, samples)| append(source, labels, samples));
    }
    loaded.into_iter().for_each(|(labels, samples)| append(source, labels, samples));
    Ok(())
}

/// Adds samples to those that a series has.
fn append(source: &mut FixedMetrics, labels: Labels, samples: Samples) {
    let all = source.series.entry(labels).or_default();
    let mut merged = Samples::default();
    let (mut old, mut new) = (0, 0);
    while old < all.floats.len() || new < samples.floats.len() {
        let takes_old = match (all.floats.get(old), samples.floats.get(new)) {
            (Some(a), Some(b)) => a.t <= b.t,
            (a, _) => a.is_some(),
        };
        if takes_old {
            merged.push_float(all.floats[old], all.start_of(old));
            old += 1;
        } else {
            merged.push_float(samples.floats[new], samples.start_of(new));
            new += 1;
        }
    }
    if merged.starts.is_empty() {
        merged.floats.dedup_by(|later, kept| later.t == kept.t);
    }
    merged.histograms = std::mem::take(&mut all.histograms);
    merged.histograms.extend(samples.histograms);
    merged.histograms.sort_by_key(|s| s.t);
    tell_resets(&mut merged);
    *all = merged;
}

/// Hints as a store gives them, which compares each histogram with the one before it.
fn tell_resets(samples: &mut Samples) {
    let mut previous: Option<HistogramSample> = None;
    for sample in &mut samples.histograms {
        let follows = |p: &&HistogramSample| {
            let interrupted = samples.floats.iter().any(|float| p.t < float.t && float.t < sample.t);
            !interrupted && !p.h.is_stale() && p.h.reset_hint != ResetHint::Gauge
        };
        let hint = match (sample.h.reset_hint, previous.as_ref().filter(follows)) {
            (hint @ (ResetHint::Gauge | ResetHint::Reset), _) => hint,
            (_, None) => ResetHint::Unknown,
            (_, Some(previous)) if !same_layout(&previous.h, &sample.h) => ResetHint::Unknown,
            // What a store finds out itself it leaves to be found out again.
            (_, Some(previous)) if was_reset(&previous.h, &sample.h) => ResetHint::Unknown,
            (_, Some(_)) => ResetHint::NotReset,
        };
        previous = Some(sample.clone());
        if !sample.h.is_stale() {
            sample.h = Histogram { reset_hint: hint, ..Histogram::clone(&sample.h) }.into();
        }
    }
}

fn same_layout(before: &Histogram, h: &Histogram) -> bool {
    before.schema == h.schema && before.zero_threshold == h.zero_threshold && before.custom_bounds == h.custom_bounds
}

fn was_reset(before: &Histogram, h: &Histogram) -> bool {
    let unknown = |h: &Histogram| Histogram { reset_hint: ResetHint::Unknown, ..h.clone() };
    detect_reset(&unknown(before), &unknown(h))
}

type Classic = BTreeMap<TimestampMs, ClassicHistogram>;

/// The native histograms with custom buckets that classic series make.
fn native(loaded: &BTreeMap<Labels, Samples>) -> Result<Vec<(Labels, Samples)>, String> {
    let mut all: BTreeMap<Labels, Classic> = BTreeMap::new();
    for (labels, samples) in loaded {
        let name = labels.metric_name();
        let Some((base, part)) = ["_bucket", "_count", "_sum"].iter().find_map(|s| Some((name.strip_suffix(s)?, *s)))
        else {
            continue;
        };
        let le = labels.get("le").parse::<f64>().ok().filter(|le| !le.is_nan());
        if part == "_bucket" && le.is_none() {
            continue;
        }
        let mut builder = labels.to_builder();
        builder.push(METRIC_NAME, base).push("le", "");
        let classic = all.entry(builder.build()).or_default();
        for sample in &samples.floats {
            let histogram = classic.entry(sample.t).or_default();
            match (part, le) {
                ("_bucket", Some(le)) => histogram.bucket(le, sample.v),
                ("_count", _) => histogram.count(sample.v),
                _ => histogram.sum(sample.v),
            }
        }
    }
    all.into_iter().map(|(labels, classic)| Ok((labels, converted(classic)?))).collect()
}

fn converted(classic: Classic) -> Result<Samples, String> {
    let mut samples = Samples::default();
    for (t, histogram) in classic {
        let h = histogram.convert().map_err(|e| e.to_string())?;
        samples.histograms.push(HistogramSample { t, start: TimestampMs(0), h: h.into() });
    }
    Ok(samples)
}

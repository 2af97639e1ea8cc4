//! `/federate`: the newest sample of every series that matches, as text for another server to scrape.

use std::collections::BTreeMap;

use aio_promql::format_float;
use aio_source::MetricsSource;
use aio_types::{Histogram, Labels, METRIC_NAME, Matcher, ResetHint, Samples, TimeRange, TimestampMs, is_stale};
use axum::response::{IntoResponse, Response};
use http::header;

use super::metadata::selections;
use crate::core::Ready;
use crate::error::{ApiError, TextError};
use crate::params::Params;
use crate::tenant::Tenant;

/// The newest sample of one series.
struct Newest {
    labels: Labels,
    t: TimestampMs,
    value: Value,
}

enum Value {
    Float(f64),
    Histogram(std::sync::Arc<Histogram>),
}

pub(super) async fn federate(
    Ready(core): Ready,
    Tenant(tenant): Tenant,
    params: Params,
) -> Result<Response, TextError> {
    params.well_formed()?;
    let selections = selections(&params)?;
    let now = core.ingest.now();
    let range = TimeRange { start: now.saturating_add(1 - core.config.lookback_ms), end: now };
    let external = core.config.external_labels.clone();
    let source = (core.sources.metrics)(&tenant);
    let work = move |_: &_| {
        let newest = newest(&*source, &selections, range)?;
        Ok(exposition(&newest, &external))
    };
    let text = core.queries.run(None, work).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8")], text)
        .into_response())
}

/// One sample per series, by name, each series once however often it is selected.
fn newest(source: &dyn MetricsSource, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<Newest>, ApiError> {
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

/// The text format. Native histograms with exponential buckets have no place in it and are left out; those with custom
/// buckets become classic ones.
fn exposition(all: &[Newest], external: &Labels) -> String {
    let mut out = String::new();
    let mut family = None;
    for newest in all {
        let name = newest.labels.metric_name();
        let kind = match &newest.value {
            Value::Float(_) => "untyped",
            Value::Histogram(h) if !h.uses_custom_buckets() => continue,
            Value::Histogram(h) if h.reset_hint == ResetHint::Gauge => "gaugehistogram",
            Value::Histogram(_) => "histogram",
        };
        if name.is_empty() {
            continue;
        }
        if family != Some((name, kind)) {
            out.push_str(&format!("# TYPE {} {kind}\n", quoted_where_needed(name)));
            family = Some((name, kind));
        }
        let labels = labels_with(&newest.labels, external);
        match &newest.value {
            Value::Float(v) => line(&mut out, name, &labels, None, *v, newest.t),
            Value::Histogram(h) => classic(&mut out, name, &labels, h, newest.t),
        }
    }
    out
}

/// The series' own labels, then the external ones it lacks, `instance` among them even where it is empty.
fn labels_with<'a>(labels: &'a Labels, external: &'a Labels) -> Vec<(&'a str, &'a str)> {
    let mut out: Vec<_> = labels.iter().filter(|(name, _)| *name != METRIC_NAME).collect();
    let mut extra: BTreeMap<&str, &str> = external.iter().collect();
    extra.entry("instance").or_default();
    out.extend(extra.into_iter().filter(|(name, _)| labels.get(name).is_empty()));
    out
}

fn classic(out: &mut String, name: &str, labels: &[(&str, &str)], h: &Histogram, t: TimestampMs) {
    let mut cumulative = 0.0;
    let mut position = 0_i32;
    let mut counts = BTreeMap::new();
    let mut buckets = h.positive_buckets.iter();
    for span in &h.positive_spans {
        position = position.saturating_add(span.offset);
        for _ in 0..span.length {
            counts.insert(position, buckets.next().copied().unwrap_or_default());
            position = position.saturating_add(1);
        }
    }
    for (index, bound) in (0_i32..).zip(h.custom_bounds.iter()) {
        cumulative += counts.get(&index).copied().unwrap_or_default();
        line(out, &format!("{name}_bucket"), labels, Some(&format_float(*bound, true)), cumulative, t);
    }
    line(out, &format!("{name}_bucket"), labels, Some("+Inf"), h.count, t);
    line(out, &format!("{name}_sum"), labels, None, h.sum, t);
    line(out, &format!("{name}_count"), labels, None, h.count, t);
}

fn line(out: &mut String, name: &str, labels: &[(&str, &str)], le: Option<&str>, value: f64, t: TimestampMs) {
    let is_plain = is_plain_name(name);
    out.push_str(if is_plain { name } else { "" });
    out.push('{');
    let own = (!is_plain).then(|| quoted(name));
    let pairs = labels.iter().copied().chain(le.map(|le| ("le", le)));
    let pairs = pairs.map(|(name, value)| format!("{}={}", quoted_where_needed(name), quoted(value)));
    let all: Vec<String> = own.into_iter().chain(pairs).collect();
    out.push_str(&all.join(","));
    out.push_str(&format!("}} {} {}\n", format_float(value, true), t.0));
}

fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

fn quoted_where_needed(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aio_source::FixedMetrics;
    use aio_types::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, HistogramSample, MatchOp, Sample, stale_nan};

    use super::*;

    fn floats(values: &[(i64, f64)]) -> Samples {
        values.iter().map(|&(t, v)| Sample { t: TimestampMs(t), v }).collect::<Vec<_>>().into()
    }

    #[test]
    fn the_newest_sample_of_a_living_series_is_told_with_external_labels() {
        let custom = Histogram {
            schema: CUSTOM_BUCKETS_SCHEMA,
            count: 6.0,
            sum: 9.5,
            positive_spans: vec![BucketSpan { offset: 0, length: 3 }],
            positive_buckets: vec![1.0, 2.0, 3.0],
            custom_bounds: Arc::from([0.5, 1.0]),
            ..Histogram::default()
        };
        let sample = HistogramSample { t: TimestampMs(7), start: TimestampMs(0), h: Arc::new(custom) };
        let series = [
            (vec![("__name__", "b"), ("zone", "own")], floats(&[(1, 1.0), (5, 2.5)])),
            (vec![("__name__", "a.b"), ("instance", "x")], floats(&[(4, 1e21)])),
            (vec![("__name__", "gone")], floats(&[(4, 1.0), (5, stale_nan())])),
            (vec![("__name__", "h")], Samples { histograms: vec![sample], ..Samples::default() }),
        ];
        let series = series.into_iter().map(|(labels, samples)| (Labels::from_pairs(labels), samples)).collect();
        let all = vec![Matcher::new("__name__", MatchOp::Regex, ".+").expect("valid")];
        let found = newest(&FixedMetrics { series }, &[all.clone(), all], TimeRange::new(0, 10)).expect("reads");
        let external = Labels::from_pairs([("zone", "eu")]);
        let expected = "# TYPE \"a.b\" untyped\n{\"a.b\",instance=\"x\",zone=\"eu\"} 1e+21 4\n\
            # TYPE b untyped\nb{zone=\"own\",instance=\"\"} 2.5 5\n\
            # TYPE h histogram\nh_bucket{instance=\"\",zone=\"eu\",le=\"0.5\"} 1 7\n\
            h_bucket{instance=\"\",zone=\"eu\",le=\"1\"} 3 7\nh_bucket{instance=\"\",zone=\"eu\",le=\"+Inf\"} 6 7\n\
            h_sum{instance=\"\",zone=\"eu\"} 9.5 7\nh_count{instance=\"\",zone=\"eu\"} 6 7\n";
        assert_eq!(exposition(&found, &external), expected);
    }
}

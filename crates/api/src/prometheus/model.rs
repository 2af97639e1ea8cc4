//! The envelope and the encodings of results. Written straight to text: order of keys and the shape of samples are
//! part of the contract (Grafana reads them streaming).

use std::fmt::Write as _;

use aio_promql::{Instant, Outcome, Series, Stats, Value, VectorSample, write_float};
use aio_types::{Histogram, Labels, Sample, TimestampMs};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;

/// At most this many warnings and infos are listed.
const ANNOTATIONS_MAX: usize = 10;

/// A success envelope around JSON text.
pub(crate) fn raw(data: &str) -> Response {
    json(format!("{{\"status\":\"success\",\"data\":{data}}}"))
}

/// A success envelope around a value, with warnings where there are any.
pub(crate) fn success<T: Serialize>(data: &T, warnings: &[String]) -> Response {
    #[derive(Serialize)]
    struct Envelope<'a, T> {
        status: &'static str,
        data: &'a T,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        warnings: &'a [String],
    }
    axum::Json(Envelope { status: "success", data, warnings }).into_response()
}

/// How an answer is asked for.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Cuts series.
    pub(crate) limit: Option<usize>,
    /// Whether and how to count; `true` and `all` are the values that mean something.
    pub(crate) stats: Option<String>,
}

/// The answer of `query` and `query_range`.
pub(crate) fn outcome(mut outcome: Outcome, shape: &Shape, took_ms: i64) -> Response {
    if let Some(limit) = shape.limit
        && truncate(&mut outcome.value, limit)
    {
        outcome.warnings.push("results truncated due to limit".to_owned());
    }
    if let Some(other) = shape.stats.as_deref().filter(|stats| !matches!(*stats, "true" | "all")) {
        outcome.warnings.push(format!(
            "value {other:?} for parameter \"stats\" is deprecated and will be rejected in the next major release, use \
             \"true\" or \"all\""
        ));
    }
    let mut out = String::from("{\"status\":\"success\",\"data\":");
    write_value(&mut out, &outcome.value);
    if shape.stats.is_some() {
        // Inside of `data`, after its last member.
        out.pop();
        write_stats(&mut out, &outcome.stats, took_ms);
        out.push('}');
    }
    write_annotations(&mut out, "warnings", "warning", &outcome.warnings);
    write_annotations(&mut out, "infos", "info", &outcome.infos);
    out.push('}');
    json(out)
}

/// Evaluation is one piece here: what the original tells apart is told as a whole.
fn write_stats(out: &mut String, stats: &Stats, took_ms: i64) {
    let Stats { samples, samples_read, samples_peak, .. } = stats;
    let took = aio_promql::format_float(TimestampMs(took_ms).as_secs_f64(), false);
    out.push_str(&format!(
        ",\"stats\":{{\"timings\":{{\"evalTotalTime\":{took},\"resultSortTime\":0,\"queryPreparationTime\":0,\
         \"innerEvalTime\":{took},\"execQueueTime\":0,\"execTotalTime\":{took}}},\"samples\":{{\"totalQueryableSamples\":{samples},\"samplesRead\":{samples_read},\
         \"peakSamples\":{samples_peak}}}}}"
    ));
}

fn json(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn truncate(value: &mut Value, limit: usize) -> bool {
    let before = match value {
        Value::Vector(items) => {
            let before = items.len();
            items.truncate(limit);
            before
        }
        Value::Matrix(items) => {
            let before = items.len();
            items.truncate(limit);
            before
        }
        Value::Scalar(_) | Value::String(..) => 0,
    };
    before > limit
}

fn write_annotations(out: &mut String, key: &str, kind: &str, texts: &[String]) {
    if texts.is_empty() {
        return;
    }
    let mut shown: Vec<String> = texts.iter().take(ANNOTATIONS_MAX).cloned().collect();
    if texts.len() > ANNOTATIONS_MAX {
        shown.push(format!("{} more {kind} annotations omitted", texts.len() - ANNOTATIONS_MAX));
    }
    out.push_str(&format!(",\"{key}\":{}", serde_json::json!(shown)));
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Scalar(sample) => {
            out.push_str("{\"resultType\":\"scalar\",\"result\":");
            // A scalar never takes the exponent form.
            write_pair(out, sample, false);
        }
        Value::String(t, text) => {
            out.push_str("{\"resultType\":\"string\",\"result\":[");
            write_time(out, *t);
            out.push(',');
            write_string(out, text);
            out.push(']');
        }
        Value::Vector(samples) => {
            out.push_str("{\"resultType\":\"vector\",\"result\":[");
            samples.iter().enumerate().for_each(|(i, sample)| write_vector_sample(out, i, sample));
            out.push(']');
        }
        Value::Matrix(series) => {
            out.push_str("{\"resultType\":\"matrix\",\"result\":[");
            series.iter().enumerate().for_each(|(i, one)| write_series(out, i, one));
            out.push(']');
        }
    }
    out.push('}');
}

fn write_vector_sample(out: &mut String, index: usize, sample: &VectorSample) {
    write_metric(out, index, &sample.labels);
    match &sample.value {
        Instant::Float(v) => {
            out.push_str("\"value\":");
            write_sample(out, &Sample { t: sample.t, v: *v });
        }
        Instant::Histogram(h) => {
            out.push_str("\"histogram\":");
            write_histogram_sample(out, sample.t, h);
        }
    }
    out.push('}');
}

fn write_series(out: &mut String, index: usize, series: &Series) {
    write_metric(out, index, &series.labels);
    let (floats, histograms) = (&series.samples.floats, &series.samples.histograms);
    if !floats.is_empty() {
        out.push_str("\"values\":[");
        write_list(out, floats, write_sample);
        out.push(']');
    }
    if !histograms.is_empty() {
        out.push_str(if floats.is_empty() { "\"histograms\":[" } else { ",\"histograms\":[" });
        write_list(out, histograms, |out, sample| write_histogram_sample(out, sample.t, &sample.h));
        out.push(']');
    }
    out.push('}');
}

fn write_list<T>(out: &mut String, items: &[T], write: impl Fn(&mut String, &T)) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write(out, item);
    }
}

/// `[time,{"count":"…","sum":"…","buckets":[[rule,"lower","upper","count"],…]}]`, of the buckets that count something.
fn write_histogram_sample(out: &mut String, t: TimestampMs, h: &Histogram) {
    out.push('[');
    write_time(out, t);
    out.push_str(",{\"count\":");
    write_number(out, h.count);
    out.push_str(",\"sum\":");
    write_number(out, h.sum);
    let buckets: Vec<_> = aio_promql::buckets(h).filter(|bucket| bucket.count != 0.0).collect();
    if !buckets.is_empty() {
        out.push_str(",\"buckets\":[");
        write_list(out, &buckets, |out, bucket| {
            out.push('[');
            write_shown(out, bucket.rule as u8);
            for v in [bucket.lower, bucket.upper, bucket.count] {
                out.push(',');
                write_number(out, v);
            }
            out.push(']');
        });
        out.push(']');
    }
    out.push_str("}]");
}

/// The start of a series' object, up to where its values come.
fn write_metric(out: &mut String, index: usize, labels: &Labels) {
    if index > 0 {
        out.push(',');
    }
    out.push_str("{\"metric\":{");
    for (i, (name, value)) in labels.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(out, name);
        out.push(':');
        write_string(out, value);
    }
    out.push_str("},");
}

/// A number in quotes.
fn write_number(out: &mut String, v: f64) {
    out.push('"');
    write_float(out, v, true);
    out.push('"');
}

fn write_sample(out: &mut String, sample: &Sample) {
    write_pair(out, sample, true);
}

fn write_pair(out: &mut String, sample: &Sample, exponent: bool) {
    out.push('[');
    write_time(out, sample.t);
    out.push_str(",\"");
    write_float(out, sample.v, exponent);
    out.push_str("\"]");
}

/// Seconds with as many of three decimals as are needed.
pub(crate) fn write_time(out: &mut String, t: TimestampMs) {
    let (seconds, ms) = (t.0.unsigned_abs() / 1000, t.0.unsigned_abs() % 1000);
    if t.0 < 0 {
        out.push('-');
    }
    write_shown(out, seconds);
    if ms > 0 {
        let decimals = format!(".{ms:03}");
        out.push_str(decimals.trim_end_matches('0'));
    }
}

fn write_shown(out: &mut String, what: impl std::fmt::Display) {
    let written = write!(out, "{what}");
    debug_assert!(written.is_ok(), "a string takes all");
}

fn write_string(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_no_trailing_zeros() {
        for (ms, expected) in [
            (1_435_781_451_781, "1435781451.781"),
            (1_435_781_451_000, "1435781451"),
            (-1500, "-1.5"),
            (0, "0"),
            (10_000, "10"),
        ] {
            let mut out = String::new();
            write_time(&mut out, TimestampMs(ms));
            assert_eq!(out, expected);
        }
    }

    fn written(value: &Value) -> String {
        let mut out = String::new();
        write_value(&mut out, value);
        out
    }

    fn sample(value: Instant) -> VectorSample {
        VectorSample { labels: Labels::from_pairs([("a", "x\"y")]), t: TimestampMs(1500), value }
    }

    #[test]
    fn a_vector_is_written_key_by_key() {
        let value = Value::Vector(vec![sample(Instant::Float(f64::NAN))]);
        let expected = r#"{"resultType":"vector","result":[{"metric":{"a":"x\"y"},"value":[1.5,"NaN"]}]}"#;
        assert_eq!(written(&value), expected);
    }

    #[test]
    fn histograms_are_written_with_the_buckets_that_count() {
        let span = aio_types::BucketSpan { offset: 1, length: 3 };
        let h = Histogram {
            count: 4.0,
            sum: -0.5,
            zero_count: 1.0,
            zero_threshold: 0.001,
            positive_spans: vec![span],
            positive_buckets: vec![2.0, 0.0, 1.0],
            ..Histogram::default()
        };
        let of = |h: Histogram| written(&Value::Vector(vec![sample(Instant::Histogram(h.into()))]));
        let buckets = r#"[[3,"-0.001","0.001","1"],[0,"1","2","2"],[0,"4","8","1"]]"#;
        let full = of(h);
        assert!(
            full.contains(&format!(r#""histogram":[1.5,{{"count":"4","sum":"-0.5","buckets":{buckets}}}]"#)),
            "{full}"
        );
        assert!(of(Histogram::default()).contains(r#""histogram":[1.5,{"count":"0","sum":"0"}]"#));
    }

    #[test]
    fn a_series_may_have_both_kinds() {
        let t = TimestampMs(1000);
        let mut samples = aio_promql::Samples::from(vec![Sample { t, v: 1.0 }]);
        let h = std::sync::Arc::new(Histogram::default());
        samples.histograms.push(aio_types::HistogramSample { t: TimestampMs(2000), start: TimestampMs(0), h });
        let value = Value::Matrix(vec![Series { labels: Labels::default(), samples }]);
        let expected = r#"{"metric":{},"values":[[1,"1"]],"histograms":[[2,{"count":"0","sum":"0"}]]}"#;
        assert!(written(&value).contains(expected), "{}", written(&value));
    }
}

//! The envelope and the encodings of results. Written straight to text: order of keys and the shape of samples are
//! part of the contract (Grafana reads them streaming).

use aio_promql::{Outcome, Value, format_float};
use aio_types::{Labels, Sample, TimestampMs};
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
pub(crate) fn outcome(mut outcome: Outcome, shape: &Shape) -> Response {
    if let Some(limit) = shape.limit
        && truncate(&mut outcome.value, limit)
    {
        outcome.warnings.push("results truncated due to limit".to_owned());
    }
    let mut out = String::from("{\"status\":\"success\",\"data\":");
    write_value(&mut out, &outcome.value);
    if shape.stats.is_some() {
        let count = outcome.samples;
        // Inside of `data`, after its last member.
        out.pop();
        out.push_str(&format!(
            ",\"stats\":{{\"samples\":{{\"totalQueryableSamples\":{count},\"peakSamples\":{count}}}}}}}"
        ));
    }
    write_annotations(&mut out, "warnings", "warning", &outcome.warnings);
    write_annotations(&mut out, "infos", "info", &outcome.infos);
    out.push('}');
    json(out)
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
            write_pair(out, sample.t, &format_float(sample.v, false));
        }
        Value::String(t, text) => {
            out.push_str("{\"resultType\":\"string\",\"result\":[");
            write_time(out, *t);
            out.push(',');
            write_string(out, text);
            out.push(']');
        }
        Value::Vector(items) => {
            out.push_str("{\"resultType\":\"vector\",\"result\":[");
            for (i, (labels, sample)) in items.iter().enumerate() {
                write_metric(out, i, labels, "value");
                write_sample(out, sample);
                out.push('}');
            }
            out.push(']');
        }
        Value::Matrix(series) => {
            out.push_str("{\"resultType\":\"matrix\",\"result\":[");
            for (i, one) in series.iter().enumerate() {
                write_metric(out, i, &one.labels, "values");
                out.push('[');
                for (j, sample) in one.samples.iter().enumerate() {
                    if j > 0 {
                        out.push(',');
                    }
                    write_sample(out, sample);
                }
                out.push_str("]}");
            }
            out.push(']');
        }
    }
    out.push('}');
}

fn write_metric(out: &mut String, index: usize, labels: &Labels, key: &str) {
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
    out.push_str("},\"");
    out.push_str(key);
    out.push_str("\":");
}

fn write_sample(out: &mut String, sample: &Sample) {
    write_pair(out, sample.t, &format_float(sample.v, true));
}

fn write_pair(out: &mut String, t: TimestampMs, value: &str) {
    out.push('[');
    write_time(out, t);
    out.push_str(",\"");
    out.push_str(value);
    out.push_str("\"]");
}

/// Seconds with as many of three decimals as are needed.
pub(crate) fn write_time(out: &mut String, t: TimestampMs) {
    let (sign, ms) = if t.0 < 0 { ("-", t.0.unsigned_abs()) } else { ("", t.0.unsigned_abs()) };
    let text = format!("{sign}{}.{:03}", ms / 1000, ms % 1000);
    out.push_str(text.trim_end_matches('0').trim_end_matches('.'));
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

    #[test]
    fn a_vector_is_written_key_by_key() {
        let value =
            Value::Vector(vec![(Labels::from_pairs([("a", "x\"y")]), Sample { t: TimestampMs(1500), v: f64::NAN })]);
        let mut out = String::new();
        write_value(&mut out, &value);
        assert_eq!(out, r#"{"resultType":"vector","result":[{"metric":{"a":"x\"y"},"value":[1.5,"NaN"]}]}"#);
    }
}
